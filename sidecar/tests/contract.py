"""The events' contract as a consumer in Python has it; as a program, it reads events from stdin with the SDK."""

# JSON values are what they are.
# pyright: reportUnknownVariableType=false

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings import http

EVENTS = Path(__file__).parents[2] / "proto" / "events"

CONTENT_TYPE = "application/cloudevents+json"


def read_event(body: bytes) -> BaseCloudEvent:
    """The event in a body of structured JSON; raises where the SDK finds that it is none."""
    return http.from_structured_event(http.HTTPMessage(headers={"content-type": CONTENT_TYPE}, body=body))


def written(event: BaseCloudEvent) -> Any:
    """The event as the SDK writes it."""
    return with_time(json.loads(http.to_structured_event(event).body))


def with_time(event: dict[str, Any]) -> dict[str, Any]:
    """An instant may be spelled in several ways."""
    return {**event, "time": datetime.fromisoformat(event["time"]).isoformat(timespec="milliseconds")}


def main() -> None:
    for line in sys.stdin.buffer:
        event = read_event(line)
        print(json.dumps({"type": event.get_type(), "same": written(event) == with_time(json.loads(line))}))


if __name__ == "__main__":
    main()
