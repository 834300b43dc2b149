"""How many jobs are in an engine now."""

import threading
from collections.abc import Generator
from contextlib import contextmanager


class Presence:
    """Counts jobs from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    @contextmanager
    def one(self) -> Generator[None]:
        """Around a job."""
        with self._lock:
            self._count += 1
        try:
            yield
        finally:
            with self._lock:
                self._count -= 1

    def alone(self) -> bool:
        """Whether there is one at most."""
        return self._count <= 1
