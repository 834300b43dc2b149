"""A tethered program with real processes: it does not outlive whoever started it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from plane import SOURCE

ENVIRONMENT = {"PYTHONPATH": str(SOURCE), "PATH": os.environ["PATH"]}
TETHER = [sys.executable, "-m", "hum_sidecar.tether", "--"]
WATCH = [
    sys.executable,
    "-c",
    "import sys; from hum_sidecar.tether import watch; sys.exit(watch(sys.argv[1:], grace_s=0.2))",
]

# Starts the given command with a pipe for stdin, tells its pid, and lives until it is killed.
PARENT = """
import subprocess, sys, time
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, start_new_session=True)
print(child.pid, flush=True)
time.sleep(600)
"""

# Tells its pid in a file and ignores nothing but what it is asked to.
SLEEPER = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(600)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEPER


def alive(pid: int) -> bool:
    """Zombies do not count: nobody may be there to reap them."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until_gone(pid: int, *, timeout_s: float) -> None:
    until = time.monotonic() + timeout_s
    while alive(pid):
        assert time.monotonic() < until, f"process {pid} still lives"
        time.sleep(0.01)


def pid_in(file: Path) -> int:
    until = time.monotonic() + 10
    while not (file.exists() and file.read_text()):
        assert time.monotonic() < until, "the program did not start"
        time.sleep(0.01)
    return int(file.read_text())


@pytest.mark.parametrize("tether", [TETHER, WATCH], ids=["exec", "watch"])
def test_the_program_ends_when_the_parent_is_killed(tmp_path: Path, tether: list[str]) -> None:
    command = [*tether, sys.executable, "-c", SLEEPER, str(tmp_path / "pid")]
    with subprocess.Popen([sys.executable, "-c", PARENT, *command], env=ENVIRONMENT, stdout=subprocess.PIPE) as parent:
        program = pid_in(tmp_path / "pid")
        assert alive(program)
        parent.send_signal(signal.SIGKILL)
        wait_until_gone(program, timeout_s=2)


def test_it_becomes_the_program_so_that_its_pid_is_the_programs(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.fail("elsewhere `watch` stands in; this suite runs on Linux")
    command = [*TETHER, sys.executable, "-c", SLEEPER, str(tmp_path / "pid")]
    with subprocess.Popen(command, env=ENVIRONMENT, stdin=subprocess.PIPE) as child:
        assert pid_in(tmp_path / "pid") == child.pid
        child.terminate()
        assert child.wait(5) == -signal.SIGTERM


def test_a_parent_that_died_before_the_promise_is_noticed(tmp_path: Path) -> None:
    read_end, write_end = os.pipe()
    os.close(write_end)
    command = [*TETHER, sys.executable, "-c", SLEEPER, str(tmp_path / "pid")]
    child = subprocess.run(command, env=ENVIRONMENT, stdin=read_end, timeout=10, check=False)
    os.close(read_end)
    assert child.returncode == 1
    assert not (tmp_path / "pid").exists()


def test_a_watched_program_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    command = [*WATCH, sys.executable, "-c", STUBBORN, str(tmp_path / "pid")]
    with subprocess.Popen(command, env=ENVIRONMENT, stdin=subprocess.PIPE) as child:
        program = pid_in(tmp_path / "pid")
        child.terminate()
        assert child.wait(5) == 128 + signal.SIGKILL
        assert not alive(program)


def test_a_watched_programs_exit_code_is_the_watchers() -> None:
    command = [*WATCH, sys.executable, "-c", "raise SystemExit(7)"]
    with subprocess.Popen(command, env=ENVIRONMENT, stdin=subprocess.PIPE) as child:
        assert child.wait(10) == 7


def test_a_command_is_required() -> None:
    result = subprocess.run(TETHER, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "usage" in result.stderr
