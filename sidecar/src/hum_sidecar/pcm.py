"""Where decoded PCM goes: a payload frame while it is small, a file from the first byte that does not fit."""

import os
from io import BufferedWriter

from hum_sidecar.messages import MAX_PAYLOAD_BYTES, BytesRef


class PcmOutput:
    """Takes PCM piece by piece; ends with exactly one of `finish` and `discard`."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._held = bytearray()
        self._file: BufferedWriter | None = None
        self._length = 0

    def write(self, pcm: bytes) -> None:
        self._length += len(pcm)
        if self._file is None and self._length > MAX_PAYLOAD_BYTES:
            self._file = open(self._path, "wb")  # noqa: SIM115 - finish() and discard() own it
            self._file.write(self._held)
            self._held.clear()
        if self._file is None:
            self._held += pcm
        else:
            self._file.write(pcm)

    def finish(self) -> tuple[BytesRef, bytes | None]:
        """Where the PCM lies, and the payload frame if it lies there."""
        if self._file is None:
            return BytesRef(None, 0, self._length), bytes(self._held)
        self._file.close()
        return BytesRef(self._path, 0, self._length), None

    def discard(self) -> None:
        if self._file is not None:
            self._file.close()
            os.unlink(self._path)
