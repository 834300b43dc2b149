"""The golden examples as Python reads them; control/src/events/contract/examples.test.ts is the other side."""

# JSON values are what they are, and jsonschema has no types.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportMissingTypeStubs=false

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cloudevents.core.exceptions import CloudEventValidationError
from jsonschema import Draft7Validator, ValidationError

from contract import EVENTS, read_event, with_time, written

EXAMPLES = sorted((EVENTS / "examples").glob("*.json"))
SCHEMAS = {path.stem: json.loads(path.read_text()) for path in (EVENTS / "schemas").glob("*.json")}
ENVELOPES = {"envelope", "command-envelope"}
COMMANDS = {"transcription.request", "transcription.cancel"}


@cache
def schema(name: str) -> Draft7Validator:
    return Draft7Validator(SCHEMAS[name])


def name_of(event: dict[str, Any]) -> str:
    return event["type"].removeprefix("io.humhelix.").removesuffix(".v1")


def by_name(path: Path) -> str:
    return path.stem


def test_every_schema_has_an_example_and_every_example_a_schema() -> None:
    assert {path.stem.split("-")[0] for path in EXAMPLES} == SCHEMAS.keys() - ENVELOPES


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_schema_is_one_and_is_named_as_the_events_say(name: str) -> None:
    Draft7Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["$id"] == f"urn:humhelix:schema:{name}:v1"


@pytest.mark.parametrize("path", EXAMPLES, ids=by_name)
def test_examples_are_of_the_published_schemas(path: Path) -> None:
    event = json.loads(path.read_text())
    name = name_of(event)
    assert name == path.stem.split("-")[0]
    schema("command-envelope" if name in COMMANDS else "envelope").validate(event)
    schema(name).validate(event["data"])
    if name not in COMMANDS:
        assert event["dataschema"] == SCHEMAS[name]["$id"]
    with pytest.raises(ValidationError):
        schema(name).validate({})


@pytest.mark.parametrize("path", EXAMPLES, ids=by_name)
def test_examples_are_the_same_after_the_sdk_has_read_and_written_them(path: Path) -> None:
    event = json.loads(path.read_text())
    read = read_event(path.read_bytes())
    assert read.get_data() == event["data"]
    assert written(read) == with_time(event)


@pytest.mark.parametrize("attribute", ["id", "source", "type"])
def test_the_sdk_would_refuse_what_is_no_event(attribute: str) -> None:
    event = json.loads(EXAMPLES[0].read_text())
    with pytest.raises(CloudEventValidationError):
        read_event(json.dumps({**event, attribute: None}).encode())


def test_an_event_may_have_what_a_later_version_adds() -> None:
    event = json.loads((EVENTS / "examples" / "node.started.json").read_text())
    schema("envelope").validate({**event, "addedlater": "yes"})
    schema("node.started").validate({**event["data"], "added_later": True})
