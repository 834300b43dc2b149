"""From a `load` message to an engine, whose module and libraries are imported only when it is asked for."""

from importlib import import_module

from hum_sidecar import engines
from hum_sidecar.engines.protocol import Engine, Host, LoadEngine
from hum_sidecar.errors import HumError
from hum_sidecar.messages import Load


def load_engine(load: Load, host: Host) -> Engine:
    """Raises HumError `loading`."""
    names = engines.names()
    if load.engine not in names:
        message = f"engine '{load.engine}' is unknown; there are {', '.join(names)}"
        raise HumError("loading", message, stage="load")
    module = import_module(f"{engines.__name__}.{load.engine.replace('-', '_')}")
    load_it: LoadEngine | None = getattr(module, "load_engine", None)
    if load_it is None:
        raise HumError("loading", f"engine '{load.engine}' cannot load: it has no function load_engine", stage="load")
    return load_it(load, host)
