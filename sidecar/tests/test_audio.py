"""Samples: bit for bit those of faster_whisper.decode_audio, made without a copy too many."""

import tracemalloc
from io import BytesIO

import numpy as np
import pytest

from hum_sidecar.audio import read_samples, samples_of


def test_every_value_is_scaled_exactly() -> None:
    values = np.arange(-32_768, 32_768).astype("<i2")
    samples = samples_of(values.tobytes())
    assert samples.dtype == np.float32
    np.testing.assert_array_equal(samples, values.astype(np.float32) / 32768.0)


def test_half_a_sample_is_left_out() -> None:
    assert samples_of(b"\x00\x40\xff").tolist() == [0.5]


def test_samples_need_no_memory_beyond_their_own() -> None:
    pcm = bytes(8_000_000)
    tracemalloc.start()
    samples = samples_of(pcm)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < samples.nbytes * 1.1


class Trickle(BytesIO):
    """Gives three bytes at a time, so that samples are cut in two."""

    def readinto(self, buffer: memoryview, /) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        return super().readinto(buffer[:3])


def test_a_source_may_give_less_than_it_was_asked_for() -> None:
    pcm = np.arange(-300, 300).astype("<i2").tobytes()
    np.testing.assert_array_equal(read_samples(Trickle(pcm), len(pcm)), samples_of(pcm))


def test_several_blocks_are_one_row_of_samples() -> None:
    values = (np.arange(1_000_001) % 65_536 - 32_768).astype("<i2")
    np.testing.assert_array_equal(samples_of(values.tobytes()), values.astype(np.float32) / 32768.0)


def test_a_source_that_ends_early_is_no_shorter_audio() -> None:
    with pytest.raises(EOFError, match="ended 4 bytes early"):
        read_samples(BytesIO(bytes(6)), 10)
