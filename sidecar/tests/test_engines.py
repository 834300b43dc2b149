"""Engines are found by their names: a new one is one new file, and what is none is refused."""

import shutil
from pathlib import Path

import pytest

from hum_sidecar.calls import Calls
from hum_sidecar.engines.load import load_engine
from hum_sidecar.engines.protocol import Host
from hum_sidecar.errors import HumError
from hum_sidecar.messages import Done, Failed, Hello, Ready, Segment
from plane import SOURCE, job, load, sidecar

PARROT = """
from hum_sidecar.engines.protocol import Host, Outcome
from hum_sidecar.messages import Load, ModelIdentity, TranscriptSegment


class Parrot:
    workers = slots = 1

    def __init__(self, load: Load) -> None:
        self.identity = ModelIdentity(load.model, load.revision, "grey-parrot", "cpu", "none")

    def transcribe(self, samples, options, *, run, tell):
        tell(TranscriptSegment(1, 0, 0.0, 1.0, f" {len(samples)} samples", [], 0.0, 0.0, 1.0, 0.0, None))
        return Outcome("en", 1.0)


def load_engine(load: Load, host: Host) -> Parrot:
    return Parrot(load)
"""


def copy_with(directory: Path, *, module: str, text: str) -> Path:
    """The sidecar's source and one file more among its engines."""
    copied = Path(shutil.copytree(SOURCE, directory / "src"))
    (copied / "hum_sidecar" / "engines" / f"{module}.py").write_text(text)
    return copied


def test_a_new_engine_is_one_new_file(short_dir: Path) -> None:
    source = copy_with(short_dir, module="grey_parrot", text=PARROT)
    with sidecar("engine", short_dir, source=source) as engine:
        engine.hear(Hello)
        engine.send(load("polly", engine="grey-parrot"))
        ready = engine.hear(Ready)
        assert ready.model is not None
        assert (ready.model.name, ready.model.engine) == ("polly", "grey-parrot")
        engine.send(*job("a", seconds=1))
        engine.hear(Done)
        assert [told.segment.text for told in engine.all_of(Segment)] == [" 16000 samples"]


def test_a_file_that_loads_nothing_is_no_engine(short_dir: Path) -> None:
    with sidecar("engine", short_dir, source=copy_with(short_dir, module="mute", text="")) as engine:
        engine.hear(Hello)
        engine.send(load("polly", engine="mute"))
        error = engine.hear(Failed).error
        assert (error.code, error.message) == ("loading", "engine 'mute' cannot load: it has no function load_engine")


@pytest.mark.parametrize("name", ["none", "", "load", "protocol", "batching", "whisper", "fake.py", "..fake", "Fake"])
def test_a_name_that_is_no_engine_is_refused_with_those_that_there_are(name: str) -> None:
    with pytest.raises(HumError, match=f"engine '{name}' is unknown; there are fake, faster-whisper") as raised:
        load_engine(load("tiny.en", engine=name), Host(Calls()))
    assert (raised.value.code, raised.value.stage) == ("loading", "load")
