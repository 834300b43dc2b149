"""A sidecar as a process: how it begins and ends, and what it does not do."""

import json
import signal
from pathlib import Path

import msgspec
import pytest

from hum_sidecar.messages import Bye, Done, Failed, Hello, Ping, Pong, Ready, Segment, Started, Stop
from media import JFK
from plane import fake_engine, job, load, options, sidecar

ROLES = ["engine", "decoder"]


@pytest.mark.parametrize("role", ROLES)
def test_it_ends_within_two_seconds_of_its_parents_end(short_dir: Path, role: str) -> None:
    with sidecar(role, short_dir) as process:
        process.hear(Hello)
        assert process.process.stdin is not None
        process.process.stdin.close()
        assert process.process.wait(2) == 0


def test_it_ends_with_its_parent_even_while_it_hangs(short_dir: Path) -> None:
    with fake_engine("fake:hang-io", short_dir) as engine:
        engine.send(*job("a", seconds=1))
        engine.hear(Started)
        assert engine.process.stdin is not None
        engine.process.stdin.close()
        assert engine.process.wait(2) == 0


@pytest.mark.parametrize("role", ROLES)
def test_a_terminals_ctrl_c_does_not_reach_it(short_dir: Path, role: str) -> None:
    with sidecar(role, short_dir) as process:
        process.hear(Hello)
        process.process.send_signal(signal.SIGINT)
        process.send(Ping(1))
        process.hear(Pong)
        assert process.process.poll() is None


def test_sigterm_ends_it_with_a_bye_even_in_mid_job(short_dir: Path) -> None:
    with fake_engine("fake:hang-at=0", short_dir) as engine:
        engine.send(*job("a", seconds=1))
        engine.hear(Started)
        engine.process.send_signal(signal.SIGTERM)
        assert engine.hear(Bye).reason == "terminated"
        assert engine.process.wait(2) == 0


def test_stop_without_work_ends_it_at_once(short_dir: Path) -> None:
    with sidecar("engine", short_dir) as engine:
        engine.hear(Hello)
        engine.send(Stop())
        engine.hear(Bye)
        assert engine.process.wait(2) == 0


def test_a_decoder_is_ready_by_itself_and_loads_no_engine(short_dir: Path) -> None:
    with sidecar("decoder", short_dir) as decoder:
        ready = decoder.hear(Ready)
        assert (ready.slots, ready.model) == (3, None)
        maps = Path(f"/proc/{decoder.process.pid}/maps").read_text()
        assert "libavcodec" in maps
        for library in ("ctranslate2", "onnxruntime", "tokenizers", "numpy"):
            assert library not in maps


def test_a_fake_engine_loads_no_real_one(short_dir: Path) -> None:
    with fake_engine("fake:echo", short_dir) as engine:
        engine.send(*job("a", seconds=1))
        engine.hear(Done)
        maps = Path(f"/proc/{engine.process.pid}/maps").read_text()
        for library in ("ctranslate2", "onnxruntime", "libavcodec"):
            assert library not in maps


def test_real_weights_answer_over_the_wire(short_dir: Path) -> None:
    with sidecar("engine", short_dir) as engine:
        engine.hear(Hello)
        engine.send(load("tiny.en", workers=2))
        ready = engine.hear(Ready)
        assert ready.slots == 8
        engine.send(*job("a", pcm=JFK.read_bytes()[-352_000:]))
        assert engine.hear(Done).duration_s == 11.0
        text = "".join(segment.segment.text for segment in engine.all_of(Segment))
        assert "ask not what your country can do for you" in text
        assert "country" not in (short_dir / "log").read_text()
        engine.send(*job("b", seconds=1, options=options(language="de")))
        assert engine.hear(Failed).error.code == "bad_request"
        engine.send(Stop())
        engine.hear(Bye)
        assert engine.process.wait(5) == 0


@pytest.mark.parametrize("files", [(), ("model.bin", "config.json", "tokenizer.json")], ids=["missing", "damaged"])
def test_where_a_model_lies_is_for_the_log_alone(short_dir: Path, files: tuple[str, ...]) -> None:
    for name in files:
        (short_dir / name).write_bytes(b"{}")
    with sidecar("engine", short_dir) as engine:
        engine.hear(Hello)
        engine.send(msgspec.structs.replace(load("tiny.en"), path=str(short_dir)))
        failed = engine.hear(Failed)
        assert (failed.id, failed.error.code) == (None, "loading")
        assert "model 'tiny.en' cannot be loaded" in failed.error.message
        assert str(short_dir) not in failed.error.message
        last = json.loads((short_dir / "log").read_text().splitlines()[-1])
        assert (last["level"], last["path"], last["error"]) == ("error", str(short_dir), "HumError")
        assert "load_engine" in last["traceback"]


def test_its_log_is_json_lines(short_dir: Path) -> None:
    with fake_engine("fake:echo", short_dir) as engine:
        engine.send_frames([b"no message"])
        engine.send(Ping(1))
        engine.hear(Pong)
        lines = (short_dir / "log").read_text().splitlines()
        assert lines
        assert all(line.startswith('{"level":"') for line in lines)
