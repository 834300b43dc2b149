"""The faster-whisper engine on real weights: its transcripts are those of plain WhisperModel.transcribe."""

import math
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import msgspec
import numpy as np
import pytest
from faster_whisper import WhisperModel
from faster_whisper import transcribe as upstream

from hum_sidecar.audio import Samples, samples_of
from hum_sidecar.calls import Calls
from hum_sidecar.engines.faster_whisper import FasterWhisper, load_engine
from hum_sidecar.engines.protocol import LOST_LOGPROB, Host, Outcome
from hum_sidecar.engines.whisper.terms import told
from hum_sidecar.errors import HumError
from hum_sidecar.messages import BytesRef, Job, TranscriptSegment, Word
from hum_sidecar.options import JobOptions
from hum_sidecar.task import Task
from media import JFK, noise
from plane import MODEL_DIR, load, options

if TYPE_CHECKING:
    from ctranslate2.models import Whisper

JFK_SAMPLES = samples_of(JFK.read_bytes()[-352_000:])
SILENCE: Samples = np.zeros(5 * 16_000, dtype=np.float32)


class Counted:
    """Stands before ctranslate2's model and counts the calls that reach it."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.calls = 0
        self.on_call: Callable[[int], None] = lambda _: None

    def __getattr__(self, name: str) -> Any:
        if name in ("encode", "generate", "align", "detect_language"):
            self.calls += 1
            self.on_call(self.calls)
        return getattr(self._model, name)


@pytest.fixture(scope="module")
def engine() -> FasterWhisper:
    return load_engine(load("tiny.en", workers=2), Host(Calls()))


@pytest.fixture
def counted(direct: WhisperModel) -> Generator[tuple[FasterWhisper, Counted]]:
    """An engine over the direct model, with what counts its calls."""
    plain = direct.model
    counter = Counted(plain)
    direct.model = cast("Whisper", counter)
    yield FasterWhisper(direct, load=load("tiny.en"), workers=1, calls=Calls()), counter
    direct.model = plain


@pytest.fixture(scope="module")
def direct() -> WhisperModel:
    """Upstream's own layout, so that ours is shown to change nothing."""
    return WhisperModel(str(MODEL_DIR / "tiny.en"), device="cpu", compute_type="int8")


def task(*, deadline: float | None = None) -> Task:
    return Task(Job("a", 1, "interactive", None, BytesRef(None, 0, 0), options()), None, deadline)


def transcribe(
    engine: FasterWhisper, samples: Samples, asked: JobOptions, *, run: Task | None = None
) -> tuple[list[TranscriptSegment], Outcome]:
    segments: list[TranscriptSegment] = []
    outcome = engine.transcribe(samples, asked, run=run or task(), tell=segments.append)
    return segments, outcome


def expected(model: WhisperModel, samples: Samples, **changes: Any) -> list[dict[str, Any]]:
    segments, _ = model.transcribe(samples, **changes)
    return [asdict(segment) for segment in segments]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"word_timestamps": True},
        {"beam_size": 1},
        {"initial_prompt": "President Kennedy", "hotwords": "fellow Americans"},
        {"without_timestamps": True, "language": "en"},
        {"vad_filter": True},
    ],
    ids=str,
)
def test_transcripts_are_those_of_plain_faster_whisper(
    engine: FasterWhisper, direct: WhisperModel, changes: dict[str, Any]
) -> None:
    segments, outcome = transcribe(engine, JFK_SAMPLES, options(**changes))
    assert msgspec.to_builtins(segments) == expected(direct, JFK_SAMPLES, **changes)
    assert "country" in "".join(segment.text for segment in segments)
    assert outcome == Outcome("en", 1.0)
    assert {segment.temperature for segment in segments} == {0.0}


def test_audio_of_several_windows_is_equal_too(engine: FasterWhisper, direct: WhisperModel) -> None:
    samples = np.concatenate([JFK_SAMPLES, np.zeros(22 * 16_000, dtype=np.float32), JFK_SAMPLES])
    segments, _ = transcribe(engine, samples, options(word_timestamps=True))
    assert len({segment.seek for segment in segments}) >= 2
    assert msgspec.to_builtins(segments) == expected(direct, samples, word_timestamps=True)
    # Above it, decoding is random by design, and equality would be luck.
    assert {segment.temperature for segment in segments} == {0.0}


def test_transcripts_are_equal_with_several_at_once(engine: FasterWhisper, direct: WhisperModel) -> None:
    clips = [JFK_SAMPLES[start * 16_000 :] for start in range(0, 8, 2)]
    alone = [expected(direct, clip, word_timestamps=True) for clip in clips]
    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(transcribe, engine, clip, options(word_timestamps=True)) for clip in clips]
    assert [msgspec.to_builtins(run.result()[0]) for run in runs] == alone


@pytest.mark.parametrize(
    "samples",
    [
        SILENCE,
        SILENCE[:0],
        SILENCE[:160],
        noise(3, level=0.1, seed=1).astype(np.float32),
        noise(3, level=0.001, seed=2).astype(np.float32),
    ],
    ids=["silence", "empty", "10 ms", "noise", "quiet noise"],
)
def test_audio_without_speech_gives_no_transcript_and_no_engine_call(
    counted: tuple[FasterWhisper, Counted], samples: Samples
) -> None:
    engine, counter = counted
    assert transcribe(engine, samples, options()) == ([], Outcome("en", 1.0))
    assert counter.calls == 0


def test_the_gate_can_be_turned_off(counted: tuple[FasterWhisper, Counted]) -> None:
    engine, counter = counted
    transcribe(engine, SILENCE, options(speech_gate=False))
    assert counter.calls > 0


def test_empty_audio_gives_nothing_even_without_the_gate(engine: FasterWhisper) -> None:
    assert transcribe(engine, SILENCE[:0], options(speech_gate=False)) == ([], Outcome("en", 1.0))


@pytest.mark.parametrize("changes", [{"task": "translate"}, {"language": "de"}, {"language": "klingon"}])
def test_what_an_english_model_cannot_do_is_refused(engine: FasterWhisper, changes: dict[str, Any]) -> None:
    with pytest.raises(HumError, match=r"tiny\.en") as raised:
        transcribe(engine, JFK_SAMPLES, options(**changes))
    assert raised.value.code == "bad_request"


def test_cancelling_stops_at_the_next_engine_call_even_where_no_segment_comes(
    counted: tuple[FasterWhisper, Counted],
) -> None:
    """Ten minutes of silence with the gate off: windows are skipped, so that the loop over segments never turns."""
    engine, counter = counted
    run = task()
    counter.on_call = lambda number: run.cancel() if number == 3 else None
    with pytest.raises(HumError) as raised:
        transcribe(engine, np.tile(SILENCE, 60), options(speech_gate=False, beam_size=1), run=run)
    assert raised.value.code == "cancelled"
    assert counter.calls == 3


@pytest.mark.parametrize("samples", [JFK_SAMPLES, SILENCE], ids=["speech", "silence"])
def test_a_deadline_stops_before_the_first_engine_call(
    counted: tuple[FasterWhisper, Counted], samples: Samples
) -> None:
    engine, counter = counted
    with pytest.raises(HumError) as raised:
        transcribe(engine, samples, options(), run=task(deadline=0.0))
    assert raised.value.code == "deadline"
    assert counter.calls == 0


def test_a_thread_that_was_cancelled_serves_the_next_job(engine: FasterWhisper) -> None:
    run = task()
    run.cancel()
    with pytest.raises(HumError):
        transcribe(engine, JFK_SAMPLES, options(), run=run)
    assert transcribe(engine, JFK_SAMPLES, options())[0] != []


def test_its_identity_says_what_really_answers(engine: FasterWhisper) -> None:
    identity = engine.identity
    assert (identity.name, identity.engine, identity.device) == ("tiny.en", "faster-whisper", "cpu")
    assert identity.compute_type.startswith("int8")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"path": "/nowhere"}, "has no model.bin, config.json, tokenizer.json"),
        ({"compute_type": "int3"}, "'int3' does not run on cpu here; these do: .*int8"),
    ],
)
def test_what_cannot_be_loaded_says_why(changes: dict[str, Any], message: str) -> None:
    asked = msgspec.structs.replace(load("tiny.en"), device="cpu", **changes)
    with pytest.raises(HumError, match=message) as raised:
        load_engine(asked, Host(Calls()))
    assert (raised.value.code, raised.value.stage) == ("loading", "load")


def test_damaged_weights_say_why(tmp_path: Path) -> None:
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (tmp_path / name).write_bytes(b"{}")
    with pytest.raises(HumError, match="cannot be loaded") as raised:
        load_engine(msgspec.structs.replace(load("tiny.en"), path=str(tmp_path)), Host(Calls()))
    assert raised.value.code == "loading"
    # What the library says is in the cause, which is logged; it may name the directory.
    assert raised.value.message.endswith(f"{type(raised.value.__cause__).__name__} (the server's log says more)")


@pytest.mark.parametrize("lost", [math.nan, math.inf, -math.inf])
def test_a_lost_score_is_no_confidence_and_keeps_its_text(lost: float) -> None:
    word = upstream.Word(0.0, 1.0, " text", lost)
    heard = told(upstream.Segment(1, 0, 0.0, 1.0, " text", [7], lost, 1.0, lost, [word], 0.0))
    assert (heard.text, heard.avg_logprob, math.exp(heard.avg_logprob)) == (" text", LOST_LOGPROB, 0.0)
    assert heard.no_speech_prob == 0.0
    assert heard.words == [Word(" text", 0.0, 1.0, 0.0)]
