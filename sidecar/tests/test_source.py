"""A region of a file as a stream: every byte of it, however little the system gives at once."""

import os
import subprocess
import sys
from pathlib import Path

from hum_sidecar.source import Region


def test_a_read_goes_on_where_the_system_gives_less_than_asked() -> None:
    """As it does beyond 2 GiB. The kernel gives this list of a waiting process's memory about a page at a time."""
    with subprocess.Popen(
        [sys.executable, "-c", "import av; print(flush=True); input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        path = Path(f"/proc/{process.pid}/maps")
        whole = path.read_bytes()
        with path.open("rb") as file:
            assert len(os.pread(file.fileno(), len(whole), 0)) < len(whole)
        with Region(str(path), offset=100, length=len(whole) - 200) as region:
            assert region.read() == whole[100:-100]
            assert region.read() == b""
        process.stdin.write(b"\n")


def test_a_read_ends_with_the_region_and_with_the_file(tmp_path: Path) -> None:
    (tmp_path / "audio").write_bytes(b"0123456789")
    with Region(str(tmp_path / "audio"), offset=2, length=5) as region:
        assert [region.read(3), region.read(3), region.read()] == [b"234", b"56", b""]
    with Region(str(tmp_path / "audio"), offset=8, length=100) as region:
        assert region.read() == b"89"
    with Region(str(tmp_path / "audio"), offset=2, length=5) as region:
        buffer = bytearray(8)
        counts = [region.readinto(memoryview(buffer)[:3]), region.readinto(memoryview(buffer)[3:])]
        assert (counts, bytes(buffer), region.tell()) == ([3, 2], b"23456\0\0\0", 5)
