"""Fixtures: a directory whose path is short enough for a socket, and the test media."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import media


@pytest.fixture
def short_dir() -> Iterator[Path]:
    """A socket's path must stay under 107 bytes, which pytest's own directories may exceed."""
    with tempfile.TemporaryDirectory(prefix="hum-") as directory:
        yield Path(directory)


@pytest.fixture(scope="session")
def media_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("media")
    media.make_all(directory)
    media.make_refused(directory)
    return directory
