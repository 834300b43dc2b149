"""Why the hub did not give what was asked for: a kind that the control plane knows, and what there is to say of it."""

import errno

import httpx2
from huggingface_hub import constants
from huggingface_hub.errors import (
    HfHubHTTPError,
    OfflineModeIsEnabled,
    RemoteEntryNotFoundError,
    RevisionNotFoundError,
)


class Mismatch(Exception):
    """The hub has, or sent, something else than what was pinned."""


class NoSpace(Exception):
    """The disk cannot hold what is missing."""

    def __init__(self, needed: int, free: int) -> None:
        super().__init__(f"{needed} bytes are needed, {free} are free")
        self.needed = needed
        self.free = free


def describe(error: Exception) -> dict[str, object]:
    """`failed` is the kind: offline, unreachable, refused, missing, answer, no_space, mismatch or internal."""
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    told: dict[str, object] = {"reason": reason, "endpoint": constants.ENDPOINT}
    match error:
        case NoSpace():
            return {**told, "failed": "no_space", "needed_bytes": error.needed, "free_bytes": error.free}
        case Mismatch():
            return {**told, "failed": "mismatch"}
        case OfflineModeIsEnabled():
            return {**told, "failed": "offline"}
        case HfHubHTTPError():
            return {**told, **_answered(error)}
        case httpx2.TransportError():
            return {**told, "failed": "unreachable"}
        case OSError() if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return {**told, "failed": "no_space", "needed_bytes": None, "free_bytes": 0}
        case OSError() if error.errno is None and reason.startswith("Consistency check failed"):
            # huggingface_hub's words for a connection that ended early; its advice is about its own cache.
            return {**told, "failed": "unreachable", "reason": "the connection ended before the file did"}
        case _:
            return {**told, "failed": "internal", "reason": f"{type(error).__name__}: {reason}"}


def _answered(error: HfHubHTTPError) -> dict[str, object]:
    status = error.response.status_code
    match status:
        case 401 | 403:
            return {"failed": "refused", "status": status}
        case 404:
            what = "repository"
            if isinstance(error, RevisionNotFoundError):
                what = "revision"
            elif isinstance(error, RemoteEntryNotFoundError):
                what = "file"
            return {"failed": "missing", "what": what, "file": error.response.request.url.path.rsplit("/", 1)[-1]}
        case _:
            return {"failed": "answer", "status": status}
