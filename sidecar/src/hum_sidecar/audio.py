"""Samples: 16 kHz mono PCM as the float32 that engines take, exactly as faster_whisper.decode_audio makes it."""

from io import BytesIO
from typing import Protocol

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 16_000

Samples = npt.NDArray[np.float32]

_BYTES_PER_SAMPLE = 2
# A power of two: to multiply by it gives the very floats that to divide by 32768 gives.
_SCALE = np.float32(1 / 32768)
# What a processor's cache holds, so that each sample crosses the memory once.
_BLOCK_BYTES = 512 * 1024


class Source(Protocol):
    """A stream of bytes, from where it stands."""

    def readinto(self, buffer: memoryview, /) -> int | None: ...


def samples_of(pcm: bytes) -> Samples:
    """From s16le bytes; an odd last byte, half a sample, is left out."""
    return read_samples(BytesIO(pcm), len(pcm))


def read_samples(source: Source, byte_count: int) -> Samples:
    """From so many bytes of s16le, of which an odd last one is left out. Raises EOFError where they are not there."""
    samples = np.empty(byte_count // _BYTES_PER_SAMPLE, dtype=np.float32)
    held = bytearray(_BLOCK_BYTES)
    # The same memory.
    view, block = memoryview(held), np.frombuffer(held, dtype="<i2")
    for start in range(0, len(samples), len(block)):
        part = samples[start : start + len(block)]
        _fill(view[: len(part) * _BYTES_PER_SAMPLE], source)
        np.multiply(block[: len(part)], _SCALE, out=part, dtype=np.float32)
    return samples


def _fill(view: memoryview, source: Source) -> None:
    filled = 0
    while filled < len(view):
        # One call may give less than there is.
        count = source.readinto(view[filled:])
        if not count:
            raise EOFError(f"the audio ended {len(view) - filled} bytes early")
        filled += count
