"""What a process gives back when it rests, and when that is."""

import os
import subprocess
import sys

import pytest

from hum_sidecar.rest import Rest
from plane import SOURCE

# As layout.ts sets them: blocks stay in the heap when they are freed.
KEEPING = "glibc.malloc.arena_max=1:glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=536870912"

# Half of the blocks are kept, so that the free ones lie between them and not at the end of the heap.
PROGRAM = """
import numpy as np
from hum_sidecar.memory import give_back, resident_bytes
blocks = [np.ones(1 << 20) for _ in range(40)]
kept = blocks[::2]
del blocks
before = resident_bytes()
give_back()
print(before - resident_bytes(), kept[0][0])
"""


@pytest.mark.skipif("CS_GNU_LIBC_VERSION" not in os.confstr_names, reason="only glibc keeps what was freed")
def test_what_was_freed_between_other_blocks_goes_back_where_glibc_kept_it() -> None:
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "GLIBC_TUNABLES": KEEPING}
    program = [sys.executable, "-c", PROGRAM]
    said = subprocess.run(program, env=environment, capture_output=True, text=True, check=True).stdout
    # 20 blocks of 8 MiB.
    assert int(said.split()[0]) > 150_000_000


def test_it_gives_back_once_after_each_time_of_work() -> None:
    rest = Rest(after_s=10)
    assert (rest.due_at(), rest.take(1000)) == (None, False)
    rest.begin(5)
    assert (rest.due_at(), rest.take(14.9), rest.take(15), rest.take(16)) == (15, False, True, False)
    rest.begin(20)
    rest.end()
    assert (rest.due_at(), rest.take(1000)) == (None, False)
