"""Frames on a socket: the only importer of zmq and of msgspec.msgpack."""

import math
import os
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

import msgspec
import zmq

from hum_sidecar.messages import FromSidecar, ToSidecar

# Far above what credit allows to be under way, so that only a control plane that stopped reading fills it.
_HIGH_WATER_MARK = 1000
# Over the largest payload with room to spare: a larger frame is no message of ours, and ZeroMQ drops the connection.
_MAX_FRAME_BYTES = 8 * 1024 * 1024
_LINGER_MS = 1000

_decoder = msgspec.msgpack.Decoder(ToSidecar)
_encoder = msgspec.msgpack.Encoder()


class _Envelope(msgspec.Struct):
    """What can still be read of a header that is no message."""

    type: str
    id: str = ""
    attempt: int = 0


_envelope_decoder = msgspec.msgpack.Decoder(_Envelope)


@dataclass(frozen=True)
class Refused:
    """A header frame that is no message of ours: why, and whose it would have been."""

    reason: Literal["unpack", "type", "field"]
    detail: str
    type: str | None = None
    id: str | None = None
    attempt: int = 0


@dataclass(frozen=True)
class Incoming:
    """One message with its payload frame, if it had one."""

    message: ToSidecar
    payload: bytes | None


def encode(message: FromSidecar) -> bytes:
    """A message as a header frame."""
    return _encoder.encode(message)


def decode(header: bytes) -> ToSidecar | Refused:
    """A header frame as a message; never raises, whatever the bytes are."""
    try:
        return _decoder.decode(header)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        detail = str(error)
    try:
        envelope = _envelope_decoder.decode(header)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Refused("unpack", detail)
    reason = "type" if detail.startswith("Invalid value") and detail.endswith("`$.type`") else "field"
    return Refused(reason, detail, envelope.type, envelope.id or None, envelope.attempt)


class Dealer:
    """The sidecar's one socket, and a pipe that lets other threads wake the one that owns it."""

    def __init__(self, endpoint: str, *, identity: str) -> None:
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.DEALER)
        self._socket.setsockopt(zmq.ROUTING_ID, identity.encode())
        self._socket.setsockopt(zmq.SNDHWM, _HIGH_WATER_MARK)
        self._socket.setsockopt(zmq.RCVHWM, _HIGH_WATER_MARK)
        self._socket.setsockopt(zmq.MAXMSGSIZE, _MAX_FRAME_BYTES)
        self._socket.setsockopt(zmq.LINGER, _LINGER_MS)
        self._woken, self._waker = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(self._waker, False)
        self._poller = zmq.Poller()
        self._poller.register(self._woken, zmq.POLLIN)
        self._poller.register(self._socket, zmq.POLLIN)
        self._socket.connect(endpoint)

    def wake(self) -> None:
        """Make `wait` return; the one method for any thread and for signal handlers."""
        with suppress(BlockingIOError):  # A full pipe holds wake-ups enough.
            os.write(self._waker, b"!")

    def wait(self, timeout_s: float | None, *, writable: bool) -> None:
        """Until a message, a wake-up, the time-out or, if asked, room to send."""
        self._poller.modify(self._socket, zmq.POLLIN | zmq.POLLOUT if writable else zmq.POLLIN)
        ready = dict(self._poller.poll(None if timeout_s is None else math.ceil(max(0, timeout_s) * 1000)))
        if self._woken in ready:
            os.read(self._woken, 4096)

    def receive(self) -> Incoming | Refused | None:
        """The next message; None when there is none now."""
        try:
            frames = self._socket.recv_multipart(zmq.NOBLOCK)
        except zmq.Again:
            return None
        if len(frames) > 2:
            return Refused("unpack", f"{len(frames)} frames; a message has a header and at most one payload frame")
        message = decode(frames[0])
        if isinstance(message, Refused):
            return message
        return Incoming(message, frames[1] if len(frames) == 2 else None)

    def send(self, frames: list[bytes]) -> bool:
        """False when there is no room now."""
        try:
            self._socket.send_multipart(frames, zmq.NOBLOCK)
        except zmq.Again:
            return False
        return True

    def close(self) -> None:
        """Waits a moment for what was sent to leave."""
        self._socket.close()
        self._context.term()
        # The pipe stays open: a worker may still wake what is no longer there, and its number must mean nothing else.
