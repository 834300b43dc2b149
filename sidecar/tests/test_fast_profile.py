"""What the `fast` profile costs in words and saves in work, on speech that it was not tuned on."""

import pytest

from fast_profile import compare, cpu_ratio, one_thread_engine, wer_difference
from prompts import LANGUAGES, held_out, librivox, tuned_on

# One word more or less is 0.3 percentage points here; `npm run bench:fast` asks five times as many clips.
CLIPS = 8


@pytest.mark.system
def test_on_45_held_out_clips_it_adds_one_percentage_point_of_word_errors_at_most_for_half_the_work() -> None:
    clips = [*librivox(), *(clip for language in LANGUAGES for clip in held_out(language)[:CLIPS])]
    assert len(clips) == 45
    found = compare(one_thread_engine(), clips)
    assert wer_difference(found) <= 0.01
    assert cpu_ratio(found) <= 0.5


@pytest.mark.system
def test_no_clip_is_both_tuned_on_and_held_out() -> None:
    for language in LANGUAGES:
        tuned, held = tuned_on(language), held_out(language)
        assert len(tuned) == 80
        assert len(held) >= 90
        assert not set(tuned) & set(held)
