"""
Follows transcriptions in a consumer group of Redis: no event is lost when this program, the node or Redis ends.

In three lines, for whoever needs no more than what comes from now on:

    feed = redis.Redis.from_url(URL, decode_responses=True).pubsub(ignore_subscribe_messages=True)
    feed.psubscribe("humhelix.events.transcription.*")
    for message in feed.listen(): print(json.loads(message["data"])["type"])

Needs redis from PyPI. Several of these may share the work: each takes what no other has, under a CONSUMER of its own.
"""

import json
import os
import sqlite3
import sys
import time
from pathlib import Path

import redis
from inbox import is_new, open_inbox
from redis.backoff import NoBackoff
from redis.retry import Retry
from transcript import tell

URL = os.environ.get("REDIS_URL") or Path(".hum/data/redis.url").read_text().strip()
STREAM, GROUP = "{humhelix}:events:v1:transcription", "consumer.py"
NAME = os.environ.get("CONSUMER", "only")
# Longer than the work on one batch takes: what somebody holds for longer was left by a consumer that died.
CLAIM_AFTER_MS = int(os.environ.get("CLAIM_AFTER_MS", "60000"))


def follow(bus: redis.Redis, db: sqlite3.Connection) -> None:
    """Returns only by the error of a lost connection, or of a group that is gone as Redis was emptied."""
    try:
        bus.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
    except redis.ResponseError as error:
        if "BUSYGROUP" not in str(error):
            raise
    # First what this consumer was given before and has not acknowledged, then what is new.
    place = "0"
    while True:
        left = bus.xautoclaim(STREAM, GROUP, NAME, CLAIM_AFTER_MS, count=100)[1] if place == ">" else []
        given = bus.xreadgroup(GROUP, NAME, {STREAM: place}, count=100, block=2000)
        entries = given[0][1] if given else []
        if not entries:
            place = ">"
        batch = [*left, *entries]
        if not batch:
            continue
        with db:
            for _, fields in batch:
                # An entry without fields was trimmed before it was acknowledged.
                event = json.loads(fields["ce"]) if fields else None
                if event and is_new(db, event):
                    tell(event)
        bus.xack(STREAM, GROUP, *(entry for entry, _ in batch))


if __name__ == "__main__":
    # A read that redis-py itself sends again would pass over what the first one was given.
    bus = redis.Redis.from_url(URL, decode_responses=True, retry=Retry(NoBackoff(), 0))
    inbox = open_inbox(os.environ.get("INBOX", "inbox.db"))
    while True:
        try:
            follow(bus, inbox)
        except (redis.RedisError, OSError) as error:
            print(f"trying again in a second: {error}", file=sys.stderr)
            time.sleep(1)
