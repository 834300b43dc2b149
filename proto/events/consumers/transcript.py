"""What the examples do with an event: they print how each job ended."""

import json
import os
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

NODE = os.environ.get("HUM_URL", "http://127.0.0.1:8000")
HEADERS = {"authorization": f"Bearer {os.environ['HUM_API_KEY']}"} if "HUM_API_KEY" in os.environ else {}


def tell(event: dict[str, Any]) -> None:
    data = event["data"]
    match event["type"]:
        case "io.humhelix.transcription.completed.v1":
            print(f"{data['job_id']}: {data['text'] or fetch(event.get('dataref'))}", flush=True)
        case "io.humhelix.transcription.failed.v1":
            print(f"{data['job_id']} failed: {data['error']['message']}", flush=True)
        case _:
            pass  # Types that are of no interest, or that a later version added.


def fetch(dataref: str | None) -> str:
    """A text that is too large for an event is at the node, for as long as its spool keeps it."""
    if dataref is None:
        return ""
    try:
        with urlopen(Request(NODE + dataref, headers=HEADERS), timeout=10) as answer:
            return json.load(answer)["text"]
    except HTTPError as error:
        if error.code == 404:
            return "(no longer kept)"
        raise
