"""The hub's name for a file's content: of a large file its sha256, of a small one git's hash of it."""

import hashlib
import re
from pathlib import Path

CHUNK_BYTES = 1 << 20


def is_sha256(etag: str | None) -> bool:
    return etag is not None and re.fullmatch("[0-9a-f]{64}", etag) is not None


def differing(path: Path, etag: str | None) -> str | None:
    """The file's hash where it is not the etag; None where it is, or the etag is of neither kind."""
    if is_sha256(etag):
        digest = hashlib.sha256()
    elif etag is not None and re.fullmatch("[0-9a-f]{40}", etag):
        digest = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    else:
        return None
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    found = digest.hexdigest()
    return None if found == etag else found
