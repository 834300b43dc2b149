"""The faster-whisper engine: `WhisperModel.transcribe` unmodified, a thread per job, a check at every engine call."""

import math
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from hum_sidecar.audio import Samples
from hum_sidecar.calls import Calls
from hum_sidecar.engines.protocol import Outcome, Run, worker_count
from hum_sidecar.errors import HumError, without_details
from hum_sidecar.log import log
from hum_sidecar.messages import JobOptions, Load, ModelIdentity, TranscriptSegment, Word

if TYPE_CHECKING:
    import faster_whisper
    from ctranslate2.models import Whisper
    from faster_whisper import transcribe

# Told where the engine's own is no number: 0 would claim certainty; this lies below all real ones, and its exp() is 0.
LOST_LOGPROB = -1000.0

_NEEDED_FILES = ("model.bin", "config.json", "tokenizer.json")


class CheckedCalls:
    """Stands in for ctranslate2's model: before each call it asks the calling thread's job whether to go on."""

    def __init__(self, model: "Whisper", calls: Calls) -> None:
        self._model = model
        self._calls = calls
        self._local = threading.local()

    def serve(self, run: Run | None) -> None:
        """The calling thread now works for this job."""
        self._local.run = run

    def encode(self, *args: Any, **options: Any) -> Any:
        return self._checked(self._model.encode, *args, **options)

    def detect_language(self, *args: Any, **options: Any) -> Any:
        return self._checked(self._model.detect_language, *args, **options)

    def generate(self, *args: Any, **options: Any) -> Any:
        return self._checked(self._model.generate, *args, **options)

    def align(self, *args: Any, **options: Any) -> Any:
        return self._checked(self._model.align, *args, **options)

    def _checked(self, call: Callable[..., Any], *args: Any, **options: Any) -> Any:
        run: Run | None = self._local.run
        if run is not None:
            run.check()
        with self._calls.running():
            return call(*args, **options)

    # What faster-whisper reads beside the calls: is_multilingual, device, n_mels and the like.
    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)


class FasterWhisper:
    """One WhisperModel with its worker threads' view of it."""

    def __init__(self, whisper: "faster_whisper.WhisperModel", *, load: Load, workers: int, calls: Calls) -> None:
        self._whisper = whisper
        model = whisper.model
        self._calls = CheckedCalls(model, calls)
        whisper.model = cast("Whisper", self._calls)
        self._languages = whisper.supported_languages
        self._multilingual = model.is_multilingual
        self.workers = workers
        self.slots = load.slots or workers + 1
        self.identity = ModelIdentity(load.model, load.revision, "faster-whisper", model.device, model.compute_type)

    def transcribe(
        self, samples: Samples, options: JobOptions, *, run: Run, tell: Callable[[TranscriptSegment], None]
    ) -> Outcome:
        from hum_sidecar.gate import has_speech

        self._refuse_what_it_cannot(options)
        if len(samples) == 0 or (options.speech_gate and not has_speech(samples, check=run.check)):
            return self._nothing_heard(options)
        run.check()
        self._calls.serve(run)
        try:
            segments, info = self._whisper.transcribe(
                samples,
                task=options.task,
                language=options.language,
                initial_prompt=options.initial_prompt,
                hotwords=options.hotwords,
                temperature=options.temperatures,
                beam_size=options.beam_size,
                word_timestamps=options.word_timestamps,
                without_timestamps=options.without_timestamps,
                condition_on_previous_text=options.condition_on_previous_text,
                vad_filter=options.vad_filter,
            )
            # The work is done here, not above: each step of this loop is one or more engine calls.
            for segment in segments:
                tell(told(segment))
                run.check()
            return Outcome(info.language, _finite(info.language_probability))
        finally:
            self._calls.serve(None)

    def _refuse_what_it_cannot(self, options: JobOptions) -> None:
        """faster-whisper would quietly use English instead."""
        name = self.identity.name
        if options.task == "translate" and not self._multilingual:
            message = f"model '{name}' is English-only and cannot translate; use a multilingual model such as 'base'"
            raise HumError("bad_request", message, stage="transcribe")
        if options.language is not None and options.language not in self._languages:
            known = ", ".join(self._languages)
            message = f"model '{name}' does not know language '{options.language}'; it knows {known}"
            raise HumError("bad_request", message, stage="transcribe")

    def _nothing_heard(self, options: JobOptions) -> Outcome:
        if options.language is not None:
            return Outcome(options.language, 1.0)
        # A multilingual model has nothing to detect a language from: English in name, with no confidence at all.
        return Outcome("en", 0.0 if self._multilingual else 1.0)


def load_engine(load: Load, calls: Calls) -> FasterWhisper:
    """From a local directory only. Raises HumError `loading` with what is missing or unsupported."""
    directory = Path(load.path)
    missing = [name for name in _NEEDED_FILES if not (directory / name).is_file()]
    if missing:
        raise _not_loadable(load, f"its directory has no {', '.join(missing)}; it must be a CTranslate2 Whisper model")
    # Nothing is fetched in a job's path: what is missing is an error, not a download.
    os.environ["HF_HUB_OFFLINE"] = "1"
    import ctranslate2
    from faster_whisper import WhisperModel

    from hum_sidecar.gate import load_gate

    device = load.device
    if device == "auto":
        device = "cuda" if ctranslate2.get_cuda_device_count() > 0 else "cpu"
    compute_type = load.compute_type
    if compute_type == "auto":
        compute_type = "float16" if device == "cuda" else "int8"
    try:
        supported = ctranslate2.get_supported_compute_types(device)
    except (RuntimeError, ValueError) as error:
        raise _not_loadable(load, f"asking for device '{device}' raised {without_details(error)}") from error
    if compute_type not in supported | {"default"}:
        known = ", ".join(sorted(supported))
        raise _not_loadable(load, f"compute type '{compute_type}' does not run on {device} here; these do: {known}")
    workers = worker_count(load.workers)
    try:
        whisper = WhisperModel(
            load.path,
            device=device,
            compute_type=compute_type,
            cpu_threads=load.threads_per_worker,
            num_workers=workers,
            local_files_only=True,
        )
        load_gate()
    except (RuntimeError, ValueError, OSError) as error:
        raise _not_loadable(load, f"faster-whisper raised {without_details(error)}") from error
    log("info", "model loaded", model=load.model, device=device, compute_type=compute_type, workers=workers)
    return FasterWhisper(whisper, load=load, workers=workers, calls=calls)


def _not_loadable(load: Load, why: str) -> HumError:
    return HumError("loading", f"model '{load.model}' cannot be loaded: {why}", stage="load")


def told(segment: "transcribe.Segment") -> TranscriptSegment:
    """As the wire has it: plain floats, since faster-whisper's are partly numpy's. No lost score may lose the text."""
    words = segment.words
    return TranscriptSegment(
        id=segment.id,
        seek=segment.seek,
        start=_finite(segment.start),
        end=_finite(segment.end),
        text=segment.text,
        tokens=list(segment.tokens),
        temperature=_finite(segment.temperature or 0.0),
        avg_logprob=_finite(segment.avg_logprob, lost=LOST_LOGPROB),
        compression_ratio=_finite(segment.compression_ratio),
        no_speech_prob=_finite(segment.no_speech_prob),
        words=None if words is None else [_told_word(word) for word in words],
    )


def _told_word(word: "transcribe.Word") -> Word:
    return Word(word.word, _finite(word.start), _finite(word.end), _finite(word.probability))


def _finite(value: float, *, lost: float = 0.0) -> float:
    """The wire and JSON have no other numbers. A probability that is lost is 0: no confidence."""
    return float(value) if math.isfinite(value) else lost
