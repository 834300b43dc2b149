"""Structured logs: one JSON object a line on stderr, for the control plane to pass on. Never transcript text."""

import sys
import traceback
from typing import Literal

import msgspec

Level = Literal["debug", "info", "warn", "error"]


def log(level: Level, msg: str, **fields: str | int | float | bool | None) -> None:
    """Write one line; `fields` say what it is about."""
    line = msgspec.json.encode({"level": level, "msg": msg, **fields})
    # One write, so that lines of several threads do not mix.
    sys.stderr.buffer.write(line + b"\n")
    sys.stderr.buffer.flush()


def log_raised(msg: str, error: Exception, **fields: str | int | float | bool | None) -> None:
    """An exception in full, with its causes: what `without_details` leaves out."""
    trace = "".join(traceback.format_exception(error))
    log("error", msg, **fields, error=type(error).__name__, detail=str(error), traceback=trace)
