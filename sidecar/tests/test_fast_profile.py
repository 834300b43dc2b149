"""What the `fast` profile costs in words and saves in work, on speech that it was not tuned on."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from plane import SOURCE
from prompts import LANGUAGES, held_out, tuned_on

# One word more or less is 0.3 percentage points here; `npm run bench:fast` asks five times as many clips.
CLIPS = 8


@pytest.mark.system
def test_on_45_held_out_clips_it_adds_one_percentage_point_of_word_errors_at_most_for_half_the_work() -> None:
    program = [sys.executable, str(Path(__file__).with_name("fast_profile.py")), "--json", "--clips", str(CLIPS)]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    said = subprocess.run(program, env=environment, capture_output=True, text=True, check=True).stdout
    found = json.loads(said.splitlines()[-1])
    assert found["clips"] == 45
    assert found["wer_difference"] <= 0.01
    assert found["cpu_ratio"] <= 0.5


@pytest.mark.system
def test_no_clip_is_both_tuned_on_and_held_out() -> None:
    for language in LANGUAGES:
        tuned, held = tuned_on(language), held_out(language)
        assert len(tuned) == 80
        assert len(held) >= 90
        assert not set(tuned) & set(held)
