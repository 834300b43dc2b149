# What the sidecar uses of faster-whisper, which has types only in part.
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from ctranslate2.models import Whisper
from faster_whisper.transcribe import Segment

@dataclass
class TranscriptionInfo:
    language: str
    language_probability: float
    duration: float

class FeatureExtractor:
    nb_max_frames: int

class Tokenizer:
    def token_to_id(self, token: str) -> int: ...
    def decode(self, ids: list[int]) -> str: ...

class WhisperModel:
    model: Whisper
    feature_extractor: FeatureExtractor
    hf_tokenizer: Tokenizer
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

class BatchedInferencePipeline:
    def __init__(self, model: WhisperModel) -> None: ...
    def transcribe(
        self, audio: npt.NDArray[np.float32], **options: Any
    ) -> tuple[Iterable[Segment], TranscriptionInfo]: ...
