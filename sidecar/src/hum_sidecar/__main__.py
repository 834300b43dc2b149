"""A sidecar process: `python -m hum_sidecar --role engine|decoder --endpoint ipc://... --identity NAME`."""

import argparse
import os
import signal
import sys
from types import FrameType

from hum_sidecar.parent import leave_with_parent


def main() -> int:
    """Run one sidecar until it is told to stop, or until whoever holds its stdin is gone."""
    # A terminal's Ctrl-C is for the control plane, which then stops us in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    arguments = _arguments()
    leave_with_parent()

    # Only now the libraries, so that the two lines above hold from the first moment.
    from hum_sidecar.loop import Loop
    from hum_sidecar.wire import Dealer

    # Python's 5 ms would be what a message waits while a worker runs Python code: as long as all the rest of its way.
    sys.setswitchinterval(0.0005)
    loop = Loop(Dealer(arguments.endpoint, identity=arguments.identity), role=arguments.role)

    def on_sigterm(_signal: int, _frame: FrameType | None) -> None:
        loop.terminate()

    signal.signal(signal.SIGTERM, on_sigterm)
    loop.run()
    # Not sys.exit: threads inside an engine call would run into libraries that are being taken down.
    sys.stderr.flush()
    os._exit(0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m hum_sidecar", description=__doc__)
    parser.add_argument("--role", required=True, choices=("engine", "decoder"))
    parser.add_argument("--endpoint", required=True, help="where the control plane listens, as ipc://PATH")
    parser.add_argument("--identity", required=True, help="a routing id that no process had before")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
