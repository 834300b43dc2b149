"""Between the wire's terms and faster-whisper's: a job's options as its arguments, its segments as ours."""

from typing import TYPE_CHECKING, Any

import msgspec

from hum_sidecar.engines.protocol import LOST_LOGPROB, finite
from hum_sidecar.messages import TranscriptSegment, Word
from hum_sidecar.options import JobOptions, VadParameters

if TYPE_CHECKING:
    from faster_whisper import transcribe

# What only this project knows; everything else of a job's options is faster-whisper's, under its own name or below.
_OURS = ("temperatures", "clip_timestamps", "vad_parameters", "speech_gate", "profile", "batch_size", "deterministic")

DEFAULT_VAD = VadParameters(
    threshold=0.5,
    neg_threshold=None,
    min_speech_duration_ms=0,
    max_speech_duration_s=None,
    min_silence_duration_ms=2000,
    speech_pad_ms=400,
)


def arguments_of(options: JobOptions) -> dict[str, Any]:
    """The keyword arguments of `WhisperModel.transcribe`."""
    named = {name: value for name, value in msgspec.structs.asdict(options).items() if name not in _OURS}
    return {
        **named,
        "temperature": options.temperatures,
        # An empty list would be no audio at all.
        "clip_timestamps": options.clip_timestamps or "0",
        "vad_parameters": vad_arguments_of(options.vad_parameters),
    }


def batched_arguments_of(options: JobOptions) -> dict[str, Any]:
    """
    Those of `BatchedInferencePipeline.transcribe`. It cuts at silences unless clips are given; where no VAD parameter
    was changed it takes its own, which make shorter parts.
    """
    clips = options.clip_timestamps
    pairs = [{"start": start, "end": end} for start, end in zip(clips[::2], clips[1::2], strict=False)]
    is_untouched = options.vad_parameters == DEFAULT_VAD
    return {
        **arguments_of(options),
        "vad_filter": not pairs,
        "vad_parameters": None if is_untouched else vad_arguments_of(options.vad_parameters),
        "clip_timestamps": pairs or None,
        "batch_size": options.batch_size,
    }


def vad_arguments_of(parameters: VadParameters) -> dict[str, Any]:
    """faster_whisper.vad.VadOptions's; what is null is left to its defaults."""
    return {name: value for name, value in msgspec.structs.asdict(parameters).items() if value is not None}


def told(segment: "transcribe.Segment") -> TranscriptSegment:
    """As the wire has it: plain floats, since faster-whisper's are partly numpy's. No lost score may lose the text."""
    words = segment.words
    return TranscriptSegment(
        id=segment.id,
        seek=segment.seek,
        start=finite(segment.start),
        end=finite(segment.end),
        text=segment.text,
        tokens=list(segment.tokens),
        temperature=finite(segment.temperature or 0.0),
        avg_logprob=finite(segment.avg_logprob, lost=LOST_LOGPROB),
        compression_ratio=finite(segment.compression_ratio),
        no_speech_prob=finite(segment.no_speech_prob),
        words=None if words is None else [_told_word(word) for word in words],
    )


def _told_word(word: "transcribe.Word") -> Word:
    return Word(word.word, finite(word.start), finite(word.end), finite(word.probability))
