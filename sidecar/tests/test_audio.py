"""Samples: bit for bit those of faster_whisper.decode_audio, made without a copy too many."""

import tracemalloc

import numpy as np

from hum_sidecar.audio import samples_of


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
