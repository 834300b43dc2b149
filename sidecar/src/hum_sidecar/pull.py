"""
`python -m hum_sidecar.pull REQUEST`: fetches files of one hub repository at one revision, and goes on where it was.

huggingface_hub's own download begins anew after an interruption, since its partial file is named after the process; so
only its HTTP is used here. Prints lines of JSON: `done_bytes` and `total_bytes` while it works, and where it fails, a
last one with `failed` (see hub_failure.py).
"""

import json
import os
import shutil
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import msgspec
from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url
from huggingface_hub.file_download import http_get
from huggingface_hub.utils import build_hf_headers

from hum_sidecar.etag import differing, is_sha256
from hum_sidecar.hub_failure import Mismatch, NoSpace, describe
from hum_sidecar.parent import leave_with_parent

REPORT_S = 0.25
# What is in memory when the process ends is lost: huggingface_hub would hold 10 MiB.
CHUNK_BYTES = 1 << 20


class Wanted(msgspec.Struct, frozen=True):
    """A file as the catalogue lists it; None where it does not know."""

    bytes: int | None
    sha256: str | None


class Request(msgspec.Struct, frozen=True):
    """What to fetch, and the directory that is ours alone."""

    repository: str
    revision: str
    directory: str
    files: dict[str, Wanted]


@dataclass(frozen=True)
class Download:
    """One file on its way: `part` grows, and becomes `path` when it is complete."""

    name: str
    wanted: Wanted
    url: str
    path: Path
    part: Path
    etag: str | None
    total: int | None

    def done(self) -> int:
        """In bytes."""
        try:
            return (self.path if self.path.exists() else self.part).stat().st_size
        except FileNotFoundError:
            return 0


def main() -> int:
    """0 when every file is there."""
    leave_with_parent()
    constants.DOWNLOAD_CHUNK_SIZE = CHUNK_BYTES
    try:
        pull(msgspec.json.decode(sys.argv[1], type=Request))
    except Exception as error:
        say(describe(error))
        return 1
    return 0


def pull(request: Request) -> None:
    """Raises what `describe` tells of."""
    directory = Path(request.directory)
    downloads = [look_up(name, wanted, request=request) for name, wanted in request.files.items()]
    needed = sum(max(0, (download.total or 0) - download.done()) for download in downloads)
    free = shutil.disk_usage(directory).free
    if needed > free:
        raise NoSpace(needed, free)
    with reporting(downloads):
        for download in downloads:
            if not download.path.exists():
                fetch(download)


def look_up(name: str, wanted: Wanted, *, request: Request) -> Download:
    """Asks the hub what it has, so that a file that will not fit is refused before its gigabytes are fetched."""
    path = Path(request.directory, name)
    url = hf_hub_url(request.repository, name, revision=request.revision)
    part = path.with_name(f"{name}.part")
    if path.exists():
        return Download(name, wanted, url, path, part, None, path.stat().st_size)
    told = get_hf_file_metadata(url, timeout=constants.HF_HUB_ETAG_TIMEOUT)
    if told.size is not None and wanted.bytes not in (None, told.size):
        raise Mismatch(f"{name} has {told.size} bytes on the hub, but the catalogue lists {wanted.bytes}")
    if wanted.sha256 is not None and is_sha256(told.etag) and told.etag != wanted.sha256:
        raise Mismatch(f"{name} has sha256 {told.etag} on the hub, but the catalogue lists {wanted.sha256}")
    return Download(name, wanted, url, path, part, told.etag, told.size if wanted.bytes is None else wanted.bytes)


def fetch(download: Download) -> None:
    """Goes on after the bytes that are there."""
    with download.part.open("ab") as file:
        done = file.tell()
        if download.total is None or done > download.total:
            file.truncate(0)
            # What is told as done from here on is the position.
            file.seek(0)
            done = 0
        headers = {**build_hf_headers(), "Accept-Encoding": "identity"}
        while True:
            try:
                # The hub's own address, not where it leads to: the client then keeps our token from other hosts.
                http_get(download.url, file, resume_size=done, headers=headers, expected_size=download.total)
                break
            except httpx2.ReadError:
                # http_get itself goes on where a connection ends early, but not where it is reset.
                if file.tell() == done:
                    raise
                done = file.tell()
    # What the catalogue lists is for the caller to hold it to.
    if download.wanted.sha256 is None and (found := differing(download.part, download.etag)) is not None:
        download.part.unlink()
        raise Mismatch(f"{download.name} has the hash {found}, but the hub's for this revision is {download.etag}")
    download.part.replace(download.path)


@contextmanager
def reporting(downloads: list[Download]) -> Generator[None]:
    """Tells the bytes on disk, in turns and once more at the end."""
    total = sum(download.total or 0 for download in downloads)
    ended = threading.Event()

    def report() -> None:
        done = sum(download.done() for download in downloads)
        say({"done_bytes": done, "total_bytes": max(done, total)})

    def repeat() -> None:
        while not ended.wait(REPORT_S):
            report()

    report()
    reporter = threading.Thread(target=repeat, name="reporter", daemon=True)
    reporter.start()
    try:
        yield
    finally:
        ended.set()
        reporter.join()
        report()


def say(line: dict[str, object]) -> None:
    """One line, at once."""
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    # Threads of an HTTP client may still wait for a server: nothing is left to do for them.
    code = main()
    sys.stderr.flush()
    os._exit(code)
