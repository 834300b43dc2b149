"""Samples: 16 kHz mono PCM as the float32 that engines take, exactly as faster_whisper.decode_audio makes it."""

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 16_000

Samples = npt.NDArray[np.float32]


def samples_of(pcm: bytes) -> Samples:
    """From s16le bytes; an odd last byte, half a sample, is left out."""
    whole = len(pcm) // 2
    samples = np.frombuffer(pcm, dtype="<i2", count=whole).astype(np.float32)
    # In place: hours of audio are gigabytes.
    samples /= 32768.0
    return samples
