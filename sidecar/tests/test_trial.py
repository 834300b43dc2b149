"""One layout measured in a process of its own, as `doctor --tune` does."""

import json
import subprocess
import sys

import msgspec

from media import JFK
from plane import SOURCE, load, options


def test_a_trial_tells_times_memory_and_tokens() -> None:
    asked = [msgspec.json.encode(message).decode() for message in (load("tiny.en", workers=2), options(language="en"))]
    command = [sys.executable, "-m", "hum_sidecar.trial", *asked, str(JFK)]
    ran = subprocess.run(command, env={"PYTHONPATH": str(SOURCE)}, capture_output=True, check=True, timeout=120)
    told = json.loads(ran.stdout.splitlines()[-1])
    assert 0 < told["lone_s"] < told["busy_s"]
    assert told["rss_bytes"] > 50_000_000
    assert len(told["tokens"]) > 20
