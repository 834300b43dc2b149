"""What happens to a decode where a process may have no more memory."""

import subprocess
import sys
from pathlib import Path

from plane import SOURCE


def test_too_little_memory_is_no_fault_of_the_media_and_the_next_file_is_decoded(media_dir: Path) -> None:
    """In a process of its own, since the limit holds for the whole process."""
    program = """
import io, resource, sys
from hum_sidecar.decoder import Budget, decode
from hum_sidecar.memory import limit_growth

with open(sys.argv[1], "rb") as file:
    media = file.read()

def run():
    return decode(io.BytesIO(media), budget=Budget(60, 60), check=lambda: None, take=lambda pcm: None)

# PyAV imports parts of itself with the first file, and has other errors where these cannot be had.
run()
before = resource.getrlimit(resource.RLIMIT_AS)
# Left over for PyAV, which does not look whether its own few kilobytes were to be had, and dies where they were not.
spare = bytes(256 << 10)
assert limit_growth(0)
hog = []
try:
    while True:
        hog.append(bytes(1 << 20))
except MemoryError:
    pass
del spare
try:
    run()
except MemoryError:
    code = "MemoryError"
hog.clear()
resource.setrlimit(resource.RLIMIT_AS, before)
print(code, run().samples)
"""
    result = subprocess.run(
        [sys.executable, "-c", program, str(media_dir / "jfk-stereo-44k.wav")],
        env={"PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert result.stdout.split() == ["MemoryError", "176000"], result.stderr
