"""
What was seen, in SQLite: knows duplicates and gaps, also after a restart.

Events come at least once. `is_new` belongs into the transaction that stores what was made of the event: then either
both are kept or neither, and each event counts once, whenever the program ends.
"""

import sqlite3
import sys
import time
from typing import Any


def open_inbox(path: str) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=30)
    db.executescript("""
        CREATE TABLE IF NOT EXISTS seen (source TEXT, id TEXT, at REAL, PRIMARY KEY (source, id)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS last (source TEXT PRIMARY KEY, sequence INTEGER);
    """)
    # Longer than any bus keeps events, so that none of them can come again.
    with db:
        db.execute("DELETE FROM seen WHERE at < ?", (time.time() - 30 * 86400,))
    return db


def is_new(db: sqlite3.Connection, event: dict[str, Any]) -> bool:
    """
    A source is one life of a node's sequence, which counts without a gap: a restored or emptied node begins another.
    What a dead consumer had taken comes late, and fills the gap that was told.
    """
    source = event["source"]
    added = db.execute("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", (source, event["id"], time.time())).rowcount
    if added == 0:
        print(f"duplicate: {event['id']}", file=sys.stderr)
        return False
    sequence = int(event["sequence"])
    (last,) = db.execute("SELECT max(sequence) FROM last WHERE source = ?", (source,)).fetchone()
    if last is not None and sequence > last + 1:
        print(f"gap: {last + 1} to {sequence - 1} of {source}", file=sys.stderr)
    if last is not None and sequence < last:
        print(f"late: {sequence} of {source}", file=sys.stderr)
    else:
        db.execute("INSERT OR REPLACE INTO last VALUES (?, ?)", (source, sequence))
    return True
