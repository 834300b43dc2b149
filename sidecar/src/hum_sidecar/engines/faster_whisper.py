"""The faster-whisper engine: `WhisperModel.transcribe` unmodified, a thread per job, calls on the model batched."""

import copy
import math
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, cast

from hum_sidecar.audio import Samples
from hum_sidecar.calls import Calls
from hum_sidecar.engines.batching.batcher import Batcher
from hum_sidecar.engines.batching.choice import Caps
from hum_sidecar.engines.batching.job_calls import JobCalls, Manner
from hum_sidecar.engines.batching.operations import Operations
from hum_sidecar.engines.protocol import Host, Outcome, Run, finite, worker_count
from hum_sidecar.engines.whisper.presence import Presence
from hum_sidecar.engines.whisper.terms import arguments_of, batched_arguments_of, told
from hum_sidecar.errors import HumError, without_details
from hum_sidecar.log import log
from hum_sidecar.messages import Load, ModelIdentity, TranscriptSegment
from hum_sidecar.options import JobOptions

if TYPE_CHECKING:
    import faster_whisper
    from ctranslate2.models import Whisper
    from faster_whisper import transcribe

_NEEDED_FILES = ("model.bin", "config.json", "tokenizer.json")


# How many jobs a process holds at once, so that batches can form, and how many of them go into one call at most.
_SLOTS = {"cpu": 8, "cuda": 32}


class FasterWhisper:
    """One model, on which every job has a WhisperModel of its own; their calls meet in the batcher."""

    def __init__(
        self,
        whisper: "faster_whisper.WhisperModel",
        *,
        load: Load,
        workers: int,
        calls: Calls,
        encoder: "Whisper | None" = None,
    ) -> None:
        self._whisper = whisper
        self._model = whisper.model
        self._languages = whisper.supported_languages
        self._multilingual = self._model.is_multilingual
        self._jobs = Presence()
        usual = _SLOTS[self._model.device]
        most = load.max_batch or usual
        self._batcher = Batcher(
            Operations(self._model, encoder=encoder, alone=self._jobs.alone),
            workers=workers,
            caps=Caps(live=math.ceil(most / 4), interactive=most, batch=most),
            calls=calls,
        )
        self.slots = load.slots or usual
        # A thread for each job: they only wait for each other's calls, and prepare their own.
        self.workers = self.slots
        device, compute_type = self._model.device, self._model.compute_type
        self.identity = ModelIdentity(load.model, load.revision, "faster-whisper", device, compute_type)

    def transcribe(
        self, samples: Samples, options: JobOptions, *, run: Run, tell: Callable[[TranscriptSegment], None]
    ) -> Outcome:
        from hum_sidecar.gate import has_speech

        self._refuse_what_it_cannot(options)
        if len(samples) == 0 or (options.speech_gate and not has_speech(samples, check=run.check)):
            return self._nothing_heard(options)
        run.check()
        with self._jobs.one():
            segments, info = self._begin(self._view(options, run), samples, options)
            # The work is done here, not above: each step of this loop is one or more engine calls.
            for segment in segments:
                tell(told(segment))
                run.check()
        return Outcome(info.language, finite(info.language_probability))

    def _begin(
        self, view: "faster_whisper.WhisperModel", samples: Samples, options: JobOptions
    ) -> "tuple[Iterable[transcribe.Segment], faster_whisper.TranscriptionInfo]":
        if options.profile != "batched":
            return view.transcribe(samples, **arguments_of(options))
        from faster_whisper import BatchedInferencePipeline

        # It keeps the state of one transcription.
        return BatchedInferencePipeline(view).transcribe(samples, **batched_arguments_of(options))

    def _view(self, options: JobOptions, run: Run) -> "faster_whisper.WhisperModel":
        """A WhisperModel of the job's own, over the same weights: `chunk_length` changes its feature extractor."""
        detects = options.language is None and self._multilingual and options.language_detection_segments == 1
        manner = Manner(
            shares_calls=not options.deterministic,
            shares_detection=detects and not options.deterministic,
            shortens=options.profile == "fast",
        )
        view = copy.copy(self._whisper)
        view.feature_extractor = copy.copy(view.feature_extractor)
        model = JobCalls(self._model, self._batcher, tokenizer=view.hf_tokenizer, run=run, manner=manner)
        view.model = cast("Whisper", model)
        return view

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


def load_engine(load: Load, host: Host) -> FasterWhisper:
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
    # One stream keeps a GPU busy; what goes side by side there goes in batches.
    workers = worker_count(load.workers) if device == "cpu" else load.workers or 1
    encoder = None
    try:
        whisper = WhisperModel(
            load.path,
            device=device,
            compute_type=compute_type,
            cpu_threads=load.threads_per_worker,
            num_workers=workers,
            local_files_only=True,
        )
        if load.encode_threads > 0 and device == "cpu":
            encoder = ctranslate2.models.Whisper(
                load.path, device=device, compute_type=compute_type, intra_threads=load.encode_threads
            )
        load_gate()
    except (RuntimeError, ValueError, OSError) as error:
        raise _not_loadable(load, f"faster-whisper raised {without_details(error)}") from error
    log("info", "model loaded", model=load.model, device=device, compute_type=compute_type, workers=workers)
    return FasterWhisper(whisper, load=load, workers=workers, calls=host.calls, encoder=encoder)


def _not_loadable(load: Load, why: str) -> HumError:
    return HumError("loading", f"model '{load.model}' cannot be loaded: {why}", stage="load")
