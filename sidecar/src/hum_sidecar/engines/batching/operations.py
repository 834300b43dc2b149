"""
The four calls of ctranslate2's Whisper, each for several jobs at once, with the results that each alone would get.

What must be equal within one call, so that no result changes (tests hold it token by token and score by score):
- `generate`: the position of start-of-transcript, the number of task tokens behind it, and every option;
- `align`: the start sequence (language and task), the width of the filter, and the length of the longest text;
- `encode` and `detect_language`: the shape.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from hum_sidecar.engines.batching.call import Call

if TYPE_CHECKING:
    from ctranslate2 import StorageView
    from ctranslate2.models import Whisper

Array = npt.NDArray[Any]


def array_of(view: "StorageView") -> Array:
    """The same memory, for a view that lies in main memory."""
    # It has numpy's array interface.
    return np.asarray(cast("Array", view))


def view_of(array: Array) -> "StorageView":
    """The same memory; the view keeps the array alive."""
    import ctranslate2

    return ctranslate2.StorageView.from_array(np.ascontiguousarray(array))


def stack(views: Sequence["StorageView"]) -> "StorageView":
    """Along the first axis."""
    return views[0] if len(views) == 1 else view_of(np.concatenate([array_of(view) for view in views]))


def hashable(options: dict[str, Any]) -> Hashable:
    """Options as part of a key."""
    return tuple((name, _hashable(value)) for name, value in sorted(options.items()))


def _hashable(value: Any) -> Hashable:
    return tuple(cast("list[Any]", value)) if isinstance(value, list) else value


class Operations:
    """
    Answers calls of equal keys on `model`. `encoder`, where there is one, is a copy of it with more threads, which
    encodes while `alone()` holds.
    """

    def __init__(
        self, model: "Whisper", *, encoder: "Whisper | None" = None, alone: Callable[[], bool] = lambda: True
    ) -> None:
        self._model = model
        self._encoder = encoder
        self._alone = alone
        # Outputs that wait for their batch wait in main memory, where they can be stacked.
        self._to_cpu = model.device == "cuda"

    def __call__(self, calls: Sequence[Call]) -> list[Any]:
        views = stack([call.views for call in calls])
        texts = [text for call in calls for text in call.texts]
        rest = calls[0].rest
        match calls[0].kind:
            case "encode":
                return self._encode(calls, views)
            case "detect_language":
                return split(self._model.detect_language(views), calls)
            case "generate":
                return split(self._model.generate(views, texts, **rest), calls)
            case "align":
                frames = [count for call in calls for count in call.frames]
                return split(self._model.align(views, text_tokens=texts, num_frames=frames, **rest), calls)

    def _encode(self, calls: Sequence[Call], features: "StorageView") -> list[Any]:
        model = self._encoder if self._encoder is not None and self._alone() else self._model
        output = model.encode(features, to_cpu=self._to_cpu)
        if len(calls) == 1:
            return [output]
        ends = np.cumsum([call.size for call in calls])[:-1]
        return [view_of(part) for part in np.split(array_of(output), ends)]


def split(results: Sequence[Any], calls: Sequence[Call]) -> list[Any]:
    """Each call's part of the results, as the list that it would have got alone."""
    parts: list[Any] = []
    taken = 0
    for call in calls:
        parts.append(list(results[taken : taken + call.size]))
        taken += call.size
    return parts
