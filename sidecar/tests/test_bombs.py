"""Media that is meant to hurt, in a real decoder process: refused soon, with little memory, and nobody is called."""

import random
import socket
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

import bombs
import media
from hum_sidecar.messages import BytesRef, Decode, Decoded, ErrorCode, Failed, Ready
from plane import Sidecar, sidecar

MAX_DURATION_S = 14_400
MAX_CPU_S = 120
REFUSED_WITHIN_S = 2.0
MAX_GROWTH_BYTES = 300 * 1024 * 1024


@contextmanager
def decoder(short_dir: Path) -> Generator[Sidecar]:
    """A decoder process whose memory must not grow by more than a bomb may cost."""
    with sidecar("decoder", short_dir) as process:
        process.hear(Ready)
        before = peak_bytes(process.process.pid)
        yield process
        assert peak_bytes(process.process.pid) - before < MAX_GROWTH_BYTES


def peak_bytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def ask(process: Sidecar, content: bytes, short_dir: Path, *, name: str) -> Failed | Decoded:
    """The answer for media as a file, as large uploads come; it must come soon."""
    path = short_dir / "upload"
    path.write_bytes(content)
    audio = BytesRef(str(path), 0, len(content))
    began = time.monotonic()
    process.send(Decode("bomb", audio, MAX_DURATION_S, MAX_CPU_S, None, str(short_dir / "out")))
    while not isinstance(answer := process.listen(), (Failed, Decoded)):
        pass
    assert time.monotonic() - began < REFUSED_WITHIN_S, name
    return answer


def bombs_of(directory: Path) -> dict[str, tuple[bytes, set[ErrorCode]]]:
    """What is refused, and as what."""
    return {
        "8.7 hours of Opus in 0.5 MB": (bombs.opus(31_319), {"too_large"}),
        "8.7 hours of Opus that says a minute": (bombs.opus(31_319, declared_s=60), {"bad_audio"}),
        "3.9 hours of Opus that says a second": (bombs.opus(14_000, declared_s=1), {"bad_audio"}),
        "a rate of 1 Hz": (bombs.wav(rate=1), {"unsupported_format", "too_large"}),
        "a rate of 4 GHz": (bombs.wav(rate=0xFFFF_FFF0), {"unsupported_format", "bad_audio"}),
        "192 channels": (bombs.wav(channels=192), {"unsupported_format"}),
        "65535 channels": (bombs.wav(channels=0xFFFF), {"unsupported_format", "bad_audio"}),
        "no duration": (bombs.wav(data=b""), {"bad_audio"}),
        "a forged description of 1.5 GiB": (media.greedy_wav(), {"bad_audio", "too_large"}),
        "an hour-long frame in MP4": (bombs.mp4(directory, sample_delta=0x7FFF_FFFF), {"too_large", "bad_audio"}),
    }


def liars_of(directory: Path) -> dict[str, bytes]:
    """What lies and still holds speech: as faster-whisper does, what is there is decoded."""
    return {
        "WAV that says 4 GB": bombs.wav(declared=0xFFFF_FFFF),
        "FLAC that says 2 samples": bombs.flac(directory, total_samples=2),
        "Matroska with a cluster of 2^48 bytes": bombs.matroska(directory),
    }


def test_10_bombs_are_refused_within_2_s_and_300_mb(short_dir: Path, tmp_path: Path) -> None:
    files = bombs_of(tmp_path)
    assert len(files) == 10
    with decoder(short_dir) as process:
        for name, (content, codes) in files.items():
            answer = ask(process, content, short_dir, name=name)
            assert isinstance(answer, Failed), name
            assert answer.error.code in codes, (name, answer.error)
        assert not (short_dir / "out").exists()


def test_3_liars_are_decoded_or_refused_within_2_s_and_300_mb(short_dir: Path, tmp_path: Path) -> None:
    files = liars_of(tmp_path)
    assert len(files) == 3
    with decoder(short_dir) as process:
        for name, content in files.items():
            answer = ask(process, content, short_dir, name=name)
            if isinstance(answer, Failed):
                assert answer.error.code in ("bad_audio", "too_large"), (name, answer.error)
            else:
                assert 0 < answer.duration_s < 12, name


def test_20_files_that_name_others_are_refused_and_nobody_is_called(short_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, decoder(short_dir) as process:
        listener.setblocking(False)
        files = bombs.playlists(f"http://127.0.0.1:{listener.getsockname()[1]}/")
        assert len(files) == 20
        for name, content in files.items():
            answer = ask(process, content, short_dir, name=name)
            assert isinstance(answer, Failed), name
            assert answer.error.code in ("bad_audio", "unsupported_format"), (name, answer.error)
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_12_formats_cut_at_8_places_each_end_in_samples_or_a_typed_failure(short_dir: Path, media_dir: Path) -> None:
    files = [path for path in sorted(media_dir.glob("jfk*")) if path.suffix not in (".aiff", ".avi")][:12]
    assert len(files) == 12
    cut = random.Random(16)
    with decoder(short_dir) as process:
        for path in files:
            content = path.read_bytes()
            for _ in range(8):
                answer = ask(process, content[: cut.randrange(1, len(content))], short_dir, name=path.name)
                if isinstance(answer, Failed):
                    assert answer.error.code in ("bad_audio", "unsupported_format"), (path.name, answer.error)
                else:
                    assert 0 < answer.duration_s < 12, path.name
