"""A job's options, in faster-whisper's names; control/src/core/options.ts is the zod twin and says what each means."""

from typing import Annotated, Literal

from msgspec import Meta

from hum_sidecar.strict import Milliseconds, Positive, Probability, Seconds, Strict


class VadParameters(Strict, frozen=True):
    """faster-whisper's VadOptions; null is its default where that is no number: threshold - 0.15, and no limit."""

    threshold: Probability
    neg_threshold: Probability | None
    min_speech_duration_ms: Milliseconds
    max_speech_duration_s: Positive | None
    min_silence_duration_ms: Milliseconds
    speech_pad_ms: Milliseconds


class JobOptions(Strict, frozen=True):
    """What a job may ask of an engine, in faster-whisper's names; control/src/core/options.ts says what each means."""

    task: Literal["transcribe", "translate"]
    language: str | None
    multilingual: bool
    language_detection_threshold: Probability
    language_detection_segments: Annotated[int, Meta(ge=1, le=64)]
    initial_prompt: str | None
    prefix: str | None
    hotwords: str | None
    temperatures: Annotated[list[Probability], Meta(min_length=1, max_length=16)]
    beam_size: Annotated[int, Meta(ge=1, le=64)]
    best_of: Annotated[int, Meta(ge=1, le=64)]
    patience: Annotated[float, Meta(ge=0.1, le=10)]
    length_penalty: Annotated[float, Meta(ge=-10, le=10)]
    repetition_penalty: Annotated[float, Meta(ge=0.1, le=10)]
    no_repeat_ngram_size: Annotated[int, Meta(ge=0, le=64)]
    compression_ratio_threshold: Positive | None
    log_prob_threshold: float | None
    no_speech_threshold: Probability | None
    condition_on_previous_text: bool
    prompt_reset_on_temperature: Probability
    suppress_blank: bool
    suppress_tokens: Annotated[list[Annotated[int, Meta(ge=-1, le=0xFFFF_FFFF)]], Meta(max_length=256)]
    without_timestamps: bool
    max_initial_timestamp: Annotated[float, Meta(ge=0, le=30)]
    word_timestamps: bool
    prepend_punctuations: Annotated[str, Meta(max_length=64)]
    append_punctuations: Annotated[str, Meta(max_length=64)]
    hallucination_silence_threshold: Seconds | None
    max_new_tokens: Annotated[int, Meta(ge=1, le=448)] | None
    chunk_length: Annotated[int, Meta(ge=1, le=30)] | None
    clip_timestamps: Annotated[list[Seconds], Meta(max_length=1024)]
    vad_filter: bool
    vad_parameters: VadParameters
    speech_gate: bool
    profile: Literal["default", "fast", "batched"]
    batch_size: Annotated[int, Meta(ge=1, le=64)]
    deterministic: bool
