"""Which libraries a sidecar has, for events and doctor."""

from contextlib import suppress
from importlib import metadata

from hum_sidecar import engines
from hum_sidecar.messages import Role

_LIBRARIES: dict[Role, tuple[str, ...]] = {
    # What computes under the default engine; that of others is their own library.
    "engine": ("ctranslate2", "pyzmq", "msgspec"),
    "decoder": ("av", "pyzmq", "msgspec"),
}


def versions_of(role: Role) -> dict[str, str]:
    """Of the libraries here. An engine has its library's name; which one is loaded is not known yet."""
    names = [*(engines.names() if role == "engine" else ()), *_LIBRARIES[role]]
    versions: dict[str, str] = {}
    for name in names:
        with suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
    return versions
