# What the sidecar uses of faster-whisper, which has types only in part.
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from ctranslate2.models import Whisper

@dataclass
class Word:
    start: float
    end: float
    word: str
    probability: float

@dataclass
class Segment:
    id: int
    seek: int
    start: float
    end: float
    text: str
    tokens: list[int]
    avg_logprob: float
    compression_ratio: float
    no_speech_prob: float
    words: list[Word] | None
    temperature: float | None

@dataclass
class TranscriptionInfo:
    language: str
    language_probability: float
    duration: float

class WhisperModel:
    model: Whisper
    def __init__(
        self,
        model_size_or_path: str,
        device: str = ...,
        *,
        compute_type: str = ...,
        cpu_threads: int = ...,
        num_workers: int = ...,
        local_files_only: bool = ...,
    ) -> None: ...
    @property
    def supported_languages(self) -> list[str]: ...
    def transcribe(
        self, audio: str | npt.NDArray[np.float32], **options: Any
    ) -> tuple[Iterable[Segment], TranscriptionInfo]: ...
