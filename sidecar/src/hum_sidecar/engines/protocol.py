"""What an engine is to the sidecar: one loaded model that turns samples into segments, from several threads at once."""

import math
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from hum_sidecar.audio import Samples
from hum_sidecar.calls import Calls
from hum_sidecar.messages import Load, ModelIdentity, Priority, TranscriptSegment
from hum_sidecar.options import JobOptions

# Told where an engine's own is no number: 0 would claim certainty; this lies below all real ones, and its exp() is 0.
LOST_LOGPROB = -1000.0


@dataclass(frozen=True)
class Outcome:
    """What is known of a transcript beside its segments."""

    language: str
    language_probability: float


class Run(Protocol):
    """The job that an engine call works for."""

    @property
    def attempt(self) -> int: ...

    @property
    def priority(self) -> Priority: ...

    def check(self) -> None:
        """Raises where the work should stop; to be called before everything that takes long."""
        ...

    def sleep(self, duration_s: float) -> None:
        """Wait, and raise where the work should stop."""
        ...


class Engine(Protocol):
    """One model on one device."""

    @property
    def identity(self) -> ModelIdentity: ...

    @property
    def workers(self) -> int:
        """How many calls of `transcribe` may run at once."""
        ...

    @property
    def slots(self) -> int:
        """How many jobs to hold at once: those that run, and what should be at hand when one ends."""
        ...

    def transcribe(
        self, samples: Samples, options: JobOptions, *, run: Run, tell: Callable[[TranscriptSegment], None]
    ) -> Outcome:
        """Tell each segment as soon as it is known. Raises HumError, or anything else for a fault of the engine."""
        ...


class Rig(Protocol):
    """What only the fake engine may do to its process."""

    def send_raw(self, frame: bytes) -> None:
        """A frame to the control plane, whatever it holds."""
        ...

    def run_on_io(self, action: Callable[[], None]) -> None:
        """Run this in the thread that owns the socket."""
        ...


@dataclass(frozen=True)
class Host:
    """The process around an engine; `rig` is null where no control plane listens."""

    # Every call into native code goes here, so that one that never returns is seen.
    calls: Calls
    rig: Rig | None = None


# What an engine's module offers as `load_engine`. Raises HumError `loading` with what is missing or unsupported.
LoadEngine = Callable[[Load, Host], Engine]


def finite(value: float, *, lost: float = 0.0) -> float:
    """The wire and JSON have no other numbers. A probability that is lost is 0: no confidence."""
    return float(value) if math.isfinite(value) else lost


def worker_count(asked: int) -> int:
    """0 means one per core that this process may use."""
    if asked > 0:
        return asked
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
