"""The engines, one module each: its name, with dashes, is the engine's, and its `load_engine` loads it."""

import pkgutil

# What else lies here; the packages hold what a module has no room for.
_OTHERS = ("load", "protocol")


def names() -> list[str]:
    """Of all engines that there are; none is imported for it."""
    modules = [module.name for module in pkgutil.iter_modules(__path__) if not module.ispkg]
    return sorted(name.replace("_", "-") for name in modules if name not in _OTHERS)
