"""What an engine is to the sidecar: one loaded model that turns samples into segments, from several threads at once."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from hum_sidecar.audio import Samples
from hum_sidecar.messages import ModelIdentity, Priority, TranscriptSegment
from hum_sidecar.options import JobOptions


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


def worker_count(asked: int) -> int:
    """0 means one per core that this process may use."""
    if asked > 0:
        return asked
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
