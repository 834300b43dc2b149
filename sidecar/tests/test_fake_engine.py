"""The scripted fake engine and the loop around it, over a real socket to a real process."""

import signal
from pathlib import Path

import pytest

from hum_sidecar.engines.fake import parse_script
from hum_sidecar.messages import (
    Bye,
    BytesRef,
    Cancel,
    Done,
    Failed,
    Hello,
    Job,
    Metrics,
    Ping,
    Pong,
    Ready,
    Segment,
    Started,
    Stop,
)
from plane import fake_engine, job, load, options, sidecar


def test_it_says_hello_then_ready_with_one_slot_of_look_ahead(short_dir: Path) -> None:
    with sidecar("engine", short_dir) as engine:
        hello = engine.hear(Hello)
        assert (hello.role, hello.pid, hello.protocol.major) == ("engine", engine.process.pid, 2)
        assert set(hello.versions) >= {"faster-whisper", "pyzmq", "msgspec"}
        engine.send(load("fake:echo", workers=2))
        ready = engine.hear(Ready)
        assert ready.slots == 3
        assert ready.model is not None
        assert (ready.model.name, ready.model.engine) == ("fake:echo", "fake")
        assert ready.memory_bytes > 1_000_000


def test_a_job_is_told_as_started_segments_and_done(short_dir: Path) -> None:
    with fake_engine("fake:echo", short_dir) as engine:
        engine.send(*job("a", seconds=2.5, attempt=2))
        done = engine.hear(Done)
        assert (done.id, done.attempt, done.duration_s, done.language) == ("a", 2, 2.5, "en")
        assert [type(message) for message in engine.said[-5:]] == [Started, Segment, Segment, Segment, Done]
        segments = engine.all_of(Segment, id="a")
        assert [(s.index, s.attempt, s.segment.start, s.segment.end) for s in segments] == [
            (0, 2, 0.0, 1.0),
            (1, 2, 1.0, 2.0),
            (2, 2, 2.0, 2.5),
        ]
        assert [s.segment.text for s in segments] == [" segment 0", " segment 1", " segment 2"]
        assert segments[0].segment.words is None


def test_words_are_told_when_asked_for(short_dir: Path) -> None:
    with fake_engine("fake:echo", short_dir) as engine:
        engine.send(*job("a", seconds=1, options=options(word_timestamps=True)))
        words = engine.hear(Segment).segment.words
        assert words is not None
        assert [word.word for word in words] == [" segment", " 0"]


def test_audio_may_lie_in_a_region_of_a_file(short_dir: Path) -> None:
    audio = short_dir / "audio"
    audio.write_bytes(b"head" + bytes(3 * 32_000) + b"tail")
    with fake_engine("fake:echo", short_dir) as engine:
        engine.send(Job("a", 1, "batch", None, BytesRef(str(audio), 4, 3 * 32_000), options()))
        assert engine.hear(Done).duration_s == 3.0


@pytest.mark.parametrize(
    ("payload", "message"),
    [(None, "no payload frame"), (bytes(10), "the payload frame has 10 bytes; the header says 32000")],
)
def test_audio_that_is_not_there_in_full_fails_the_job(short_dir: Path, payload: bytes | None, message: str) -> None:
    with fake_engine("fake:echo", short_dir) as engine:
        engine.send(job("a", seconds=1)[0], payload)
        failed = engine.hear(Failed)
        assert (failed.id, failed.error.code) == ("a", "internal")
        assert message in failed.error.message


def test_it_crashes_before_the_segment_it_is_told_to_and_only_in_the_attempts_it_is_told_to(short_dir: Path) -> None:
    with fake_engine("fake:crash-at=2,attempts=1", short_dir) as engine:
        engine.send(*job("b", seconds=3, attempt=2))
        engine.hear(Done, id="b")
        engine.send(*job("a", seconds=3))
        assert engine.process.wait(5) == -signal.SIGSEGV
        engine.hear(Segment, id="a")
        engine.hear(Segment, id="a")
        with pytest.raises(AssertionError):
            engine.hear(Segment, id="a", timeout_s=0.1)


def test_pings_are_answered_while_a_model_loads_and_while_an_engine_call_hangs(short_dir: Path) -> None:
    with sidecar("engine", short_dir) as engine:
        engine.hear(Hello)
        engine.send(load("fake:load=0.3,hang-at=0"))
        engine.send(Ping(1))
        assert engine.hear(Pong).seq == 1
        assert engine.all_of(Ready) == []
        engine.hear(Ready)
        engine.send(*job("a", seconds=1))
        engine.hear(Started)
        engine.send(Cancel("a"))
        engine.send(Ping(2))
        assert engine.hear(Pong).seq == 2
        assert engine.all_of(Failed) == []


def test_a_hung_io_loop_answers_nothing(short_dir: Path) -> None:
    with fake_engine("fake:hang-io", short_dir) as engine:
        engine.send(Ping(1))
        engine.hear(Pong)
        engine.send(*job("a", seconds=1))
        with pytest.raises(AssertionError):
            engine.hear(Done, timeout_s=0.3)
        engine.send(Ping(2))
        with pytest.raises(AssertionError):
            engine.hear(Pong, timeout_s=0.3)
        assert engine.process.poll() is None


def test_garbage_is_no_message_but_the_job_goes_on(short_dir: Path) -> None:
    with fake_engine("fake:garbage", short_dir) as engine:
        engine.send(*job("a", seconds=1))
        engine.hear(Done)
        assert len(engine.garbage) == 4


@pytest.mark.parametrize("model", ["fake:load-fail", "fake:nonsense", "fake:slow=fast"])
def test_a_model_that_cannot_be_loaded_is_a_failure_of_the_process(short_dir: Path, model: str) -> None:
    with sidecar("engine", short_dir) as engine:
        engine.hear(Hello)
        engine.send(load(model))
        failed = engine.hear(Failed)
        assert (failed.id, failed.attempt) == (None, 0)
        assert (failed.error.code, failed.error.stage, failed.error.retryable) == ("loading", "load", True)


@pytest.mark.parametrize("model", ["fake", "base", "fake:", "fake:crash-at", "fake:echo=1", "fake:crash-at=x"])
def test_a_name_that_is_no_script_is_refused(model: str) -> None:
    with pytest.raises(ValueError, match=r"fake|int"):
        parse_script(model)


def test_a_running_job_is_cancelled_and_its_slot_used_again(short_dir: Path) -> None:
    with fake_engine("fake:slow=0.2", short_dir) as engine:
        engine.send(*job("a", seconds=32))
        engine.hear(Segment, id="a")
        engine.send(Cancel("a"))
        engine.send(Cancel("a"))
        assert engine.hear(Failed, id="a").error.code == "cancelled"
        engine.send(*job("b", seconds=1))
        engine.hear(Done, id="b")
        assert len(engine.all_of(Failed, id="a")) == 1


def test_a_waiting_job_is_cancelled_at_once(short_dir: Path) -> None:
    with fake_engine("fake:hang-at=0", short_dir) as engine:
        engine.send(*job("a", seconds=1))
        engine.hear(Started)
        engine.send(*job("b", seconds=1))
        engine.send(Cancel("b"))
        assert engine.hear(Failed).id == "b"
        assert engine.all_of(Started, id="b") == []


def test_a_cancel_for_an_unknown_job_is_ignored(short_dir: Path) -> None:
    with fake_engine("fake:echo", short_dir) as engine:
        engine.send(Cancel("never heard of"))
        engine.send(Ping(1))
        engine.hear(Pong)
        assert engine.all_of(Failed) == []


@pytest.mark.parametrize("seconds", [0.3, 0.0, -1.0])
def test_a_deadline_ends_a_running_and_a_waiting_job(short_dir: Path, seconds: float) -> None:
    with fake_engine("fake:slow=30", short_dir) as engine:
        engine.send(*job("a", seconds=1, deadline_s=seconds))
        engine.send(*job("b", seconds=1, deadline_s=seconds))
        ends = [engine.end_of("a", timeout_s=3), engine.end_of("b", timeout_s=3)]
        assert [type(end) for end in ends] == [Failed, Failed]
        assert [failed.error.code for failed in engine.all_of(Failed)] == ["deadline", "deadline"]


def test_a_job_over_credit_is_refused(short_dir: Path) -> None:
    with fake_engine("fake:slow=30", short_dir) as engine:
        for job_id in ("a", "b", "c"):
            engine.send(*job(job_id, seconds=1))
        failed = engine.hear(Failed)
        assert (failed.id, failed.error.code, failed.error.retryable) == ("c", "overloaded", True)


def test_a_job_before_the_model_is_loaded_is_refused(short_dir: Path) -> None:
    with sidecar("engine", short_dir) as engine:
        engine.hear(Hello)
        engine.send(*job("a", seconds=1))
        assert engine.hear(Failed).error.code == "loading"


def test_frames_that_are_no_message_are_logged_and_the_next_one_is_obeyed(short_dir: Path) -> None:
    with fake_engine("fake:echo", short_dir) as engine:
        engine.send_frames([b"\xc1"])
        engine.send_frames([b"\x81\xa4type\xa4sing"])
        engine.send_frames([b"a", b"b", b"c"])
        engine.send_frames([b""])
        engine.send(Ping(7))
        assert engine.hear(Pong).seq == 7
        assert (short_dir / "log").read_text().count("a frame that is no message") == 4


def test_a_job_that_cannot_be_read_is_answered_where_its_id_can(short_dir: Path) -> None:
    with fake_engine("fake:echo", short_dir) as engine:
        engine.send_frames([b"\x83\xa4type\xa3job\xa2id\xa1x\xa7attempt\x03"])
        failed = engine.hear(Failed)
        assert (failed.id, failed.attempt, failed.error.code) == ("x", 3, "internal")
        assert "priority" in failed.error.message


def test_stop_finishes_what_is_under_way_and_takes_nothing_more(short_dir: Path) -> None:
    with fake_engine("fake:slow=0.1", short_dir) as engine:
        engine.send(*job("a", seconds=2))
        engine.send(*job("b", seconds=2))
        engine.hear(Started, id="a")
        engine.send(Stop())
        engine.send(*job("c", seconds=2))
        assert [type(engine.end_of(job_id)) for job_id in "abc"] == [Done, Done, Failed]
        assert engine.all_of(Failed)[0].error.code == "overloaded"
        assert engine.hear(Bye).reason == "stopped"
        assert engine.process.wait(2) == 0


def test_metrics_come_at_most_once_a_second_and_end_with_the_right_sums(short_dir: Path) -> None:
    with fake_engine("fake:echo", short_dir) as engine:
        for index in range(4):
            engine.send(*job(f"job-{index}", seconds=1.5))
            engine.hear(Done, id=f"job-{index}")
        first = engine.all_of(Metrics)[0]
        assert first.jobs_done == 1
        last = engine.hear(Metrics, timeout_s=3)
        assert (last.jobs_done, last.jobs_failed, last.audio_s) == (4, 0, 6.0)
        assert len(engine.all_of(Metrics)) == 2
