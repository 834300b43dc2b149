"""The wire's messages: the msgspec twin of control/src/wire/messages.ts, held equal to it by proto/'s vectors."""

from typing import Annotated, Literal

from msgspec import Meta

from hum_sidecar.options import JobOptions
from hum_sidecar.strict import Count, Id, Positive, Strict, UInt32

PROTOCOL_MAJOR = 2
PROTOCOL_MINOR = 0

# Audio up to this many bytes travels as the payload frame, anything larger by path.
MAX_PAYLOAD_BYTES = 1024 * 1024

Role = Literal["engine", "decoder"]
Priority = Literal["live", "interactive", "batch"]
Stage = Literal["admission", "decode", "load", "transcribe", "deliver"]
ErrorCode = Literal[
    "bad_audio",
    "bad_request",
    "unauthorized",
    "not_found",
    "model_unknown",
    "method_not_allowed",
    "request_timeout",
    "too_large",
    "unsupported_format",
    "poison_input",
    "rate_limited",
    "cancelled",
    "internal",
    "engine_failed",
    "sidecar_lost",
    "engine_stalled",
    "interrupted",
    "overloaded",
    "loading",
    "deadline",
]


class BytesRef(Strict, frozen=True):
    """The bytes of a job: the payload frame where `path` is null, else `length` bytes of a file from `offset`."""

    path: str | None
    offset: UInt32
    length: UInt32


class RawPcm(Strict, frozen=True):
    """What headerless samples are; `sample_rate` in Hz."""

    encoding: Literal["s16le", "s16be", "s24le", "s32le", "f32le", "f64le", "u8", "mulaw", "alaw"]
    sample_rate: Annotated[int, Meta(ge=4_000, le=384_000)]
    channels: Annotated[int, Meta(ge=1, le=8)]


class Word(Strict, frozen=True):
    """One word; `word` keeps its leading space, times in seconds from the start of the audio."""

    word: str
    start: float
    end: float
    probability: float


class TranscriptSegment(Strict, frozen=True):
    """One segment; `seek` counts feature frames of 10 ms, `words` is null unless they were asked for."""

    id: UInt32
    seek: UInt32
    start: float
    end: float
    text: str
    tokens: list[UInt32]
    temperature: float
    avg_logprob: float
    compression_ratio: float
    no_speech_prob: float
    words: list[Word] | None


class ModelIdentity(Strict, frozen=True):
    """Which weights answer, on what, so that a result can be reproduced."""

    name: str
    revision: str
    engine: str
    device: str
    compute_type: str


class Protocol(Strict, frozen=True):
    """The protocol version that a sidecar speaks."""

    major: UInt32
    minor: UInt32


class ErrorData(Strict, frozen=True):
    """A failure as data, from the one table in proto/errors.json."""

    code: ErrorCode
    message: str
    retryable: bool
    stage: Stage


class Load(Strict, frozen=True, tag_field="type", tag="load"):
    """Load this model; once per process."""

    model: str
    revision: str
    engine: str
    path: str
    device: Literal["auto", "cpu", "cuda"]
    compute_type: str
    workers: UInt32
    threads_per_worker: Count
    encode_threads: UInt32
    max_batch: UInt32
    slots: UInt32


class Job(Strict, frozen=True, tag_field="type", tag="job"):
    """Transcribe this PCM."""

    id: Id
    attempt: Count
    priority: Priority
    deadline_s: float | None
    audio: BytesRef
    options: JobOptions


class Decode(Strict, frozen=True, tag_field="type", tag="decode"):
    """Turn this media into PCM."""

    id: Id
    audio: BytesRef
    max_duration_s: Positive
    max_cpu_s: Positive
    raw: RawPcm | None
    output_path: str


class Cancel(Strict, frozen=True, tag_field="type", tag="cancel"):
    """Give this job up; unknown ids are ignored, so that it may be sent twice."""

    id: Id


class Ping(Strict, frozen=True, tag_field="type", tag="ping"):
    """Answer with a pong of the same `seq`."""

    seq: UInt32


class Stop(Strict, frozen=True, tag_field="type", tag="stop"):
    """Take no more jobs, finish those under way, say bye and exit."""


class Hello(Strict, frozen=True, tag_field="type", tag="hello"):
    """The first message of every sidecar."""

    protocol: Protocol
    role: Role
    pid: UInt32
    versions: dict[str, str]


class Ready(Strict, frozen=True, tag_field="type", tag="ready"):
    """Jobs may come, `slots` at a time."""

    slots: Count
    model: ModelIdentity | None
    load_s: float
    memory_bytes: float


class Started(Strict, frozen=True, tag_field="type", tag="started"):
    """A worker took the job."""

    id: Id
    attempt: Count


class Segment(Strict, frozen=True, tag_field="type", tag="segment"):
    """One segment of a job, told as soon as it is known."""

    id: Id
    attempt: Count
    index: UInt32
    segment: TranscriptSegment


class Decoded(Strict, frozen=True, tag_field="type", tag="decoded"):
    """The terminal message of a decode that went well."""

    id: Id
    audio: BytesRef
    duration_s: float
    container: str


class Done(Strict, frozen=True, tag_field="type", tag="done"):
    """The terminal message of a job that went well."""

    id: Id
    attempt: Count
    language: str
    language_probability: float
    duration_s: float
    processing_s: float


class Failed(Strict, frozen=True, tag_field="type", tag="failed"):
    """The terminal message of what went wrong; `id` is null where the whole process failed."""

    id: Id | None
    attempt: UInt32
    error: ErrorData


class Pong(Strict, frozen=True, tag_field="type", tag="pong"):
    """The answer to a ping, and how long the oldest running engine call or decoding step runs."""

    seq: UInt32
    oldest_call_s: float | None


class Bye(Strict, frozen=True, tag_field="type", tag="bye"):
    """The last message of a process that ends in order."""

    reason: str


class Metrics(Strict, frozen=True, tag_field="type", tag="metrics"):
    """Sums since the process started."""

    jobs_done: UInt32
    jobs_failed: UInt32
    engine_calls: UInt32
    engine_calls_answered: UInt32
    audio_s: float
    busy_s: float
    rss_bytes: float


ToSidecar = Load | Job | Decode | Cancel | Ping | Stop
FromSidecar = Hello | Ready | Started | Segment | Decoded | Done | Failed | Pong | Bye | Metrics
