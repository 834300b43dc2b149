"""The messages against proto/: schema and vectors. control/src/wire/vectors.test.ts is the other side."""

# JSON values are what they are.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false

import json
from typing import Any, get_args

import msgspec
import pytest

from hum_sidecar.errors import RETRYABLE
from hum_sidecar.messages import ErrorCode, FromSidecar, ToSidecar
from hum_sidecar.wire import Refused, decode
from vectors import GOLDEN, NEGATIVE, PROTO, Vector, frame_of, read, without_unknown

golden = read(GOLDEN)
negative = read(NEGATIVE)


def types_of(union: Any) -> set[str]:
    return {struct.__struct_config__.tag for struct in get_args(union)}


def union_of(vector: Vector) -> Any:
    return ToSidecar if vector.value["type"] in types_of(ToSidecar) else FromSidecar


def by_name(vector: Vector) -> str:
    return vector.name


def test_every_message_type_has_a_golden_vector() -> None:
    assert {vector.value["type"] for vector in golden} == types_of(ToSidecar) | types_of(FromSidecar)


@pytest.mark.parametrize("vector", golden, ids=by_name)
def test_golden_vectors_are_read_as_they_were_meant(vector: Vector) -> None:
    message = msgspec.msgpack.decode(vector.frame, type=union_of(vector))
    assert msgspec.to_builtins(message) == without_unknown(vector.value)


@pytest.mark.parametrize("vector", golden, ids=by_name)
def test_golden_vectors_are_the_same_after_they_were_written_and_read_again(vector: Vector) -> None:
    message = msgspec.msgpack.decode(vector.frame, type=union_of(vector))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(message), type=union_of(vector)) == message


def test_negative_vectors_are_many_enough_to_mean_something() -> None:
    assert len(negative) > 40


@pytest.mark.parametrize("vector", negative, ids=by_name)
def test_negative_vectors_are_refused_in_both_directions(vector: Vector) -> None:
    assert isinstance(decode(vector.frame), Refused)
    for union in (ToSidecar, FromSidecar):
        with pytest.raises(msgspec.DecodeError):
            msgspec.msgpack.decode(vector.frame, type=union)


@pytest.mark.parametrize("directory", [GOLDEN, NEGATIVE])
def test_frames_are_made_from_the_json_beside_them(directory: Any) -> None:
    for vector in read(directory):
        assert vector.frame == frame_of(directory, vector.value), vector.name
    assert len(list(directory.glob("*.msgpack"))) == len(list(directory.glob("*.json")))


def test_an_unknown_type_is_told_from_a_broken_message() -> None:
    refused = {vector.name: decode(vector.frame) for vector in negative}
    assert refused["unknown-type"] == Refused("type", "Invalid value 'sing' - at `$.type`", "sing")
    broken = refused["job-unknown-priority"]
    assert isinstance(broken, Refused)
    assert (broken.reason, broken.type, broken.id, broken.attempt) == ("field", "job", "job-1", 1)
    garbage = refused["reserved-byte"]
    assert isinstance(garbage, Refused)
    assert garbage.reason == "unpack"


def test_the_schema_of_these_types_is_the_one_in_proto() -> None:
    committed = json.loads((PROTO / "messages.schema.json").read_text())["$defs"]
    for name, union in (("ToSidecar", ToSidecar), ("FromSidecar", FromSidecar)):
        own = msgspec.json.schema(union)
        assert normalised(own, own["$defs"]) == normalised(committed[name], {}), name


def test_the_error_codes_and_their_retryable_flags_are_those_in_proto() -> None:
    table = json.loads((PROTO / "errors.json").read_text())
    assert set(get_args(ErrorCode)) == set(table)
    # Codes that only the control plane raises are not in RETRYABLE.
    raised_here = {"bad_audio", "bad_request", "too_large", "unsupported_format", "cancelled", "internal"}
    raised_here |= {"engine_failed", "overloaded", "loading", "deadline"}
    assert {code for code in raised_here if table[code]["retryable"]} == RETRYABLE


def normalised(schema: Any, definitions: dict[str, Any]) -> Any:
    """What zod and msgspec write differently and mean alike, written one way."""
    if isinstance(schema, list):
        return [normalised(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return normalised(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    ignored = {"title", "description", "discriminator", "$defs", "propertyNames"}
    result: dict[str, Any] = {
        key: {name: normalised(item, definitions) for name, item in value.items()}
        if key == "properties"
        else normalised(value, definitions)
        for key, value in schema.items()
        if key not in ignored
    }
    if "const" in result:
        result["enum"] = [result.pop("const")]
    if "enum" in result:
        result["enum"] = sorted(result["enum"])
        result.pop("type", None)
    if "oneOf" in result:
        result["anyOf"] = result.pop("oneOf")
    if isinstance(result.get("type"), list):
        result["anyOf"] = [{"type": item} for item in result.pop("type")]
    for key in ("anyOf", "required"):
        if key in result:
            result[key] = sorted(result[key], key=json.dumps)
    return result
