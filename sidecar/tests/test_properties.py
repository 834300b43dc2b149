"""Whatever bytes come: the decoder raises nothing but HumError, and the codec nothing at all."""

import io
import time
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hum_sidecar.decoder import Budget, decode
from hum_sidecar.errors import HumError
from hum_sidecar.wire import Refused
from hum_sidecar.wire import decode as decode_header
from plane import job, load

EASY = settings(
    max_examples=500, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
SMALL = ("jfk.mp3", "jfk.m4a", "jfk.ogg", "jfk.webm", "jfk.flac", "jfk-mulaw-8k.wav")
HEADERS = [msgspec.msgpack.encode(message) for message in (load("fake:echo"), job("a", seconds=1)[0])]


def failure_of(content: bytes) -> HumError | None:
    try:
        decode(io.BytesIO(content), budget=Budget(60, 10), check=lambda: None, take=lambda _: None)
    except HumError as error:
        return error
    return None


def run(content: bytes) -> None:
    began = time.monotonic()
    failure = failure_of(content)
    assert time.monotonic() - began < 1
    if failure is not None:
        assert failure.stage == "decode"
        assert failure.code in ("bad_audio", "unsupported_format", "too_large")


@pytest.fixture(scope="module")
def heads(media_dir: Path) -> list[bytes]:
    """The first 20 kB of real files: what a demuxer reads before much is decoded."""
    return [(media_dir / name).read_bytes()[:20_000] for name in SMALL]


@given(st.binary(max_size=4_000))
@EASY
def test_500_random_files_are_refused_as_what_they_are(content: bytes) -> None:
    run(content)


@given(data=st.data())
@EASY
def test_500_damaged_files_are_decoded_in_part_or_refused(heads: list[bytes], data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(heads)))
    for _ in range(data.draw(st.integers(1, 20))):
        place = data.draw(st.integers(0, min(len(content), 2_000) - 1))
        content[place] = data.draw(st.integers(0, 255))
    run(bytes(content))


@given(st.binary(max_size=300))
@settings(EASY, max_examples=8_000)
def test_8000_random_headers_are_refused(header: bytes) -> None:
    assert isinstance(decode_header(header), Refused)


@given(data=st.data())
@settings(EASY, max_examples=2_000)
def test_2000_damaged_headers_are_messages_or_refused(data: st.DataObject) -> None:
    header = bytearray(data.draw(st.sampled_from(HEADERS)))
    for _ in range(data.draw(st.integers(1, 4))):
        header[data.draw(st.integers(0, len(header) - 1))] = data.draw(st.integers(0, 255))
    decode_header(bytes(header))
