"""A decoder process over a real socket: small PCM as a payload, large PCM in a file, failures as data."""

import json
import os
import select
from pathlib import Path

import numpy as np
import pytest

from hum_sidecar.messages import BytesRef, Cancel, Decode, Decoded, Failed, Metrics, Ping, Pong, Ready
from media import JFK, greedy_wav, write_wav
from plane import PATIENCE_S, decode, job, sidecar

JFK_PCM = JFK.read_bytes()[-352_000:]


def test_small_pcm_comes_as_the_payload_frame(short_dir: Path) -> None:
    with sidecar("decoder", short_dir) as decoder:
        decoder.hear(Ready)
        decoder.send(*decode("a", JFK.read_bytes(), short_dir / "out"))
        decoded = decoder.hear(Decoded)
        assert (decoded.audio.path, decoded.audio.length) == (None, 352_000)
        assert (decoded.duration_s, decoded.container) == (11.0, "wav")
        assert decoder.payloads["a"] == JFK_PCM
        assert not (short_dir / "out").exists()
        assert decoder.hear(Metrics).audio_s == 11.0


def test_large_pcm_comes_as_a_file(short_dir: Path) -> None:
    noise = np.random.default_rng(3).normal(0, 0.1, 40 * 16_000).clip(-1, 1)
    write_wav(short_dir / "in", noise)
    size = (short_dir / "in").stat().st_size
    with sidecar("decoder", short_dir) as decoder:
        decoder.hear(Ready)
        decoder.send(Decode("a", BytesRef(str(short_dir / "in"), 0, size), 60, 60, None, str(short_dir / "out")))
        decoded = decoder.hear(Decoded)
        assert decoded.audio == BytesRef(str(short_dir / "out"), 0, 40 * 32_000)
        assert decoder.payloads == {}
        assert (short_dir / "out").read_bytes() == (short_dir / "in").read_bytes()[-40 * 32_000 :]


def test_a_failure_names_its_code_and_leaves_no_file(short_dir: Path) -> None:
    write_wav(short_dir / "in", np.zeros(60 * 16_000))
    size = (short_dir / "in").stat().st_size
    with sidecar("decoder", short_dir) as decoder:
        decoder.hear(Ready)
        decoder.send(Decode("a", BytesRef(str(short_dir / "in"), 0, size), 50, 60, None, str(short_dir / "out")))
        failed = decoder.hear(Failed)
        assert (failed.id, failed.attempt) == ("a", 1)
        assert (failed.error.code, failed.error.stage, failed.error.retryable) == ("too_large", "decode", False)
        assert not (short_dir / "out").exists()


@pytest.mark.parametrize("name", ["list.m3u8", "text.wav", "truncated.wav", "image.png"])
def test_bad_media_harms_nothing(short_dir: Path, media_dir: Path, name: str) -> None:
    with sidecar("decoder", short_dir) as decoder:
        decoder.hear(Ready)
        decoder.send(*decode("bad", (media_dir / name).read_bytes(), short_dir / "out"))
        assert decoder.hear(Failed).error.code in ("bad_audio", "unsupported_format")
        decoder.send(*decode("good", (media_dir / "jfk.mp3").read_bytes(), short_dir / "out"))
        assert decoder.hear(Decoded).container == "mp3"


def test_a_missing_file_is_a_fault_of_the_server(short_dir: Path) -> None:
    with sidecar("decoder", short_dir) as decoder:
        decoder.hear(Ready)
        decoder.send(Decode("a", BytesRef(str(short_dir / "gone"), 0, 10), 60, 60, None, str(short_dir / "out")))
        failed = decoder.hear(Failed)
        assert failed.error.code == "internal"
        assert "cannot be read" in failed.error.message


def test_an_output_that_cannot_be_written_is_a_fault_of_the_server(short_dir: Path) -> None:
    write_wav(short_dir / "in", np.zeros(40 * 16_000))
    with sidecar("decoder", short_dir) as decoder:
        decoder.hear(Ready)
        size = (short_dir / "in").stat().st_size
        decoder.send(Decode("a", BytesRef(str(short_dir / "in"), 0, size), 60, 60, None, str(short_dir / "no" / "out")))
        error = decoder.hear(Failed).error
        assert error.code == "internal"
        assert error.message == "the decode step raised FileNotFoundError (the server's log says more)"
        last = json.loads((short_dir / "log").read_text().splitlines()[-1])
        assert (last["level"], last["id"], last["error"]) == ("error", "a", "FileNotFoundError")
        assert str(short_dir / "no" / "out") in last["detail"]
        assert "pcm.py" in last["traceback"]


def test_a_full_disk_is_overload_and_leaves_no_file(short_dir: Path) -> None:
    write_wav(short_dir / "in", np.zeros(60 * 16_000))
    size = (short_dir / "in").stat().st_size
    (short_dir / "out").symlink_to("/dev/full")
    with sidecar("decoder", short_dir) as decoder:
        decoder.hear(Ready)
        decoder.send(Decode("a", BytesRef(str(short_dir / "in"), 0, size), 100, 60, None, str(short_dir / "out")))
        error = decoder.hear(Failed).error
        assert (error.code, error.retryable) == ("overloaded", True)
        assert "no room left" in error.message
        assert not (short_dir / "out").is_symlink()


def test_too_little_memory_is_the_files_own_fault_only_where_it_is_decoded_alone(short_dir: Path) -> None:
    write_wav(short_dir / "in", np.zeros(60 * 16_000))
    size = (short_dir / "in").stat().st_size
    # A decode that goes on until someone reads what it writes.
    os.mkfifo(short_dir / "fifo")
    reader = os.open(short_dir / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    with sidecar("decoder", short_dir) as decoder, open(reader, "rb") as written:
        decoder.hear(Ready)
        decoder.send(Decode("long", BytesRef(str(short_dir / "in"), 0, size), 100, 60, None, str(short_dir / "fifo")))
        assert select.select([reader], [], [], PATIENCE_S)[0] == [reader]
        decoder.send(*decode("beside", greedy_wav(), short_dir / "out"))
        beside = decoder.hear(Failed, id="beside").error
        assert (beside.code, beside.retryable) == ("overloaded", True)
        os.set_blocking(reader, True)
        assert len(written.read()) == 60 * 32_000
        decoder.hear(Decoded, id="long")
        decoder.send(*decode("alone", greedy_wav(), short_dir / "out"))
        alone = decoder.hear(Failed, id="alone").error
        assert (alone.code, alone.retryable) == ("too_large", False)


def test_a_decode_is_cancelled(short_dir: Path) -> None:
    write_wav(short_dir / "in", np.zeros(3600 * 48_000), rate=48_000)
    size = (short_dir / "in").stat().st_size
    with sidecar("decoder", short_dir) as decoder:
        decoder.hear(Ready)
        decoder.send(Decode("a", BytesRef(str(short_dir / "in"), 0, size), 7200, 60, None, str(short_dir / "out")))
        decoder.send(Cancel("a"))
        assert decoder.hear(Failed).error.code == "cancelled"
        assert not (short_dir / "out").exists()


def test_pings_are_answered_while_it_decodes(short_dir: Path) -> None:
    write_wav(short_dir / "in", np.zeros(3600 * 16_000))
    size = (short_dir / "in").stat().st_size
    with sidecar("decoder", short_dir) as decoder:
        decoder.hear(Ready)
        decoder.send(Decode("a", BytesRef(str(short_dir / "in"), 0, size), 7200, 60, None, str(short_dir / "out")))
        decoder.send(Ping(1))
        decoder.hear(Pong)
        assert decoder.all_of(Decoded) == []
        decoder.hear(Decoded)


def test_a_decoder_takes_no_jobs(short_dir: Path) -> None:
    with sidecar("decoder", short_dir) as decoder:
        decoder.hear(Ready)
        decoder.send(*job("a", seconds=1))
        failed = decoder.hear(Failed)
        assert (failed.error.code, failed.error.message) == ("internal", "a sidecar of role 'decoder' got a 'job'")
