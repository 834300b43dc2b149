"""
The `fast` profile: a short clip is encoded with less padding than the 30 s that Whisper was trained on.

The encoder sees the content and a second more, 13 s at least: with much less it repeats itself and invents. Whether a
transcript can be trusted shows in itself; one that cannot is decoded again with the whole window.
"""

import zlib
from collections.abc import Callable
from typing import Any

from hum_sidecar.engines.batching.detection import content_frames
from hum_sidecar.engines.batching.operations import Array

# In feature frames of 10 ms. On the clips of `npm run bench:fast -- --tuned --clips 80`, none of them tried again, a
# least of 7, 10, 13, 15 and 18 s made 8, 5, -5, 4 and 2 word errors more in 3264 words than the whole window, and was
# lost altogether, so that faster-whisper went on at random, in 2, 3, 0, 1 and 1 of 405 clips.
_MARGIN = 100
_LEAST = 1300
_LONGEST_CONTENT = 1500

# faster-whisper takes -1 and 2.4 for its own second try, which costs more than this one. These try 2 % of those clips
# again. Stricter ones cost more and gain nothing: where other words are heard than in the whole window, they seldom
# score badly. Nor does the least certain token tell, or no-speech, or how near the second best hypothesis is.
_LEAST_LOGPROB = -0.8
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
