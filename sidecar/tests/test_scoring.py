"""The vectors that control/src/bench/score is held against are still what the packages give."""

import json

import pytest

from scoring import GOLDEN, goldens

made = goldens()


@pytest.mark.parametrize("name", made)
def test_the_golden_vectors_are_what_the_packages_give(name: str) -> None:
    assert json.loads((GOLDEN / name).read_text()) == made[name]
