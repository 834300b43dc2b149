"""Where decoded PCM goes when it cannot be written; the rest is shown by test_decoding.py over the wire."""

import errno
import resource
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hum_sidecar.messages import MAX_PAYLOAD_BYTES
from hum_sidecar.pcm import PcmOutput


@contextmanager
def largest_file(size: int) -> Generator[None]:
    """A limit of the kernel's, so that writing fails in the middle of a file."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_write_that_fails_says_so_at_once_and_leaves_no_file(tmp_path: Path) -> None:
    output = PcmOutput(str(tmp_path / "out"))
    output.write(bytes(MAX_PAYLOAD_BYTES))
    with largest_file(MAX_PAYLOAD_BYTES):
        with pytest.raises(OSError, match="large") as raised:
            output.write(bytes(2))
        assert raised.value.errno == errno.EFBIG
        assert (tmp_path / "out").stat().st_size == MAX_PAYLOAD_BYTES
        output.discard()
    assert not (tmp_path / "out").exists()
