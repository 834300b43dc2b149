"""`python -m hum_sidecar.tether -- COMMAND ARGS...`: run a program that cannot outlive us or whoever started us."""

import ctypes
import os
import select
import signal
import subprocess
import sys
import threading
from types import FrameType
from typing import NoReturn

_PR_SET_PDEATHSIG = 1


def main() -> int:
    arguments = sys.argv[1:]
    if len(arguments) < 2 or arguments[0] != "--":
        print("usage: python -m hum_sidecar.tether -- COMMAND ARGS...", file=sys.stderr)
        return 2
    command = arguments[1:]
    if sys.platform == "linux":
        become(command)
    return watch(command)


def become(command: list[str]) -> NoReturn:
    """
    Turn into the program, with the kernel's promise to end it (SIGTERM, so that it can save its data) when the parent
    dies. Linux only; a program that ignores SIGTERM needs `watch`.
    """
    parent = os.getppid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    # The promise covers deaths from now on: a parent that died before was replaced, or has let go of our stdin.
    if os.getppid() != parent or _hung_up(sys.stdin.fileno()):
        sys.exit(1)
    os.execvp(command[0], command)


def watch(command: list[str], *, grace_s: float = 5.0) -> int:
    """Stay as the program's parent: at the end of stdin, or on SIGTERM, end it by SIGTERM and then SIGKILL."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)

    def end() -> None:
        child.terminate()
        try:
            child.wait(grace_s)
        except subprocess.TimeoutExpired:
            child.kill()

    def end_with_parent() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        end()

    def on_sigterm(_signal: int, _frame: FrameType | None) -> None:
        threading.Thread(target=end, daemon=True).start()

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, on_sigterm)
    threading.Thread(target=end_with_parent, daemon=True).start()
    code = child.wait()
    return code if code >= 0 else 128 - code


def _hung_up(fd: int) -> bool:
    """Whether `fd` is a pipe whose other end is closed."""
    poller = select.poll()
    poller.register(fd, 0)
    return any(event & select.POLLHUP for _, event in poller.poll(0))


if __name__ == "__main__":
    sys.exit(main())
