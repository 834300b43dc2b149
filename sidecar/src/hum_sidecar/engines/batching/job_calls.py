"""What one job sees in place of ctranslate2's model: the same four methods, whose calls meet in the batcher."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hum_sidecar.engines.batching.batcher import Batcher
from hum_sidecar.engines.batching.call import Call, Kind
from hum_sidecar.engines.batching.detection import decoding_window, is_close
from hum_sidecar.engines.batching.operations import Array, array_of, hashable, view_of
from hum_sidecar.engines.batching.shortened import is_poor, shortened
from hum_sidecar.engines.protocol import Run

if TYPE_CHECKING:
    from ctranslate2 import StorageView
    from ctranslate2.models import Whisper
    from faster_whisper import Tokenizer


@dataclass(frozen=True)
class Kept:
    """An encoder output that serves twice: to detect the language, and to decode the window that it is of."""

    window: Array
    output: "StorageView"
    # The window that faster-whisper would have detected the language from; None where it is the same one.
    exact: "StorageView | None"


@dataclass(frozen=True)
class Manner:
    """
    How a job's calls are made: whether they may run with other jobs' calls, whether language detection may share an
    encoding, and whether short clips are encoded with less padding.
    """

    shares_calls: bool
    shares_detection: bool
    shortens: bool


@dataclass
class Shortened:
    """A window that was encoded with less padding: the whole of it, and its encoder output once that was needed."""

    features: "StorageView"
    output: "StorageView"
    whole: "StorageView | None" = None


class JobCalls:
    """Stands in for ctranslate2's model in one job's WhisperModel. Used by the job's thread only."""

    def __init__(
        self, model: "Whisper", batcher: Batcher, *, tokenizer: "Tokenizer", run: Run | None, manner: Manner
    ) -> None:
        self._model = model
        self._batcher = batcher
        self._tokenizer = tokenizer
        self._start_token = tokenizer.token_to_id("<|startoftranscript|>")
        self._end_token = tokenizer.token_to_id("<|endoftext|>")
        self._run = run
        self._manner = manner
        self._kept: Kept | None = None
        self._short: Shortened | None = None
        self._detecting = manner.shares_detection

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
        return self._ask("detect_language", self._ask("encode", kept.exact))

    def generate(self, output: "StorageView", prompts: Sequence[list[int]], **options: Any) -> list[Any]:
        positions = [(prompt.index(self._start_token), len(prompt)) for prompt in prompts]
        # Rows of one call have one prompt's form already.
        key = (positions[0], hashable(options))
        found = self._ask("generate", self._trusted(output), key=key, texts=prompts, rest=options)
        short = self._short
        if short is None or output is not short.output or short.whole is not None:
            return found
        room = options["max_length"] - len(prompts[0])
        penalty = options.get("length_penalty", 1.0)
        if not is_poor(found[0], room=room, length_penalty=penalty, text_of=self._text):
            return found
        whole = short.whole = self._ask("encode", short.features)
        return self._ask("generate", whole, key=key, texts=prompts, rest=options)

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
        # Rows are padded to the longest of their call, and on some processors the last digits hang on how far.
        longest = max(len(tokens) for tokens in text_tokens)
        key = (hashable(rest), longest)
        return self._ask("align", self._trusted(output), key=key, texts=text_tokens, frames=frames, rest=rest)

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
        less = shortened(array_of(features)) if self._manner.shortens else None
        if less is None:
            return self._ask("encode", features)
        output = self._ask("encode", view_of(less))
        self._short = Shortened(features, output)
        return output

    def _text(self, tokens: list[int]) -> str:
        """Without the timestamps, which are the tokens from the end token on."""
        return self._tokenizer.decode([token for token in tokens if token < self._end_token])

    def _trusted(self, output: "StorageView") -> "StorageView":
        """What to decode from: the whole window's output where the shortened one's was not good enough."""
        short = self._short
        return output if short is None or output is not short.output else short.whole or output

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
            (kind, shape, key) if self._may_share(kind) else None,
            views,
            views.shape[0],
            self._run,
            texts,
            frames,
            rest or {},
        )
        return self._batcher.ask(call)

    def _may_share(self, kind: Kind) -> bool:
        """On a CPU one encoding fills the caches: several in one call take as long, and the sum of their memory."""
        return self._manner.shares_calls and not (kind == "encode" and self._model.device == "cpu")

    # What faster-whisper reads beside the calls: is_multilingual, device, n_mels and the like.
    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)
