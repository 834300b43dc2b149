"""
The speech gate: whether any of the audio is speech, by Silero VAD, stopping at the first frame that certainly is.

By the highest probability of speech that any frame of 32 ms has:
- above 0.8 the audio passes, whatever else it is;
- at most 0.2 it is stopped;
- between them it passes, unless all of it is steady noise: whole frames, two or more, whose levels have a standard
  deviation under 0.4 dB.
"""

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
from faster_whisper.vad import get_vad_model

from hum_sidecar.audio import Samples

# Silero v6 at 16 kHz: frames of 32 ms, each seen together with the last 4 ms before it.
FRAME_SAMPLES = 512
_CONTEXT_SAMPLES = 64
_STATE_SHAPE = (1, 1, 128)

# Silero itself calls a frame speech from 0.5 on. To let noise pass costs time; to stop speech would cost text.
THRESHOLD = 0.2

# Loud white noise reaches 0.76 (measured, 240 clips of 10 s), and Whisper may invent text for it. But its level stays
# within 0.3 dB from frame to frame; speech 10 dB below such noise, which nobody understands, still moves it by 0.4 dB.
CERTAIN = 0.8
STEADY_DB = 0.4

# The first chunk is a second, since most speech begins early; later ones grow, since calls cost as much as frames.
_FIRST_CHUNK_FRAMES = 32
_LAST_CHUNK_FRAMES = 4096

_Array = npt.NDArray[np.float32]


def load_gate() -> None:
    """Read the model now rather than in the first job."""
    get_vad_model()


def has_speech(samples: Samples, *, check: Callable[[], None]) -> bool:
    """As told above; `check` is called for every chunk, 131 s at most, and may raise to end it."""
    doubtful = False
    for chunk in speech_probabilities(samples):
        check()
        highest = chunk.max()
        if highest > CERTAIN:
            return True
        doubtful = doubtful or highest > THRESHOLD
    return doubtful and not is_steady(samples)


def is_steady(samples: Samples) -> bool:
    """Whether the level hardly changes from frame to frame, as in white noise."""
    frames = samples[: len(samples) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    power = np.mean(np.square(frames), axis=1) + 1e-12
    return bool(np.std(10 * np.log10(power)) < STEADY_DB) if len(power) > 1 else False


def speech_probabilities(samples: Samples) -> Iterator[_Array]:
    """
    Each frame's probability of speech, chunk by chunk, equal to what one pass over everything gives.

    faster_whisper.vad.SileroVADModel begins every call with an empty state, so the state is carried here.
    """
    session = get_vad_model().session
    h: _Array = np.zeros(_STATE_SHAPE, dtype=np.float32)
    c: _Array = np.zeros(_STATE_SHAPE, dtype=np.float32)
    context: _Array = np.zeros(_CONTEXT_SAMPLES, dtype=np.float32)
    start = 0
    chunk_frames = _FIRST_CHUNK_FRAMES
    while start < len(samples):
        chunk = samples[start : start + chunk_frames * FRAME_SAMPLES]
        start += len(chunk)
        frames = np.pad(chunk, (0, -len(chunk) % FRAME_SAMPLES)).reshape(-1, FRAME_SAMPLES)
        contexts = np.concatenate([context[None], frames[:-1, -_CONTEXT_SAMPLES:]])
        probabilities, h, c = session.run(None, {"input": np.concatenate([contexts, frames], axis=1), "h": h, "c": c})
        yield probabilities
        context = frames[-1, -_CONTEXT_SAMPLES:]
        chunk_frames = min(chunk_frames * 2, _LAST_CHUNK_FRAMES)
