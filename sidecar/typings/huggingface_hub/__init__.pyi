"""What is used of huggingface_hub, whose own types are partly unknown."""

from dataclasses import dataclass

@dataclass(frozen=True)
class HfFileMetadata:
    commit_hash: str | None
    etag: str | None
    size: int | None

def get_hf_file_metadata(url: str, *, timeout: float | None = ...) -> HfFileMetadata: ...
def hf_hub_url(repo_id: str, filename: str, *, revision: str | None = ...) -> str: ...
