"""The pocketsphinx engine on the model in its package: rough words, exact behaviour."""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import jiwer
import numpy as np
import pytest

from hum_sidecar.audio import SAMPLE_RATE, Samples, samples_of
from hum_sidecar.calls import Calls
from hum_sidecar.engines.pocketsphinx import Pocketsphinx, load_engine, utterances
from hum_sidecar.engines.protocol import Host, Outcome
from hum_sidecar.errors import HumError
from hum_sidecar.messages import (
    Bye,
    BytesRef,
    Done,
    Failed,
    Hello,
    Job,
    Ping,
    Pong,
    Ready,
    Segment,
    Started,
    Stop,
    TranscriptSegment,
)
from hum_sidecar.task import Task
from media import JFK, noise
from plane import job, load, options, sidecar

pytest.importorskip("pocketsphinx", reason="pocketsphinx has no wheel for this Python")

PCM = JFK.read_bytes()[-352_000:]
JFK_SAMPLES = samples_of(PCM)
SAID = "and so my fellow americans ask not what your country can do for you ask what you can do for your country"
# The second sentence, after the pause.
LAST = JFK_SAMPLES[8 * SAMPLE_RATE :]
CALLS = Calls()


@pytest.fixture(scope="module")
def engine() -> Pocketsphinx:
    return load_engine(load("pocketsphinx-en-us", engine="pocketsphinx", workers=2), Host(CALLS))


@pytest.fixture(scope="module")
def heard(engine: Pocketsphinx) -> list[TranscriptSegment]:
    return transcribe(engine, JFK_SAMPLES, word_timestamps=True)


def task(*, deadline: float | None = None) -> Task:
    return Task(Job("a", 1, "interactive", None, BytesRef(None, 0, 0), options()), None, deadline)


def transcribe(engine: Pocketsphinx, samples: Samples, **changes: Any) -> list[TranscriptSegment]:
    segments: list[TranscriptSegment] = []
    outcome = engine.transcribe(samples, options(**changes), run=task(), tell=segments.append)
    assert outcome == Outcome("en", 1.0)
    return segments


def text_of(segments: list[TranscriptSegment]) -> str:
    return "".join(segment.text for segment in segments)


def test_most_words_of_the_bundled_clip_are_right(heard: list[TranscriptSegment]) -> None:
    # 0.18 on x86_64; in so old a recording much turns on rounding, which other processors do otherwise.
    assert jiwer.wer(SAID, text_of(heard).strip()) <= 0.5


def test_a_pause_ends_a_segment_and_times_rise_within_the_audio(heard: list[TranscriptSegment]) -> None:
    assert [segment.id for segment in heard] == [1, 2]
    times = [(word.start, word.end) for segment in heard for word in segment.words or []]
    assert all(start < end for start, end in times)
    assert all(before[1] <= after[0] for before, after in pairwise(times))
    assert (times[0][0], times[-1][1]) == (heard[0].start, heard[-1].end)
    assert 0 <= times[0][0] < times[-1][1] <= len(JFK_SAMPLES) / SAMPLE_RATE
    # He pauses from 7.7 s to 8.2 s.
    assert heard[0].end <= 7.8 < 8.1 <= heard[1].start


def test_a_segment_is_made_of_its_words_without_marks_of_the_dictionary(heard: list[TranscriptSegment]) -> None:
    for segment in heard:
        words = segment.words or []
        assert segment.text == "".join(word.word for word in words)
        assert all(word.word.strip().replace("'", "").isalpha() and word.word.islower() for word in words)
        assert all(0 < word.probability <= 1 for word in words)
        assert segment.avg_logprob < 0 < segment.compression_ratio
        assert segment.seek / 100 <= segment.start
        assert (segment.tokens, segment.temperature, segment.no_speech_prob) == ([], 0.0, 0.0)


def test_words_are_told_only_when_asked_for(engine: Pocketsphinx) -> None:
    assert [segment.words for segment in transcribe(engine, LAST)] == [None]


@pytest.mark.parametrize("gate", [True, False])
@pytest.mark.parametrize("seconds", [0, 0.01, 0.2, 5])
def test_silence_gives_nothing(engine: Pocketsphinx, seconds: float, gate: bool) -> None:
    silence = np.zeros(round(seconds * SAMPLE_RATE), dtype=np.float32)
    assert transcribe(engine, silence, speech_gate=gate) == []


def test_noise_does_not_pass_the_gate(engine: Pocketsphinx) -> None:
    began = CALLS.counts()
    assert transcribe(engine, noise(5, level=0.1, seed=1).astype(np.float32)) == []
    assert CALLS.counts() == began


def test_only_the_clips_that_are_asked_for_are_transcribed(engine: Pocketsphinx) -> None:
    (segment,) = transcribe(engine, JFK_SAMPLES, clip_timestamps=[0.0, 0.1, 8.0])
    assert "what you can do" in segment.text
    assert segment.start >= 8.0


def test_options_of_whispers_search_change_nothing(engine: Pocketsphinx) -> None:
    hints = {"initial_prompt": "President Kennedy", "prefix": "Ask", "hotwords": "country", "profile": "batched"}
    search = {"beam_size": 1, "temperatures": [1.0], "max_new_tokens": 1, "suppress_tokens": [1]}
    assert transcribe(engine, LAST, language="en", **hints, **search) == transcribe(engine, LAST)


@pytest.mark.parametrize(
    ("changes", "asked"),
    [({"language": "de"}, "transcribe language 'de'"), ({"task": "translate"}, "translate language 'en'")],
)
def test_it_knows_english_only(engine: Pocketsphinx, changes: dict[str, Any], asked: str) -> None:
    with pytest.raises(HumError, match=f"is English-only and cannot {asked}; use a multilingual model") as raised:
        transcribe(engine, LAST, **changes)
    assert (raised.value.code, raised.value.stage) == ("bad_request", "transcribe")


def test_two_at_once_get_what_each_gets_alone(engine: Pocketsphinx) -> None:
    # Of different levels, so that what a decoder learnt of one would show in the next.
    clips = [LAST, JFK_SAMPLES[: 2 * SAMPLE_RATE] * np.float32(0.1), JFK_SAMPLES[5 * SAMPLE_RATE : 7 * SAMPLE_RATE]]
    alone = [transcribe(engine, clip, word_timestamps=True) for clip in clips]
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(transcribe, engine, clip, word_timestamps=True) for clip in reversed(clips)]
        assert [run.result() for run in runs] == alone[::-1]
    assert all(alone)


def test_a_cancel_stops_it_within_a_piece_and_leaves_a_decoder_that_works(engine: Pocketsphinx) -> None:
    expected = transcribe(engine, LAST)
    run = task()
    at_cancel: list[int] = []

    def cancel() -> None:
        time.sleep(0.3)
        run.cancel()
        at_cancel.append(CALLS.counts()[0])

    threading.Thread(target=cancel).start()
    with pytest.raises(HumError) as raised:
        engine.transcribe(np.tile(JFK_SAMPLES, 10), options(), run=run, tell=lambda _: None)
    assert raised.value.code == "cancelled"
    # One piece that had begun or was about to, and the end of the utterance.
    assert CALLS.counts()[0] - at_cancel[0] <= 2
    for _ in range(engine.workers):
        assert transcribe(engine, LAST) == expected


def test_a_deadline_stops_it_too(engine: Pocketsphinx) -> None:
    with pytest.raises(HumError) as raised:
        engine.transcribe(JFK_SAMPLES, options(), run=task(deadline=time.monotonic() + 0.2), tell=lambda _: None)
    assert raised.value.code == "deadline"
    assert CALLS.oldest_s() is None


def test_speech_without_a_pause_is_cut_before_it_gets_long() -> None:
    breathless = np.tile(JFK_SAMPLES[round(8.3 * SAMPLE_RATE) : round(10.3 * SAMPLE_RATE)], 25)
    parts = list(utterances(breathless, [], check=lambda: None))
    assert [round((end - start) / SAMPLE_RATE) for start, end in parts] == [20, 20, 10]
    assert all(before[1] == after[0] for before, after in pairwise(parts))


def test_it_says_what_really_answers(engine: Pocketsphinx) -> None:
    import pocketsphinx

    identity = engine.identity
    assert (identity.name, identity.engine, identity.device) == ("pocketsphinx-en-us", "pocketsphinx", "cpu")
    assert f"pocketsphinx-{identity.revision}.dist-info" in {
        path.name for path in Path(pocketsphinx.__file__).parents[1].iterdir()
    }
    assert (engine.workers, engine.slots) == (2, 3)


def test_where_the_package_is_missing_loading_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pocketsphinx", None)
    with pytest.raises(HumError, match="pocketsphinx is not installed; it comes for Python") as raised:
        load_engine(load("pocketsphinx-en-us", engine="pocketsphinx"), Host(Calls()))
    assert (raised.value.code, raised.value.stage) == ("loading", "load")


def test_it_answers_over_the_wire_and_pings_while_it_works(short_dir: Path) -> None:
    with sidecar("engine", short_dir) as process:
        hello = process.hear(Hello)
        process.send(load("pocketsphinx-en-us", engine="pocketsphinx", workers=2))
        ready = process.hear(Ready)
        assert ready.model is not None
        assert (ready.slots, ready.model.engine, ready.model.revision) == (
            3,
            "pocketsphinx",
            hello.versions["pocketsphinx"],
        )
        for job_id in ("a", "b"):
            process.send(*job(job_id, pcm=PCM[8 * 32_000 :]))
        process.hear(Started, id="b")
        answered = 0
        while not process.all_of(Segment):
            process.send(Ping(answered))
            # Three missed pings of a second each are death.
            assert process.hear(Pong, timeout_s=3).seq == answered
            answered += 1
        assert answered >= 3
        assert [type(process.end_of(job_id)) for job_id in ("a", "b")] == [Done, Done]
        text = text_of([told.segment for told in process.all_of(Segment, id="a")])
        assert "what you can do" in text
        assert "what you can do" not in (short_dir / "log").read_text()
        process.send(*job("c", seconds=1, options=options(language="de")))
        assert process.hear(Failed).error.code == "bad_request"
        process.send(Stop())
        process.hear(Bye)
        assert process.process.wait(5) == 0
