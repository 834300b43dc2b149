"""What this process holds and may have of the machine: memory, and processor time."""

import ctypes
import math
import resource
import sys
from pathlib import Path

_STATM = Path("/proc/self/statm")


def resident_bytes() -> int:
    """Memory in RAM now; where the system does not say, the highest it ever was."""
    try:
        return int(_STATM.read_text().split()[1]) * resource.getpagesize()
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024


def give_back() -> None:
    """
    What was freed but is kept for the next allocation goes back to the system, as far as whole pages of it are free.
    Only glibc keeps much, and only glibc has this.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)


def limit_growth(extra_bytes: int) -> bool:
    """
    From now on refuse to map more than `extra_bytes` beyond what is mapped; False where the system has no such limit.

    Counted from what is mapped already: libraries and thread stacks reserve far more addresses than they use.
    """
    try:
        mapped = int(_STATM.read_text().split()[0]) * resource.getpagesize()
    except OSError:
        return False
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = mapped + extra_bytes
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    return True


def allow_cpu(extra_s: float) -> None:
    """
    From now on the kernel ends this process (SIGXCPU) after so much more processor time of all its threads, whatever it
    does: the last resort against a call into native code that never returns.
    """
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = math.ceil(used.ru_utime + used.ru_stime + extra_s) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, hard))
