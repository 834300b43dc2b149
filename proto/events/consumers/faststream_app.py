"""
Follows transcriptions by FastStream, in a consumer group of Redis.

In three lines, below `broker = RedisBroker(URL)`, for whoever needs no more than what comes from now on:

    @broker.subscriber(stream="{humhelix}:events:v1:transcription")
    async def on_entry(fields: dict[str, str]) -> None:
        print(json.loads(fields["ce"])["type"])

Needs faststream[redis] from PyPI; `faststream run faststream_app:app` runs it as well. FastStream makes the group where
the stream ends, and ends itself where Redis was emptied: have a supervisor start it again.
"""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

from faststream import FastStream
from faststream.redis import RedisBroker, RedisMessage, StreamSub
from inbox import is_new, open_inbox
from transcript import tell

URL = os.environ.get("REDIS_URL") or Path(".hum/data/redis.url").read_text().strip()
STREAM, GROUP = "{humhelix}:events:v1:transcription", "faststream_app.py"
NAME = os.environ.get("CONSUMER", "only")
# Longer than the work on a hundred events takes: what somebody holds for longer was left by a consumer that died.
CLAIM_AFTER_MS = int(os.environ.get("CLAIM_AFTER_MS", "60000"))


async def decode(message: RedisMessage) -> Any:
    """Of an entry that FastStream did not write, it takes all fields for the body; the event is the JSON in one."""
    return json.loads(json.loads(message.body)["ce"])


broker = RedisBroker(URL, decoder=decode)
app = FastStream(broker)
inbox = open_inbox(os.environ.get("INBOX", "inbox.db"))


@broker.subscriber(stream=StreamSub(STREAM, group=GROUP, consumer=NAME, max_records=100))
@broker.subscriber(stream=StreamSub(STREAM, group=GROUP, consumer=NAME, min_idle_time=CLAIM_AFTER_MS))
async def on_event(event: dict[str, Any]) -> None:
    """Acknowledged when it returns; after an exception it comes again."""
    with inbox:
        if is_new(inbox, event):
            tell(event)


if __name__ == "__main__":
    asyncio.run(app.run())
