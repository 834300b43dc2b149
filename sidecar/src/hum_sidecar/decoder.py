"""Untrusted media to 16 kHz mono s16le PCM, under limits, with the very samples of faster_whisper.decode_audio."""

import io
import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import NoReturn

import av
import av.error
from av.audio.fifo import AudioFifo
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.container import InputContainer

from hum_sidecar.errors import HumError
from hum_sidecar.messages import ErrorCode, RawPcm
from hum_sidecar.source import Region

SAMPLE_RATE = 16_000
BYTES_PER_SAMPLE = 2

# FFmpeg's demuxers that may open a file, and what we call them. None of them reads a second file.
DEMUXERS = {
    "wav": "wav",
    "mp3": "mp3",
    "mov,mp4,m4a,3gp,3g2,mj2": "mp4",
    "ogg": "ogg",
    "matroska,webm": "matroska",
    "flac": "flac",
    "aac": "aac",
}
ACCEPTED = "wav, mp3, mp4, m4a, ogg, webm, matroska, flac or aac"

# Beyond these a few bytes of input become gigabytes of samples in one step of the resampler.
MIN_RATE, MAX_RATE = 4_000, 384_000
MAX_CHANNELS = 8

# As in faster_whisper.audio: the resampler's output depends on how its input is cut.
_GROUP_SAMPLES = 500_000

# How files begin that FFmpeg may know and we do not take, to tell them from bytes that are no media at all.
_FOREIGN = (
    (0, b"#EXTM3U", "a playlist"),
    (0, b"ffconcat", "a concat script"),
    (0, b"\x89PNG", "a PNG image"),
    (0, b"\xff\xd8\xff", "a JPEG image"),
    (0, b"GIF8", "a GIF image"),
    (8, b"WEBP", "a WebP image"),
    (8, b"AIFF", "AIFF"),
    (8, b"AIFC", "AIFF"),
    (8, b"AVI ", "AVI"),
    (0, b"\x30\x26\xb2\x75", "ASF (wma, wmv)"),
    (0, b"FLV\x01", "FLV"),
    (0, b"#!AMR", "AMR"),
    (0, b"caff", "CAF"),
    (0, b".snd", "AU"),
    (0, b"wvpk", "WavPack"),
)


@dataclass(frozen=True)
class Media:
    """What was decoded."""

    container: str
    samples: int


@dataclass(frozen=True)
class Budget:
    """What one file may take."""

    duration_s: float
    # Processor time of the thread that decodes.
    cpu_s: float


def decode(
    source: io.BytesIO | Region,
    *,
    budget: Budget,
    check: Callable[[], None],
    take: Callable[[bytes], None],
    raw: RawPcm | None = None,
    running: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> Media:
    """
    Hand all PCM to `take`, piece by piece, calling `check` before each piece; `running` surrounds every step that goes
    into FFmpeg. `raw` says what headerless samples are.

    Raises HumError: bad_audio, unsupported_format, or too_large as soon as the budget is spent, and before anything is
    decoded where the file itself says that it lasts longer; MemoryError where this process may have no more.
    """
    max_samples = int(budget.duration_s * SAMPLE_RATE)
    samples = 0
    began = time.thread_time()
    try:
        with running():
            container = _open(source, raw)
        with container:
            if not container.streams.audio:
                raise _error("bad_audio", "the file has no audio stream; it needs one")
            limits = _limits(source, container, budget)
            pieces = _resampled(_grouped(_valid(_watched(container.decode(audio=0), limits))))
            while True:
                check()
                with running():
                    piece = next(pieces, None)
                if piece is None:
                    break
                samples += piece.samples
                if samples > max_samples:
                    raise _too_long(budget)
                if time.thread_time() - began > budget.cpu_s:
                    message = f"the file takes more than {budget.cpu_s:g} s of processor time to decode"
                    raise _error("too_large", message)
                take(bytes(piece.planes[0])[: piece.samples * BYTES_PER_SAMPLE])
            name = container.format.name
    except MemoryError:
        # PyAV's is an FFmpegError too.
        raise
    except (av.error.FFmpegError, ValueError) as error:
        raise _error("bad_audio", f"the file is damaged and cannot be decoded: {_reason(error)}") from error
    if samples == 0:
        raise _error("bad_audio", "the file has no audio in it; it is empty or damaged from its start")
    return Media("raw" if raw is not None else DEMUXERS.get(name, name), samples)


def _open(source: io.BytesIO | Region, raw: RawPcm | None) -> InputContainer:
    names = ",".join(DEMUXERS) if raw is None else raw.encoding
    demuxer = {} if raw is None else {"sample_rate": str(raw.sample_rate), "ch_layout": f"{raw.channels}C"}
    try:
        return av.open(
            source,
            mode="r",
            format=None if raw is None else raw.encoding,
            metadata_errors="ignore",
            container_options={"format_whitelist": names, **demuxer},
            io_open=_open_nothing,
        )
    except MemoryError:
        raise
    except (av.error.FFmpegError, ValueError) as error:
        source.seek(0)
        head = source.read(16)
        for offset, magic, name in _FOREIGN:
            if head[offset:].startswith(magic):
                raise _error("unsupported_format", f"the file is {name}; it must be {ACCEPTED}") from error
        # FFmpeg's answer where a demuxer was found that is not on the list.
        if isinstance(error, av.error.ArgumentError):
            message = f"the file is in a container that is not accepted; it must be {ACCEPTED}"
            raise _error("unsupported_format", message) from error
        if not head:
            raise _error("bad_audio", f"the file is empty; it must be {ACCEPTED}") from error
        message = f"the file is no audio that can be read ({_reason(error)}); it must be {ACCEPTED}"
        raise _error("bad_audio", message) from error


# Speech takes 750 bytes a second at least, in Opus. Silence may take less, and then a file says how long it lasts.
_LEAST_BYTES_PER_S = 500
# What a wrong estimate or a last block may add to what a header says.
_GRACE_S = 60


@dataclass(frozen=True)
class Limits:
    """When a file is given up while it is decoded."""

    budget: Budget
    # Beyond this the file has lied about itself, and holds next to nothing for the time that it lasts.
    plausible_s: float


def _limits(source: io.BytesIO | Region, container: InputContainer, budget: Budget) -> Limits:
    """
    Raises too_large where the file itself says that it lasts too long: the cheapest refusal. For some formats it is an
    estimate, so that only twice too long counts here.
    """
    if container.duration is None:
        return Limits(budget, math.inf)
    declared_s = container.duration / av.time_base
    if declared_s > 2 * budget.duration_s:
        raise _too_long(budget)
    position = source.tell()
    size = source.seek(0, os.SEEK_END)
    source.seek(position)
    return Limits(budget, max(2 * declared_s + _GRACE_S, size / _LEAST_BYTES_PER_S))


def _open_nothing(url: str, _flags: int, _options: dict[str, str]) -> NoReturn:
    """Where a demuxer would open another file or address that this one names."""
    raise PermissionError(f"the file refers to '{url}'; it must stand alone")


def _watched(frames: Iterator[AudioFrame], limits: Limits) -> Iterator[AudioFrame]:
    """Limits that must hold before the resampler sees a frame."""
    heard_s = 0.0
    for frame in frames:
        if not MIN_RATE <= frame.sample_rate <= MAX_RATE:
            message = f"the sample rate is {frame.sample_rate} Hz; it must be {MIN_RATE} to {MAX_RATE}"
            raise _error("unsupported_format", message)
        channels = len(frame.layout.channels)
        if channels > MAX_CHANNELS:
            raise _error("unsupported_format", f"the audio has {channels} channels; it may have {MAX_CHANNELS}")
        heard_s += frame.samples / frame.sample_rate
        # A second of grace for rounding: decode() counts the samples that come out exactly.
        if heard_s > limits.budget.duration_s + 1:
            raise _too_long(limits.budget)
        if heard_s > limits.plausible_s:
            message = f"the file lasts more than {heard_s:.0f} s, which it neither says nor has the bytes for"
            raise _error("bad_audio", message)
        yield frame


def _valid(frames: Iterator[AudioFrame]) -> Iterator[AudioFrame]:
    """Damage in mid-stream ends the audio there, as it does in faster_whisper."""
    try:
        yield from frames
    except av.error.InvalidDataError:
        return


def _grouped(frames: Iterator[AudioFrame]) -> Iterator[AudioFrame]:
    fifo = AudioFifo()
    for frame in frames:
        frame.pts = None  # Gaps between time stamps are not filled.
        fifo.write(frame)
        if fifo.samples >= _GROUP_SAMPLES:
            yield from _rest(fifo)
    if fifo.samples > 0:
        yield from _rest(fifo)


def _rest(fifo: AudioFifo) -> Iterator[AudioFrame]:
    frame = fifo.read()
    if frame is not None:
        yield frame


def _resampled(frames: Iterator[AudioFrame]) -> Iterator[AudioFrame]:
    resampler = AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
    for frame in frames:
        yield from resampler.resample(frame)
    yield from resampler.resample(None)


def _reason(error: Exception) -> str:
    """FFmpeg's words without the file's name, which is a placeholder."""
    text = error.strerror if isinstance(error, av.error.FFmpegError) else None
    return (text or str(error)).lower()


def _error(code: ErrorCode, message: str) -> HumError:
    return HumError(code, message, stage="decode")


def _too_long(budget: Budget) -> HumError:
    return _error("too_large", f"the audio is longer than {budget.duration_s:g} s; send it in shorter parts")
