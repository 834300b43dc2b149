"""The calls into native code that run now, so that the IO loop can tell how long the oldest one does."""

import threading
import time
from collections.abc import Generator
from contextlib import contextmanager


class Calls:
    """Shared by all threads of a process. A call that never returns shows here, since no check is ever made in it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[int, float] = {}
        self._begun = 0
        self._answered = 0

    @contextmanager
    def running(self, *, answers: int = 1) -> Generator[None]:
        """Around one call, which answers so many jobs' calls."""
        with self._lock:
            self._begun += 1
            self._answered += answers
            number = self._begun
            self._running[number] = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                del self._running[number]

    def oldest_s(self) -> float | None:
        """How long the oldest running call runs; None while none does."""
        with self._lock:
            return None if not self._running else time.monotonic() - min(self._running.values())

    def counts(self) -> tuple[int, int]:
        """Calls begun since the start, and the jobs' calls that they answered."""
        with self._lock:
            return self._begun, self._answered
