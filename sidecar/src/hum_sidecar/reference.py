"""
`python -m hum_sidecar.reference SETTINGS`: the plain faster-whisper library, as the benchmarks measure it.

SETTINGS is JSON: model_dir, device, compute_type, workers, threads (null leaves the library's defaults), batched. A
line on stdin is a request: id, path of an audio file, and options, the keyword arguments of `transcribe`. Requests run
at the same time, in a thread each, on the one model. Lines on stdout are `started`, `ready`, and for each request
`first` when its first segment is there, then one of `answer` and `failed`; times in seconds.
"""

import json
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from faster_whisper import BatchedInferencePipeline, WhisperModel

AT_ONCE = 1024
LIBRARIES = ("faster-whisper", "ctranslate2", "av", "numpy")


class Lines:
    """Standard output for whole lines of ours only: what a library prints goes to standard error."""

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8")
        self._one = threading.Lock()
        os.dup2(2, 1)

    def write(self, **line: object) -> None:
        text = json.dumps(line, ensure_ascii=False)
        with self._one:
            print(text, file=self._out, flush=True)


def main() -> None:
    lines = Lines()
    settings: dict[str, Any] = json.loads(sys.argv[1])
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    lines.write(type="started")
    began = time.perf_counter()
    numbers = {"num_workers": settings["workers"], "cpu_threads": settings["threads"]}
    model = WhisperModel(
        settings["model_dir"],
        device=settings["device"],
        compute_type=settings["compute_type"],
        local_files_only=True,
        **{name: number for name, number in numbers.items() if number is not None},
    )
    lines.write(
        type="ready",
        load_s=time.perf_counter() - began,
        device=model.model.device,
        compute_type=model.model.compute_type,
        versions={name: metadata.version(name) for name in LIBRARIES},
    )

    def serve(line: str) -> None:
        asked: dict[str, Any] = json.loads(line)
        try:
            # The pipeline keeps the state of one transcription.
            speaker = BatchedInferencePipeline(model) if settings["batched"] else model
            lines.write(type="answer", id=asked["id"], **transcribe(speaker, model, asked=asked, lines=lines))
        except Exception as error:
            lines.write(type="failed", id=asked["id"], code=type(error).__name__, message=str(error))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for line in sys.stdin:
            pool.submit(serve, line)
        # Whoever asked is gone: nobody waits for what is still in work, and it cannot be interrupted.
        os._exit(0)


def transcribe(
    speaker: "WhisperModel | BatchedInferencePipeline", model: "WhisperModel", *, asked: dict[str, Any], lines: Lines
) -> dict[str, object]:
    """The call itself decodes and prepares the audio; what the model says is made as the segments are read."""
    options: dict[str, Any] = asked["options"]
    refuse_what_is_ignored(model, options)
    began = time.perf_counter()
    segments, info = speaker.transcribe(asked["path"], **options)
    prepared = time.perf_counter()
    told: list[dict[str, object]] = []
    for segment in segments:
        if not told:
            lines.write(type="first", id=asked["id"])
        told.append({"start": segment.start, "end": segment.end, "text": segment.text})
    return {
        "prepare_s": prepared - began,
        "generate_s": time.perf_counter() - prepared,
        "language": info.language,
        "segments": told,
    }


def refuse_what_is_ignored(model: "WhisperModel", options: dict[str, Any]) -> None:
    """An English-only model would quietly do something else. Raises ValueError."""
    if model.model.is_multilingual:
        return
    if options.get("language") not in (None, "en") or options.get("task", "transcribe") != "transcribe":
        raise ValueError("the model is English-only: it knows no other language, and does not translate")


if __name__ == "__main__":
    main()
