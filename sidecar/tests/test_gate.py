"""The speech gate: speech always passes, silence and noise never do."""

import numpy as np
import pytest
from faster_whisper.vad import get_vad_model

from hum_sidecar import gate
from hum_sidecar.audio import Samples, samples_of
from hum_sidecar.errors import HumError
from hum_sidecar.gate import FRAME_SAMPLES, speech_probabilities
from media import JFK, noise

JFK_SAMPLES = samples_of(JFK.read_bytes()[-352_000:])


def as_samples(values: np.ndarray) -> Samples:
    return values.astype(np.float32)


def has_speech(samples: Samples) -> bool:
    return gate.has_speech(samples, check=lambda: None)


@pytest.mark.parametrize("seconds", [0, 0.01, 0.032, 1, 33])
def test_silence_is_no_speech(seconds: float) -> None:
    assert not has_speech(as_samples(np.zeros(int(seconds * 16_000))))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("level", [0.0005, 0.01, 0.03, 0.1, 0.3, 0.5, 1.0])
def test_white_noise_is_no_speech(seed: int, level: float) -> None:
    assert not has_speech(as_samples(noise(5, level=level, seed=seed)))


@pytest.mark.parametrize("signal_to_noise_db", [10, 0, -5, -8])
def test_speech_within_noise_is_speech(signal_to_noise_db: float) -> None:
    power = float(np.mean(JFK_SAMPLES**2)) / 10 ** (signal_to_noise_db / 10)
    loud = noise(11, level=power**0.5, seed=5)
    for start in range(0, 10 * 16_000, 2 * 16_000):
        assert has_speech(as_samples(JFK_SAMPLES + loud)[start : start + 2 * 16_000])


@pytest.mark.parametrize("level", [1.0, 0.1, 0.01])
def test_speech_is_speech_even_when_it_is_quiet(level: float) -> None:
    assert has_speech(JFK_SAMPLES * np.float32(level))


def test_speech_after_a_long_silence_is_found() -> None:
    assert has_speech(np.concatenate([as_samples(np.zeros(400 * 16_000)), JFK_SAMPLES]))


def test_probabilities_are_those_of_one_pass_over_everything() -> None:
    samples = np.tile(JFK_SAMPLES, 6)[: 6 * 11 * 16_000 - 100]
    # Upstream overwrites the last frame's end with silence, so one frame more is given and left out.
    padded = np.pad(samples, (0, -len(samples) % FRAME_SAMPLES + FRAME_SAMPLES))
    expected = np.asarray(get_vad_model()(padded)).reshape(-1)[:-1]
    own = np.concatenate([np.asarray(chunk).reshape(-1) for chunk in speech_probabilities(samples)])
    np.testing.assert_allclose(own, expected, atol=1e-5)


def test_it_stops_at_the_first_speech() -> None:
    chunks = speech_probabilities(np.tile(JFK_SAMPLES, 60))
    assert next(chunks).size < 64
    assert sum(chunk.size for chunk in chunks) > 20_000


def test_it_can_be_ended_at_every_chunk() -> None:
    checks = 0

    def check() -> None:
        nonlocal checks
        checks += 1
        if checks == 3:
            raise HumError("cancelled", "the job was cancelled", stage="transcribe")

    with pytest.raises(HumError, match="cancelled"):
        gate.has_speech(as_samples(np.zeros(60 * 16_000)), check=check)
    assert checks == 3
