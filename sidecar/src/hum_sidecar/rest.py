"""When a process has rested long enough to give its spare memory back: once after each time of work."""

# Requests that follow each other find the pages of those before; one that comes later pays for new ones, a tenth of it.
AFTER_S = 10.0


class Rest:
    """Belongs to the IO loop's thread; moments are on the monotonic clock."""

    def __init__(self, *, after_s: float = AFTER_S) -> None:
        self._after_s = after_s
        self._due_at: float | None = None

    def begin(self, now: float) -> None:
        """Nothing is under way any more."""
        self._due_at = now + self._after_s

    def end(self) -> None:
        """There is work again."""
        self._due_at = None

    def due_at(self) -> float | None:
        """None while it works, and when it has given back already."""
        return self._due_at

    def take(self, now: float) -> bool:
        """Whether to give back now."""
        if self._due_at is None or now < self._due_at:
            return False
        self._due_at = None
        return True
