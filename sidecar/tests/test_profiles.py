"""The opt-in profiles on real weights: `batched` is BatchedInferencePipeline, `fast` less work for the same words."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from faster_whisper import BatchedInferencePipeline, WhisperModel

from hum_sidecar.audio import Samples, samples_of
from hum_sidecar.calls import Calls
from hum_sidecar.engines.batching.shortened import is_poor, shortened
from hum_sidecar.engines.faster_whisper import FasterWhisper, load_engine
from hum_sidecar.engines.protocol import Host
from hum_sidecar.messages import BytesRef, Job
from hum_sidecar.options import JobOptions
from hum_sidecar.task import Task
from media import JFK
from plane import MODEL_DIR, load, options
from wer import Errors, errors_of

JFK_SAMPLES = samples_of(JFK.read_bytes()[-352_000:])
PAUSE = np.zeros(16_000, dtype=np.float32)
LONG = np.concatenate([JFK_SAMPLES, PAUSE] * 3)


@pytest.fixture(scope="module")
def engine() -> FasterWhisper:
    return load_engine(load("base", workers=2), Host(Calls()))


def texts(engine: FasterWhisper, samples: Samples, asked: JobOptions) -> list[tuple[str, list[int]]]:
    said: list[tuple[str, list[int]]] = []
    run = Task(Job("a", 1, "interactive", None, BytesRef(None, 0, 0), asked), None, None)
    engine.transcribe(samples, asked, run=run, tell=lambda segment: said.append((segment.text, segment.tokens)))
    return said


@pytest.mark.parametrize("changes", [{"language": "en"}, {"language": "en", "word_timestamps": True}, {}], ids=str)
def test_the_batched_profile_is_the_batched_pipeline(engine: FasterWhisper, changes: dict[str, Any]) -> None:
    plain = BatchedInferencePipeline(WhisperModel(str(MODEL_DIR / "base"), device="cpu", compute_type="int8"))
    segments, _ = plain.transcribe(LONG, batch_size=4, without_timestamps=False, **changes)
    wanted = [(segment.text, segment.tokens) for segment in segments]
    assert len(wanted) >= 2
    assert texts(engine, LONG, options(profile="batched", batch_size=4, **changes)) == wanted


def test_batched_and_other_jobs_run_side_by_side(engine: FasterWhisper) -> None:
    batched, plain = options(profile="batched", language="en"), options(language="en")
    alone = [texts(engine, LONG, batched), texts(engine, JFK_SAMPLES, plain)]
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(texts, engine, LONG, batched), pool.submit(texts, engine, JFK_SAMPLES, plain)]
        assert [run.result() for run in runs] == alone


def test_the_fast_profile_says_the_same_words_of_clear_speech(engine: FasterWhisper) -> None:
    whole = "".join(text for text, _ in texts(engine, JFK_SAMPLES, options(language="en")))
    fast = "".join(text for text, _ in texts(engine, JFK_SAMPLES, options(language="en", profile="fast")))
    # A comma may come and go.
    assert errors_of(whole, fast, language="en") == Errors(words=22, errors=0)


def test_less_padding_is_kept_for_a_short_clip_only() -> None:
    features = np.zeros((1, 80, 3000), dtype=np.float32)
    features[:, :, :400] = -1
    short = shortened(features)
    assert short is not None
    assert short.shape == (1, 80, 1300)
    features[:, :, :1301] = -1
    longer = shortened(features)
    assert longer is not None
    assert longer.shape == (1, 80, 1402)
    features[:, :, :1600] = -1
    assert shortened(features) is None


class Result:
    """Of one window, as ctranslate2 gives it."""

    def __init__(self, tokens: int, score: float) -> None:
        self.sequences_ids = [list(range(tokens))]
        self.scores = [score]


@pytest.mark.parametrize(
    ("result", "text", "poor"),
    [
        (Result(20, -0.2), "an honest sentence of several words", False),
        (Result(20, -0.9), "an honest sentence of several words", True),
        (Result(20, -0.2), "again and again and " * 20, True),
        (Result(100, -0.2), "what found no end", True),
        (Result(0, 0.0), "", True),
    ],
)
def test_poor_evidence_is_a_low_score_repetition_or_no_end(result: Result, text: str, poor: bool) -> None:
    assert is_poor(result, room=100, length_penalty=1.0, text_of=lambda _: text) == poor
