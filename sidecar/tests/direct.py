"""Plain faster-whisper on files, as JSON on stdout: what the end-to-end tests compare every transcript with.

Usage: direct.py MODEL_DIR OPTIONS_JSON FILE...
"""

import json
import sys
from typing import Any

from faster_whisper import WhisperModel


def transcribe(model: WhisperModel, path: str, options: dict[str, Any]) -> dict[str, Any]:
    """One file as faster-whisper itself gives it; times in seconds."""
    segments, info = model.transcribe(path, **options)
    return {
        "language": info.language,
        "duration": info.duration,
        "segments": [
            {
                "start": segment.start,
                "end": segment.end,
                "text": segment.text,
                "tokens": list(segment.tokens),
                "temperature": segment.temperature,
                "avg_logprob": segment.avg_logprob,
                "words": [{"word": word.word, "start": word.start, "end": word.end} for word in segment.words or []],
            }
            for segment in segments
        ],
    }


def main() -> None:
    model_dir, options, *paths = sys.argv[1:]
    # faster-whisper's defaults, so that the comparison also covers our other thread layout.
    model = WhisperModel(model_dir, device="cpu", compute_type="int8")
    print(json.dumps([transcribe(model, path, json.loads(options)) for path in paths]))


if __name__ == "__main__":
    main()
