"""A task: one job under way, which exactly one party ends, and which says when its work should stop."""

import threading
import time
from dataclasses import dataclass, field

from hum_sidecar.errors import HumError
from hum_sidecar.messages import Decode, Job, Priority, Stage


@dataclass
class Task:
    """A job or decode with its payload; `deadline` is on the monotonic clock."""

    message: Job | Decode
    payload: bytes | None
    deadline: float | None
    _cancelled: threading.Event = field(default_factory=threading.Event)
    _claim: threading.Lock = field(default_factory=threading.Lock)
    _begun_at: float | None = None

    @property
    def id(self) -> str:
        return self.message.id

    @property
    def attempt(self) -> int:
        """Which run of the job this is; decodes do not count theirs."""
        return self.message.attempt if isinstance(self.message, Job) else 1

    @property
    def priority(self) -> Priority:
        """Whose calls go first where several wait."""
        return self.message.priority if isinstance(self.message, Job) else "interactive"

    @property
    def stage(self) -> Stage:
        return "transcribe" if isinstance(self.message, Job) else "decode"

    def claim(self) -> bool:
        """True once: for the worker that begins it, or for whoever ends it while it still waits."""
        if not self._claim.acquire(blocking=False):
            return False
        self._begun_at = time.monotonic()
        return True

    def busy_s(self) -> float:
        """Since it was claimed."""
        return 0.0 if self._begun_at is None else time.monotonic() - self._begun_at

    def cancel(self) -> None:
        self._cancelled.set()

    def stopped_by(self) -> HumError | None:
        """Why no more work should go into it; None while it should."""
        if self._cancelled.is_set():
            return HumError("cancelled", "the job was cancelled", stage=self.stage)
        if self.deadline is not None and time.monotonic() >= self.deadline:
            return HumError("deadline", "the job's deadline passed before it was finished", stage=self.stage)
        return None

    def check(self) -> None:
        """Raises where work should stop; called before every step that takes long."""
        error = self.stopped_by()
        if error is not None:
            raise error

    def sleep(self, duration_s: float) -> None:
        """Wait, but no longer than work should go on."""
        left_s = duration_s if self.deadline is None else min(duration_s, self.deadline - time.monotonic())
        self._cancelled.wait(max(0, left_s))
        self.check()
