"""Structured logs: one JSON object a line on stderr, for the control plane to pass on. Never transcript text."""

import sys
from typing import Literal

import msgspec

Level = Literal["debug", "info", "warn", "error"]


def log(level: Level, msg: str, **fields: str | int | float | bool | None) -> None:
    """Write one line; `fields` say what it is about."""
    line = msgspec.json.encode({"level": level, "msg": msg, **fields})
    # One write, so that lines of several threads do not mix.
    sys.stderr.buffer.write(line + b"\n")
    sys.stderr.buffer.flush()
