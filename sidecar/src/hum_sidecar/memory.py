"""This process's memory: how much it holds, and a ceiling on what it may ask for."""

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
