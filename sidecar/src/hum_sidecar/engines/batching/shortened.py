"""
The `fast` profile: a short clip is encoded with less padding than the 30 s that Whisper was trained on.

The encoder sees the content and a second more, 10 s at least: with less than that it repeats itself and invents.
Whether a transcript can be trusted shows in itself; one that cannot is decoded again with the whole window.
"""

import zlib
from collections.abc import Callable
from typing import Any

from hum_sidecar.engines.batching.detection import content_frames
from hum_sidecar.engines.batching.operations import Array

# In feature frames of 10 ms.
_MARGIN = 100
_LEAST = 1000
_LONGEST_CONTENT = 1500

# faster-whisper takes -1 and 2.4 for its own second try, which costs more than this one.
_LEAST_LOGPROB = -0.6
_MOST_COMPRESSION = 2.0


def shortened(features: Array) -> Array | None:
    """(1, mels, frames) with less padding; None where the content is too long, or there are several rows."""
    content = content_frames(features)
    if len(features) != 1 or content >= _LONGEST_CONTENT:
        return None
    frames = max(_LEAST, content + _MARGIN)
    # The encoder halves them.
    return features[:, :, : frames + frames % 2]


def is_poor(result: Any, *, room: int, length_penalty: float, text_of: Callable[[list[int]], str]) -> bool:
    """By ctranslate2's result of one window; `room` is how many tokens it might have had."""
    tokens: list[int] = result.sequences_ids[0]
    if len(tokens) == 0 or len(tokens) >= room:
        return True
    logprob = result.scores[0] * len(tokens) ** length_penalty / (len(tokens) + 1)
    text = text_of(tokens).strip().encode()
    return logprob < _LEAST_LOGPROB or len(text) / len(zlib.compress(text)) > _MOST_COMPRESSION
