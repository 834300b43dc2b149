"""What is told of the hub's answers, by the exceptions that its real client makes of them."""

import errno

import httpx2
import pytest
from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled
from huggingface_hub.utils import hf_raise_for_status

from hum_sidecar.hub_failure import Mismatch, NoSpace, describe

URL = "https://hub.example/someone/small/resolve/" + "c" * 40 + "/model.bin"


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        (401, None, {"failed": "refused", "status": 401}),
        (403, "GatedRepo", {"failed": "refused", "status": 403}),
        (404, "RepoNotFound", {"failed": "missing", "what": "repository", "file": "model.bin"}),
        (404, "RevisionNotFound", {"failed": "missing", "what": "revision", "file": "model.bin"}),
        (404, "EntryNotFound", {"failed": "missing", "what": "file", "file": "model.bin"}),
        (429, None, {"failed": "answer", "status": 429}),
        (503, None, {"failed": "answer", "status": 503}),
    ],
)
def test_an_answer_is_told_by_its_kind(status: int, code: str | None, told: dict[str, object]) -> None:
    headers = {} if code is None else {"X-Error-Code": code}
    response = httpx2.Response(status, headers=headers, request=httpx2.Request("HEAD", URL))
    with pytest.raises(HfHubHTTPError) as raised:
        hf_raise_for_status(response)
    assert told.items() <= describe(raised.value).items()


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OfflineModeIsEnabled("no"), {"failed": "offline"}),
        (httpx2.ConnectError("refused"), {"failed": "unreachable", "reason": "refused"}),
        (httpx2.ReadTimeout(""), {"failed": "unreachable", "reason": "ReadTimeout"}),
        (NoSpace(7, 5), {"failed": "no_space", "needed_bytes": 7, "free_bytes": 5}),
        (OSError(errno.ENOSPC, "full"), {"failed": "no_space", "needed_bytes": None}),
        (Mismatch("model.bin has 5 bytes"), {"failed": "mismatch", "reason": "model.bin has 5 bytes"}),
        (KeyError("x"), {"failed": "internal", "reason": "KeyError: 'x'"}),
    ],
)
def test_what_goes_wrong_without_an_answer_is_told_too(error: Exception, told: dict[str, object]) -> None:
    assert told.items() <= describe(error).items()
