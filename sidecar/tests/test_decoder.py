"""The decoder: the samples of faster_whisper.decode_audio from what is accepted, typed failures from the rest."""

# PyAV leaves its packets' type parameter open.
# pyright: reportUnknownMemberType=false

import io
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from faster_whisper.audio import decode_audio

from hum_sidecar.audio import samples_of
from hum_sidecar.calls import Calls
from hum_sidecar.decoder import Budget, Media, decode
from hum_sidecar.errors import HumError
from hum_sidecar.messages import BytesRef, RawPcm
from hum_sidecar.source import open_source
from media import JFK, encode, write_wav

ACCEPTED = {
    "jfk.mp3": "mp3",
    "jfk.m4a": "mp4",
    "jfk.mp4": "mp4",
    "jfk.ogg": "ogg",
    "jfk-vorbis.ogg": "ogg",
    "jfk.webm": "matroska",
    "jfk.mkv": "matroska",
    "jfk.flac": "flac",
    "jfk.aac": "aac",
    "jfk-stereo-44k.wav": "wav",
    "jfk-24bit.wav": "wav",
    "jfk-float.wav": "wav",
    "jfk-mulaw-8k.wav": "wav",
    "silence.wav": "wav",
}


BUDGET = Budget(60, 60)


def decode_bytes(data: bytes, *, max_duration_s: float = 3600) -> tuple[Media, bytes]:
    pcm = bytearray()
    media = decode(io.BytesIO(data), budget=Budget(max_duration_s, 60), check=lambda: None, take=pcm.extend)
    return media, bytes(pcm)


def failure(data: bytes, *, max_duration_s: float = 3600) -> HumError:
    with pytest.raises(HumError) as raised:
        decode_bytes(data, max_duration_s=max_duration_s)
    assert raised.value.stage == "decode"
    return raised.value


def wav_header(*, rate: int, channels: int = 1, data: int = 0xFFFF_FFFF) -> bytes:
    """A canonical PCM header, true or not."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, rate, rate * channels * 2, channels * 2, 16)
    return struct.pack("<4sI4s", b"RIFF", 0xFFFF_FFFF, b"WAVE") + form + struct.pack("<4sI", b"data", data)


@pytest.mark.parametrize("name", ACCEPTED)
def test_samples_are_those_of_faster_whisper(media_dir: Path, name: str) -> None:
    media, pcm = decode_bytes((media_dir / name).read_bytes())
    assert media.container == ACCEPTED[name]
    assert media.samples == len(pcm) // 2
    np.testing.assert_array_equal(samples_of(pcm), decode_audio(str(media_dir / name)))


def test_samples_do_not_depend_on_how_long_the_file_is(tmp_path: Path) -> None:
    """More than one group of the resampler: 33 s of stereo at 48 kHz."""
    noise = np.random.default_rng(7).normal(0, 0.2, 33 * 48_000).clip(-1, 1)
    write_wav(tmp_path / "long.wav", noise, rate=48_000)
    _, pcm = decode_bytes((tmp_path / "long.wav").read_bytes())
    np.testing.assert_array_equal(samples_of(pcm), decode_audio(str(tmp_path / "long.wav")))


def test_a_region_of_a_file_is_decoded_like_the_file(tmp_path: Path, media_dir: Path) -> None:
    data = (media_dir / "jfk.mp4").read_bytes()
    (tmp_path / "body").write_bytes(b"--boundary\r\n" + data + b"\r\n--boundary--")
    pcm = bytearray()
    with open_source(BytesRef(str(tmp_path / "body"), 12, len(data)), None, stage="decode") as source:
        decode(source, budget=Budget(60, 60), check=lambda: None, take=pcm.extend)
    assert bytes(pcm) == decode_bytes(data)[1]


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("list.m3u8", "a playlist"),
        ("concat.txt", "a concat script"),
        ("image.png", "a PNG image"),
        ("jfk.aiff", "AIFF"),
        ("jfk.avi", "AVI"),
        ("captions.srt", "a container that is not accepted"),
    ],
)
def test_other_formats_are_refused_with_what_would_be_right(media_dir: Path, name: str, what: str) -> None:
    error = failure((media_dir / name).read_bytes())
    assert error.code == "unsupported_format"
    assert what in error.message
    assert "wav, mp3, mp4" in error.message


@pytest.mark.parametrize("name", ["text.wav", "truncated.wav", "empty.wav"])
def test_bytes_that_are_no_media_are_bad_audio(media_dir: Path, name: str) -> None:
    error = failure((media_dir / name).read_bytes())
    assert error.code == "bad_audio"
    assert "wav, mp3, mp4" in error.message


@pytest.mark.parametrize("seed", range(8))
def test_random_bytes_are_bad_audio(seed: int) -> None:
    assert failure(np.random.default_rng(seed).bytes(20_000)).code in ("bad_audio", "unsupported_format")


@pytest.mark.parametrize("name", sorted(ACCEPTED))
def test_a_file_cut_anywhere_gives_samples_or_a_typed_failure(media_dir: Path, name: str) -> None:
    data = (media_dir / name).read_bytes()
    for share in (0.001, 0.01, 0.5, 0.99):
        try:
            media, _ = decode_bytes(data[: int(len(data) * share)])
            assert media.samples > 0
        except HumError as error:
            assert error.code == "bad_audio"  # noqa: PT017 - either outcome is right


def test_media_without_audio_is_bad_audio(tmp_path: Path, media_dir: Path) -> None:
    import av

    with av.open(media_dir / "jfk.mp4") as source, av.open(tmp_path / "mute.mp4", "w") as output:
        stream = output.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                output.mux(packet)
    error = failure((tmp_path / "mute.mp4").read_bytes())
    assert (error.code, error.message) == ("bad_audio", "the file has no audio stream; it needs one")


def test_audio_without_a_sample_is_bad_audio() -> None:
    assert failure(wav_header(rate=16_000, data=0)).code == "bad_audio"


def test_longer_audio_than_the_cap_is_too_large(media_dir: Path) -> None:
    error = failure((media_dir / "jfk.mp3").read_bytes(), max_duration_s=5.5)
    assert (error.code, error.message) == ("too_large", "the audio is longer than 5.5 s; send it in shorter parts")


def test_audio_as_long_as_the_cap_is_accepted() -> None:
    assert decode_bytes(JFK.read_bytes(), max_duration_s=11)[0].samples == 176_000


def test_a_long_opus_file_is_given_up_at_the_cap_and_not_held_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "bomb.ogg"
    write_wav(tmp_path / "silence.wav", np.zeros(700 * 8_000), rate=8_000)
    encode(path, codec="libopus", rate=8_000, source=tmp_path / "silence.wav")
    assert path.stat().st_size < 400_000
    taken = 0

    def take(pcm: bytes) -> None:
        nonlocal taken
        taken += len(pcm)

    tracemalloc.start()
    with pytest.raises(HumError) as raised:
        decode(io.BytesIO(path.read_bytes()), budget=Budget(600, 60), check=lambda: None, take=take)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert raised.value.code == "too_large"
    assert taken <= 600 * 32_000
    assert peak < 8_000_000


@pytest.mark.parametrize(
    ("rate", "channels", "message"),
    [
        (1, 1, "the sample rate is 1 Hz"),
        (3_999, 1, "3999 Hz"),
        (800_000, 1, "800000 Hz"),
        (16_000, 192, "192 channels"),
    ],
)
def test_forged_rates_and_channel_counts_are_refused(rate: int, channels: int, message: str) -> None:
    error = failure(wav_header(rate=rate, channels=channels) + bytes(4_000))
    assert error.code == "unsupported_format"
    assert message in error.message


def test_cancelling_stops_decoding_at_the_next_piece(media_dir: Path) -> None:
    pieces = 0

    def check() -> None:
        nonlocal pieces
        pieces += 1
        raise HumError("cancelled", "the job was cancelled", stage="decode")

    with pytest.raises(HumError, match="cancelled"):
        decode(io.BytesIO((media_dir / "jfk.mp3").read_bytes()), budget=BUDGET, check=check, take=lambda _: None)
    assert pieces == 1


@pytest.mark.parametrize(
    ("encoding", "dtype", "scale"),
    [
        ("s16le", "<i2", 32_767),
        ("s16be", ">i2", 32_767),
        ("s32le", "<i4", 2**31 - 1),
        ("f32le", "<f4", 1),
        ("f64le", "<f8", 1),
    ],
)
def test_headerless_samples_are_those_of_the_same_wav(tmp_path: Path, encoding: Any, dtype: str, scale: int) -> None:
    tone = 0.3 * np.sin(np.arange(24_000) / 20)
    write_wav(tmp_path / "tone.wav", tone, rate=24_000)
    expected = decode_bytes((tmp_path / "tone.wav").read_bytes())[1]
    given = io.BytesIO((tone * scale).astype(dtype).tobytes())
    pcm = bytearray()
    raw = RawPcm(encoding, 24_000, 1)
    media = decode(given, budget=BUDGET, check=lambda: None, take=pcm.extend, raw=raw)
    assert media == Media("raw", 16_000)
    # Other resolutions than 16 bit round elsewhere.
    assert np.abs(samples_of(bytes(pcm)) - samples_of(expected)).max() <= 2 / 32_768


@pytest.mark.parametrize(("encoding", "silence"), [("mulaw", 0xFF), ("alaw", 0xD5), ("u8", 0x80), ("s24le", 0)])
def test_headerless_silence_is_silent_in_every_encoding(encoding: Any, silence: int) -> None:
    width = 3 if encoding == "s24le" else 1
    pcm = bytearray()
    source = io.BytesIO(bytes([silence]) * 8_000 * width * 2)
    raw = RawPcm(encoding, 8_000, 2)
    media = decode(source, budget=BUDGET, check=lambda: None, take=pcm.extend, raw=raw)
    assert media == Media("raw", 16_000)
    assert np.abs(samples_of(bytes(pcm))).max() < 0.001


def test_a_file_that_takes_too_much_processor_time_is_too_large(media_dir: Path) -> None:
    source = io.BytesIO((media_dir / "jfk.flac").read_bytes())
    with pytest.raises(HumError, match=r"more than 0\.0001 s of processor time") as raised:
        decode(source, budget=Budget(3600, 0.0001), check=lambda: None, take=lambda _: None)
    assert raised.value.code == "too_large"


def test_every_step_into_ffmpeg_is_a_running_call(media_dir: Path) -> None:
    calls = Calls()
    seen: list[float | None] = []
    decode(
        io.BytesIO((media_dir / "jfk.mp3").read_bytes()),
        budget=BUDGET,
        check=lambda: seen.append(calls.oldest_s()),
        take=lambda _: seen.append(calls.oldest_s()),
        running=calls.running,
    )
    assert calls.counts()[0] >= 3
    assert set(seen) == {None}
