"""Batching on real weights: whatever runs at once, each transcript is the one that plain faster-whisper gives alone."""

import copy
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any, cast

import msgspec
import numpy as np
import pytest
from faster_whisper import WhisperModel

from hum_sidecar.audio import Samples, samples_of
from hum_sidecar.calls import Calls
from hum_sidecar.engines.batching.batcher import Batcher
from hum_sidecar.engines.batching.call import Call
from hum_sidecar.engines.batching.choice import Caps
from hum_sidecar.engines.batching.detection import decoding_window
from hum_sidecar.engines.faster_whisper import FasterWhisper, load_engine
from hum_sidecar.engines.protocol import Host, Outcome
from hum_sidecar.errors import HumError
from hum_sidecar.messages import BytesRef, Job, TranscriptSegment
from hum_sidecar.options import JobOptions
from hum_sidecar.task import Task
from media import JFK
from plane import MODEL_DIR, load, options

JFK_SAMPLES = samples_of(JFK.read_bytes()[-352_000:])
RATE = 16_000


def task(asked: JobOptions) -> Task:
    return Task(Job("a", 1, "interactive", None, BytesRef(None, 0, 0), asked), None, None)


def transcribe(engine: FasterWhisper, samples: Samples, asked: JobOptions) -> tuple[list[TranscriptSegment], Outcome]:
    segments: list[TranscriptSegment] = []
    outcome = engine.transcribe(samples, asked, run=task(asked), tell=segments.append)
    return segments, outcome


def expected(model: WhisperModel, samples: Samples, changes: dict[str, Any]) -> tuple[list[dict[str, Any]], str]:
    # `chunk_length` stays in its feature extractor for all calls to come.
    fresh = copy.copy(model)
    fresh.feature_extractor = copy.copy(model.feature_extractor)
    segments, info = fresh.transcribe(samples, **changes)
    return [asdict(segment) for segment in segments], info.language


def cut(start_s: float, end_s: float) -> Samples:
    return JFK_SAMPLES[int(start_s * RATE) : int(end_s * RATE)]


LONG = np.concatenate([JFK_SAMPLES, np.zeros(10 * RATE, dtype=np.float32), JFK_SAMPLES])

# Mixed on purpose: what may share a call and what must not run side by side.
MIXED: list[tuple[Samples, dict[str, Any]]] = [
    (JFK_SAMPLES, {}),
    (cut(0, 4), {"language": "en"}),
    (cut(3.2, 8.1), {"language": "de"}),
    (cut(0, 8), {"task": "translate", "language": "fr"}),
    (JFK_SAMPLES, {"initial_prompt": "President Kennedy"}),
    (JFK_SAMPLES, {"hotwords": "fellow Americans", "word_timestamps": True}),
    (cut(7.9, 11), {"word_timestamps": True, "language": "en"}),
    (cut(0, 11), {"beam_size": 1}),
    (cut(0, 10), {"beam_size": 1, "language": "en"}),
    (LONG, {"word_timestamps": True}),
    (JFK_SAMPLES, {"without_timestamps": True, "language": "en"}),
    (JFK_SAMPLES, {"chunk_length": 6, "language": "en"}),
    (JFK_SAMPLES, {"condition_on_previous_text": False, "vad_filter": True}),
    (cut(0, 1), {"language": "en"}),
    (JFK_SAMPLES, {"language": "en", "patience": 2.0, "prefix": "And so"}),
    (JFK_SAMPLES, {"multilingual": True, "repetition_penalty": 1.1, "suppress_tokens": [-1, 1002]}),
]


@pytest.fixture(scope="module")
def direct() -> WhisperModel:
    """Upstream's own layout and nothing of ours."""
    return WhisperModel(str(MODEL_DIR / "base"), device="cpu", compute_type="int8")


@pytest.fixture(scope="module")
def alone(direct: WhisperModel) -> list[tuple[list[dict[str, Any]], str]]:
    return [expected(direct, samples, changes) for samples, changes in MIXED]


@pytest.fixture(scope="module")
def calls() -> Calls:
    return Calls()


@pytest.fixture(scope="module")
def engine(calls: Calls) -> FasterWhisper:
    return load_engine(msgspec.structs.replace(load("base", workers=2), threads_per_worker=2, slots=16), Host(calls))


# All that is mixed where calls meet most; every third otherwise, which is enough to see that nothing is mixed up.
@pytest.mark.parametrize(("at_once", "step"), [(1, 3), (2, 3), (4, 1), (8, 3), (16, 1)])
def test_tokens_times_words_and_scores_of_mixed_requests_are_equal(
    engine: FasterWhisper, alone: list[tuple[list[dict[str, Any]], str]], at_once: int, step: int
) -> None:
    asked = MIXED[::step]
    with ThreadPoolExecutor(at_once) as pool:
        runs = [pool.submit(transcribe, engine, samples, options(**changes)) for samples, changes in asked]
        results = [run.result() for run in runs]
    for (segments, outcome), (wanted, language), (_, changes) in zip(results, alone[::step], asked, strict=True):
        assert msgspec.to_builtins(segments) == wanted, changes
        assert outcome.language == language, changes
        # Above it, decoding is random by design, and equality would be luck.
        assert {segment.temperature for segment in segments} <= {0.0}, changes
    assert sum(len(segments) for segments, _ in results) > len(asked)


def test_requests_that_may_share_calls_do(engine: FasterWhisper, calls: Calls, direct: WhisperModel) -> None:
    changes = {"language": "en", "word_timestamps": True}
    clips = [cut(start, 11) for start in range(6)]
    wanted = [expected(direct, clip, changes)[0] for clip in clips]
    begun, answered = calls.counts()
    with ThreadPoolExecutor(8) as pool:
        runs = [pool.submit(transcribe, engine, clip, options(**changes)) for clip in clips]
        found = [run.result()[0] for run in runs]
    assert [msgspec.to_builtins(segments) for segments in found] == wanted
    now_begun, now_answered = calls.counts()
    assert now_answered - answered > now_begun - begun


def test_deterministic_requests_share_no_call(engine: FasterWhisper, calls: Calls) -> None:
    begun, answered = calls.counts()
    asked = options(language="en", deterministic=True, beam_size=1)
    with ThreadPoolExecutor(8) as pool:
        runs = [pool.submit(transcribe, engine, cut(0, 4), asked) for _ in range(8)]
        assert len({str(run.result()) for run in runs}) == 1
    now_begun, now_answered = calls.counts()
    assert now_answered - answered == now_begun - begun > 0


def test_a_short_clip_whose_language_is_detected_is_encoded_once(engine: FasterWhisper, calls: Calls) -> None:
    def engine_calls(asked: JobOptions) -> int:
        begun, _ = calls.counts()
        transcribe(engine, JFK_SAMPLES, asked)
        return calls.counts()[0] - begun

    # Encode, detect, generate; the exact window costs one encoding more.
    assert engine_calls(options()) == 3
    assert engine_calls(options(deterministic=True)) == 4
    assert engine_calls(options(language="en")) == 2


def test_detection_from_the_decoding_window_agrees_on_12_clips(engine: FasterWhisper, direct: WhisperModel) -> None:
    starts = [0.75 * number for number in range(12)]
    clips = [cut(start, start + length) for start in starts for length in (5,)]
    with ThreadPoolExecutor(8) as pool:
        asked = options(beam_size=1, speech_gate=False)
        found = [run.result() for run in [pool.submit(transcribe, engine, clip, asked) for clip in clips]]
    wanted = [direct.transcribe(clip, beam_size=1)[1] for clip in clips]
    assert [outcome.language for _, outcome in found] == [info.language for info in wanted]
    for (_, outcome), info in zip(found, wanted, strict=True):
        assert outcome.language_probability == pytest.approx(info.language_probability, abs=0.1)


def test_the_decoding_window_lacks_the_last_frame_of_content() -> None:
    window = np.zeros((1, 80, 3000), dtype=np.float32)
    window[0, :, :1101] = -1.0
    shortened = decoding_window(window)
    assert shortened is not None
    assert np.flatnonzero(shortened[0].any(axis=0))[-1] == 1099
    assert decoding_window(np.full((1, 80, 3000), -1.0, dtype=np.float32)) is None


class Model:
    """Stands for the model: notes each call and waits where it is told to; what is 'bad' raises."""

    def __init__(self) -> None:
        self.batches: list[list[Any]] = []
        self.entered = threading.Semaphore(0)
        self.proceed = threading.Semaphore(0)

    def __call__(self, calls: Sequence[Call]) -> list[Any]:
        rows = [call.rest["row"] for call in calls]
        self.batches.append(rows)
        self.entered.release()
        self.proceed.acquire()
        if "bad" in rows:
            raise RuntimeError("bad row")
        return rows


def row(name: str, run: Task | None = None) -> Call:
    return Call("generate", "key", cast("Any", None), 1, run, rest={"row": name})


def test_what_queued_while_the_model_was_busy_goes_together() -> None:
    model = Model()
    batcher = Batcher(model, workers=1, caps=Caps(8, 8, 8), calls=Calls())
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(batcher.ask, row("first"))
        model.entered.acquire()
        others = [pool.submit(batcher.ask, row(name)) for name in ("b", "c", "d")]
        while batcher.waiting() < 3:
            pass
        model.proceed.release(2)
        assert first.result() == "first"
        assert sorted(other.result() for other in others) == ["b", "c", "d"]
    assert [sorted(batch) for batch in model.batches] == [["first"], ["b", "c", "d"]]


def test_a_batch_that_raises_fails_only_the_call_whose_fault_it_is() -> None:
    model = Model()
    model.proceed.release(100)
    batcher = Batcher(model, workers=1, caps=Caps(8, 8, 8), calls=Calls())
    with ThreadPoolExecutor(8) as pool:
        asked = {name: pool.submit(batcher.ask, row(name)) for name in ("a", "bad", "b", "c")}
        assert [asked[name].result() for name in ("a", "b", "c")] == ["a", "b", "c"]
        with pytest.raises(RuntimeError, match="bad row"):
            asked["bad"].result()


def test_a_call_whose_job_was_cancelled_while_it_waited_never_reaches_the_model() -> None:
    model = Model()
    batcher = Batcher(model, workers=1, caps=Caps(8, 8, 8), calls=Calls())
    left = task(options())
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(batcher.ask, row("first"))
        model.entered.acquire()
        gone = pool.submit(batcher.ask, row("gone", left))
        while batcher.waiting() < 1:
            pass
        left.cancel()
        model.proceed.release(5)
        assert first.result() == "first"
        with pytest.raises(HumError, match="cancelled"):
            gone.result()
    assert model.batches == [["first"]]
