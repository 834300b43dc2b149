"""The control plane's side of the wire for tests: a real ROUTER, and a real sidecar process behind it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import zmq

from hum_sidecar.engines.whisper.terms import DEFAULT_VAD
from hum_sidecar.messages import (
    BytesRef,
    Decode,
    Decoded,
    Done,
    Failed,
    FromSidecar,
    Hello,
    Job,
    Load,
    Ready,
    ToSidecar,
)
from hum_sidecar.options import JobOptions

SOURCE = Path(__file__).parents[1] / "src"
MODEL_DIR = Path(os.environ.get("HUM_MODEL_DIR", Path(__file__).parents[2] / ".hum" / "models"))
PATIENCE_S = 20.0

OPTIONS = JobOptions(
    task="transcribe",
    language=None,
    multilingual=False,
    language_detection_threshold=0.5,
    language_detection_segments=1,
    initial_prompt=None,
    prefix=None,
    hotwords=None,
    temperatures=[0.0, 0.2, 0.4, 0.6, 0.8, 1.0],
    beam_size=5,
    best_of=5,
    patience=1.0,
    length_penalty=1.0,
    repetition_penalty=1.0,
    no_repeat_ngram_size=0,
    compression_ratio_threshold=2.4,
    log_prob_threshold=-1.0,
    no_speech_threshold=0.6,
    condition_on_previous_text=True,
    prompt_reset_on_temperature=0.5,
    suppress_blank=True,
    suppress_tokens=[-1],
    without_timestamps=False,
    max_initial_timestamp=1.0,
    word_timestamps=False,
    prepend_punctuations="\"'“¿([{-",
    append_punctuations="\"'.。,，!！?？:：”)]}、",  # noqa: RUF001 - faster-whisper's own
    hallucination_silence_threshold=None,
    max_new_tokens=None,
    chunk_length=None,
    clip_timestamps=[],
    vad_filter=False,
    vad_parameters=DEFAULT_VAD,
    speech_gate=True,
    profile="default",
    batch_size=8,
    deterministic=False,
)

M = TypeVar("M", bound=FromSidecar)


class Sidecar:
    """A sidecar process and what it has said so far."""

    def __init__(self, process: subprocess.Popen[bytes], router: zmq.Socket[bytes], identity: bytes) -> None:
        self.process = process
        self._router = router
        self._identity = identity
        self.said: list[FromSidecar] = []
        self.payloads: dict[str, bytes] = {}
        self.garbage: list[bytes] = []

    def send(self, message: ToSidecar, payload: bytes | None = None) -> None:
        header = msgspec.msgpack.encode(message)
        self.send_frames([header] if payload is None else [header, payload])

    def send_frames(self, frames: list[bytes]) -> None:
        self._router.send_multipart([self._identity, *frames])

    def listen(self, *, timeout_s: float = PATIENCE_S) -> FromSidecar:
        """The next message; frames that are none are put aside."""
        until = time.monotonic() + timeout_s
        while self._router.poll(int(max(0, until - time.monotonic()) * 1000)):
            _, header, *payload = self._router.recv_multipart()
            try:
                message = msgspec.msgpack.decode(header, type=FromSidecar)
            except msgspec.DecodeError:
                self.garbage.append(header)
                continue
            self.said.append(message)
            if payload:
                assert isinstance(message, Decoded)
                self.payloads[message.id] = payload[0]
            return message
        raise AssertionError(f"nothing more in {timeout_s} s; heard {self.said}")

    def hear(self, kind: type[M], *, id: str | None = None, timeout_s: float = PATIENCE_S) -> M:
        """The next message of that kind, and for that job, not heard before."""
        until = time.monotonic() + timeout_s
        while True:
            message = self.listen(timeout_s=until - time.monotonic())
            if isinstance(message, kind) and (id is None or getattr(message, "id", None) == id):
                return message

    def end_of(self, id: str, *, timeout_s: float = PATIENCE_S) -> Done | Decoded | Failed:
        """The job's one terminal message, heard already or to come."""
        until = time.monotonic() + timeout_s
        while True:
            ends = [message for message in self.said if isinstance(message, Done | Decoded | Failed)]
            for message in ends:
                if message.id == id:
                    return message
            self.listen(timeout_s=until - time.monotonic())

    def all_of(self, kind: type[M], *, id: str | None = None) -> list[M]:
        """Those heard so far."""
        return [m for m in self.said if isinstance(m, kind) and (id is None or getattr(m, "id", None) == id)]


@contextmanager
def sidecar(role: str, directory: Path, *, source: Path = SOURCE) -> Generator[Sidecar]:
    """A process of that role, killed in the end if it still lives; `directory` must have a short path."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    router = context.socket(zmq.ROUTER)
    router.setsockopt(zmq.ROUTER_MANDATORY, 1)
    router.setsockopt(zmq.LINGER, 0)
    endpoint = f"ipc://{directory}/s"
    router.bind(endpoint)
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "hum_sidecar", "--role", role, "--endpoint", endpoint, "--identity", "test.1"],
            env={"PYTHONPATH": str(source)},
            stdin=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield Sidecar(process, router, b"test.1")
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()
        assert process.stdin is not None
        process.stdin.close()
        router.close()
        context.term()


@contextmanager
def fake_engine(model: str, directory: Path, *, workers: int = 1) -> Generator[Sidecar]:
    """An engine with a scripted model, loaded."""
    with sidecar("engine", directory) as process:
        process.hear(Hello)
        process.send(load(model, workers=workers))
        process.hear(Ready)
        yield process


def load(model: str, *, engine: str | None = None, workers: int = 1) -> Load:
    if engine is None:
        engine = "fake" if model.startswith("fake:") else "faster-whisper"
    path = str(MODEL_DIR / model) if engine == "faster-whisper" else ""
    return Load(model, "test", engine, path, "auto", "auto", workers, 1, 0, 0, 0)


def job(id: str, *, seconds: float = 0.0, pcm: bytes | None = None, **changes: Any) -> tuple[Job, bytes]:
    """A job with its payload: silence of that length, or the given PCM."""
    payload = bytes(int(seconds * 16_000) * 2) if pcm is None else pcm
    audio = BytesRef(None, 0, len(payload))
    message = Job(id, 1, "interactive", None, audio, OPTIONS)
    return msgspec.structs.replace(message, **changes), payload


def decode(id: str, media: bytes, output: Path, *, max_duration_s: float = 3600) -> tuple[Decode, bytes]:
    return Decode(id, BytesRef(None, 0, len(media)), max_duration_s, 60, None, str(output)), media


def options(**changes: Any) -> JobOptions:
    return msgspec.structs.replace(OPTIONS, **changes)
