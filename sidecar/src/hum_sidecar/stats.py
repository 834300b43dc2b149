"""Sums over a sidecar's life, and when to tell them: after a finished job, at most once a second."""

from hum_sidecar.calls import Calls
from hum_sidecar.memory import resident_bytes
from hum_sidecar.messages import Metrics

_INTERVAL_S = 1.0


class Stats:
    """Belongs to the IO loop's thread; moments are on the monotonic clock."""

    def __init__(self) -> None:
        self._done = 0
        self._failed = 0
        self._audio_s = 0.0
        self._busy_s = 0.0
        self._told_at = float("-inf")
        self._changed = False
        self._calls = Calls()

    def watch(self, calls: Calls) -> None:
        """These are the process's engine calls."""
        self._calls = calls

    def count_done(self, *, audio_s: float, busy_s: float) -> None:
        self._done += 1
        self._audio_s += audio_s
        self._busy_s += busy_s
        self._changed = True

    def count_failed(self, *, busy_s: float) -> None:
        self._failed += 1
        self._busy_s += busy_s
        self._changed = True

    def memory_changed(self) -> None:
        """By other means than a job."""
        self._changed = True

    def due_at(self) -> float | None:
        """When to tell next; None while there is nothing new."""
        return self._told_at + _INTERVAL_S if self._changed else None

    def take(self, now: float) -> Metrics | None:
        """The message, if it is due."""
        due_at = self.due_at()
        if due_at is None or now < due_at:
            return None
        self._told_at = now
        self._changed = False
        begun, answered = self._calls.counts()
        return Metrics(
            jobs_done=self._done,
            jobs_failed=self._failed,
            engine_calls=begun,
            engine_calls_answered=answered,
            audio_s=self._audio_s,
            busy_s=self._busy_s,
            rss_bytes=resident_bytes(),
        )
