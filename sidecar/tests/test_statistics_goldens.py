"""The goldens of the benchmark's statistics are what scipy says today."""

# JSON values are what they are.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

import json
from typing import Any

import pytest

from statistics_goldens import FILE, goldens


def flat(value: Any, path: str = "") -> dict[str, Any]:
    """Every leaf by its path."""
    if not isinstance(value, (dict, list)):
        return {path: value}
    items: Any = value.items() if isinstance(value, dict) else enumerate(value)
    return {leaf: found for key, item in items for leaf, found in flat(item, f"{path}/{key}").items()}


def test_the_goldens_are_what_scipy_says() -> None:
    # Processors differ in the last digits.
    assert flat(json.loads(FILE.read_text())) == pytest.approx(flat(goldens()), rel=1e-9, abs=1e-12)
