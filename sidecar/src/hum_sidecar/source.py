"""Where a job's bytes lie: its payload frame, or a region of a file, both as one seekable stream."""

import io
import os
from typing import TYPE_CHECKING

from hum_sidecar.errors import HumError
from hum_sidecar.messages import BytesRef, Stage

if TYPE_CHECKING:
    from typing_extensions import Buffer


class Region(io.RawIOBase):
    """A part of a file as a stream of its own. It has no name on purpose: FFmpeg would guess the format by it."""

    def __init__(self, path: str, *, offset: int, length: int) -> None:
        super().__init__()
        self._file = open(path, "rb", buffering=0)  # noqa: SIM115 - close() below owns it
        self._offset = offset
        self._length = length
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._length}[whence]
        if base + offset < 0:
            raise OSError(22, f"seek to {base + offset}; a stream begins at 0")
        self._position = base + offset
        return self._position

    def read(self, size: int = -1, /) -> bytes:
        left = max(0, self._length - self._position)
        wanted = left if size < 0 else min(size, left)
        pieces: list[bytes] = []
        # One call may give less than there is, and never more than 2 GiB.
        while wanted > 0 and (piece := os.pread(self._file.fileno(), wanted, self._offset + self._position)):
            pieces.append(piece)
            self._position += len(piece)
            wanted -= len(piece)
        return b"".join(pieces)

    def readinto(self, buffer: "Buffer", /) -> int:
        left = max(0, self._length - self._position)
        count = os.preadv(self._file.fileno(), [memoryview(buffer)[:left]], self._offset + self._position)
        self._position += count
        return count

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


def open_source(audio: BytesRef, payload: bytes | None, *, stage: Stage) -> io.BytesIO | Region:
    """The bytes that `audio` means. Raises where they are not there in full: a shorter transcript would be a lie."""
    if audio.path is None:
        if payload is None:
            raise HumError("internal", "the message names no file and has no payload frame; it needs one", stage=stage)
        if len(payload) != audio.length:
            message = f"the payload frame has {len(payload)} bytes; the header says {audio.length}"
            raise HumError("internal", message, stage=stage)
        return io.BytesIO(payload)
    try:
        size = os.stat(audio.path).st_size
        if size < audio.offset + audio.length:
            message = f"the audio file has {size} bytes; the header needs {audio.offset + audio.length}"
            raise HumError("internal", message, stage=stage)
        return Region(audio.path, offset=audio.offset, length=audio.length)
    except OSError as error:
        raise HumError("internal", f"the audio file cannot be read: {error.strerror}", stage=stage) from error
