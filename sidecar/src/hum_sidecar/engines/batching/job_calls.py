"""What one job sees in place of ctranslate2's model: the same four methods, whose calls meet in the batcher."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hum_sidecar.engines.batching.batcher import Batcher
from hum_sidecar.engines.batching.call import Call, Kind
from hum_sidecar.engines.batching.detection import decoding_window, is_close
from hum_sidecar.engines.batching.operations import Array, array_of, hashable, view_of
from hum_sidecar.engines.protocol import Run

if TYPE_CHECKING:
    from ctranslate2 import StorageView
    from ctranslate2.models import Whisper


@dataclass(frozen=True)
class Kept:
    """An encoder output that serves twice: to detect the language, and to decode the window that it is of."""

    window: Array
    output: "StorageView"
    # The window that faster-whisper would have detected the language from; None where it is the same one.
    exact: "StorageView | None"


@dataclass(frozen=True)
class Sharing:
    """Whether a job's calls may run with other jobs' calls, and whether language detection may share an encoding."""

    calls: bool
    detection: bool


class JobCalls:
    """Stands in for ctranslate2's model in one job's WhisperModel. Used by the job's thread only."""

    def __init__(
        self, model: "Whisper", batcher: Batcher, *, start_token: int, run: Run | None, sharing: Sharing
    ) -> None:
        self._model = model
        self._batcher = batcher
        self._start_token = start_token
        self._run = run
        self._sharing = sharing
        self._kept: Kept | None = None
        self._detecting = sharing.detection

    def encode(self, features: "StorageView", to_cpu: bool = False) -> "StorageView":
        """`to_cpu` is decided by the batcher: what it gives can be stacked."""
        del to_cpu
        if self._detecting:
            self._detecting = False
            return self._encode_to_detect(features)
        kept, self._kept = self._kept, None
        if kept is not None and np.array_equal(kept.window, array_of(features)):
            return kept.output
        return self._encode(features)

    def detect_language(self, output: "StorageView") -> list[list[tuple[str, float]]]:
        found = self._ask("detect_language", output)
        kept = self._kept
        if kept is None or output is not kept.output or kept.exact is None or not is_close(found[0]):
            return found
        return self._ask("detect_language", self._encode(kept.exact))

    def generate(self, output: "StorageView", prompts: Sequence[list[int]], **options: Any) -> list[Any]:
        positions = [(prompt.index(self._start_token), len(prompt)) for prompt in prompts]
        # Rows of one call have one prompt's form already.
        key = (positions[0], hashable(options))
        return self._ask("generate", output, key=key, texts=prompts, rest=options)

    def align(
        self,
        output: "StorageView",
        start_sequence: Sequence[int],
        text_tokens: Sequence[list[int]],
        num_frames: int | Sequence[int],
        *,
        median_filter_width: int = 7,
    ) -> list[Any]:
        frames = [num_frames] * len(text_tokens) if isinstance(num_frames, int) else num_frames
        rest = {"start_sequence": list(start_sequence), "median_filter_width": median_filter_width}
        return self._ask("align", output, key=hashable(rest), texts=text_tokens, frames=frames, rest=rest)

    def _encode_to_detect(self, features: "StorageView") -> "StorageView":
        exact = array_of(features)
        window = decoding_window(exact)
        if window is None:
            output = self._encode(features)
            self._kept = Kept(exact, output, None)
        else:
            output = self._encode(view_of(window))
            self._kept = Kept(window, output, features)
        return output

    def _encode(self, features: "StorageView") -> "StorageView":
        return self._ask("encode", features)

    def _ask(
        self,
        kind: Kind,
        views: "StorageView",
        *,
        key: Any = (),
        texts: Sequence[list[int]] = (),
        frames: Sequence[int] = (),
        rest: dict[str, Any] | None = None,
    ) -> Any:
        shape = tuple(views.shape[1:])
        call = Call(
            kind,
            (kind, shape, key) if self._sharing.calls else None,
            views,
            views.shape[0],
            self._run,
            texts,
            frames,
            rest or {},
        )
        return self._batcher.ask(call)

    # What faster-whisper reads beside the calls: is_multilingual, device, n_mels and the like.
    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)
