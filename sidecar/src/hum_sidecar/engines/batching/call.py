"""One call of a job on the model, as it waits among others: what it asks, with whom it may share, and its answer."""

import threading
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from hum_sidecar.engines.protocol import Run

if TYPE_CHECKING:
    from ctranslate2 import StorageView

Kind = Literal["encode", "detect_language", "generate", "align"]


@dataclass(eq=False)
class Call:
    """
    `views` holds `size` rows, of features or encoder outputs; `texts` (prompts or text tokens) and `frames` hold one
    entry a row where the kind takes them. Calls of equal `key` may be answered together, and have equal `rest`; a key
    of None shares with nobody.
    """

    kind: Kind
    key: Hashable
    views: "StorageView"
    size: int
    run: Run | None
    texts: Sequence[list[int]] = ()
    frames: Sequence[int] = ()
    rest: dict[str, Any] = field(default_factory=dict[str, Any])
    passed_over: int = 0
    _answered: threading.Event = field(default_factory=threading.Event)
    _answer: Any = None
    _error: BaseException | None = None

    def answer(self, value: Any) -> None:
        self._answer = value
        self._answered.set()

    def fail(self, error: BaseException) -> None:
        self._error = error
        self._answered.set()

    def wait(self) -> Any:
        """The answer, as soon as it is there. Raises what the call failed with."""
        self._answered.wait()
        if self._error is not None:
            raise self._error
        return self._answer
