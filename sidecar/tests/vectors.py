"""The wire's vectors: reads proto/vectors, and writes their .msgpack files anew: `python sidecar/tests/vectors.py`."""

# JSON values are what they are.
# pyright: reportUnknownVariableType=false

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

PROTO = Path(__file__).parents[2] / "proto"
GOLDEN = PROTO / "vectors" / "golden"
NEGATIVE = PROTO / "vectors" / "negative"

# Stands in golden vectors for whatever a later minor version may add.
UNKNOWN_FIELD = "unknown_field"


@dataclass(frozen=True)
class Vector:
    """One file pair; `value` is what the JSON file says, `frame` the header frame in the .msgpack file."""

    name: str
    value: Any
    frame: bytes


def read(directory: Path) -> list[Vector]:
    """Every vector of a directory, by name."""
    files = sorted(directory.glob("*.json"))
    return [
        Vector(file.stem, json.loads(file.read_text()), file.with_suffix(".msgpack").read_bytes()) for file in files
    ]


def without_unknown(value: Any) -> Any:
    """A golden value as its reader must see it."""
    if isinstance(value, dict):
        return {key: without_unknown(item) for key, item in value.items() if key != UNKNOWN_FIELD}
    if isinstance(value, list):
        return [without_unknown(item) for item in value]
    return value


def frame_of(directory: Path, value: Any) -> bytes:
    """The bytes that a JSON file stands for: a golden one is the message, a negative one holds it or its bytes."""
    if directory == GOLDEN:
        return msgspec.msgpack.encode(value)
    return bytes.fromhex(value["hex"]) if "hex" in value else msgspec.msgpack.encode(value["message"])


def write_frames() -> None:
    """Every .msgpack file from the .json file beside it."""
    for directory in (GOLDEN, NEGATIVE):
        for file in directory.glob("*.msgpack"):
            file.unlink()
        for file in directory.glob("*.json"):
            file.with_suffix(".msgpack").write_bytes(frame_of(directory, json.loads(file.read_text())))


if __name__ == "__main__":
    write_frames()
