"""Where decoded PCM goes: a payload frame while it is small, a file from the first byte that does not fit."""

import errno
import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from io import BufferedWriter

from hum_sidecar.errors import HumError
from hum_sidecar.messages import MAX_PAYLOAD_BYTES, BytesRef


class PcmOutput:
    """Takes PCM piece by piece; ends with exactly one of `finish` and `discard`."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._held = bytearray()
        self._file: BufferedWriter | None = None
        self._length = 0

    def write(self, pcm: bytes) -> None:
        """Raises HumError `overloaded` where there is no room left."""
        self._length += len(pcm)
        if self._length <= MAX_PAYLOAD_BYTES:
            self._held += pcm
            return
        with _room_needed():
            if self._file is None:
                self._file = open(self._path, "wb")  # noqa: SIM115 - finish() and discard() own it
                self._file.write(self._held)
                self._held.clear()
            self._file.write(pcm)
            # So that a full disk shows here, and not when the file is closed.
            self._file.flush()

    def finish(self) -> tuple[BytesRef, bytes | None]:
        """Where the PCM lies, and the payload frame if it lies there."""
        if self._file is None:
            return BytesRef(None, 0, self._length), bytes(self._held)
        self._file.close()
        return BytesRef(self._path, 0, self._length), None

    def discard(self) -> None:
        if self._file is not None:
            # Closing tries once more to write what a failed write has left.
            with suppress(OSError):
                self._file.close()
            os.unlink(self._path)


@contextmanager
def _room_needed() -> Generator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        message = "there is no room left to keep the decoded audio; try again later"
        raise HumError("overloaded", message, stage="decode") from error
