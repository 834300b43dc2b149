"""From a `load` message to an engine; each engine's libraries are imported only when it is asked for."""

from hum_sidecar.calls import Calls
from hum_sidecar.engines.fake import Rig
from hum_sidecar.engines.protocol import Engine
from hum_sidecar.errors import HumError
from hum_sidecar.messages import Load


def load_engine(load: Load, rig: Rig, calls: Calls) -> Engine:
    """Raises HumError `loading`."""
    match load.engine:
        case "faster-whisper":
            from hum_sidecar.engines import faster_whisper

            return faster_whisper.load_engine(load, calls)
        case "fake":
            from hum_sidecar.engines import fake

            return fake.load_engine(load, rig, calls)
        case _:
            message = f"engine '{load.engine}' is unknown; there are 'faster-whisper' and 'fake'"
            raise HumError("loading", message, stage="load")
