"""
Plain faster-whisper for `npm run bench:engine`: transcribes what the lines on stdin ask, all of them at once.

Usage: direct_engine.py MODEL_DIR DEVICE COMPUTE_TYPE [WORKERS THREADS]; without the last two it has its own defaults.
A line is JSON: id, path (a WAV), batched, and options (of WhisperModel.transcribe, or with `batched` of
BatchedInferencePipeline.transcribe). So is an answer: id, tokens, hottest.
"""

import json
import sys
import threading
import wave
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from faster_whisper import BatchedInferencePipeline, WhisperModel

AT_ONCE = 16

# As the server's profile: its own default would leave the timestamps out, and so have another text.
BATCHED = {"batch_size": 8, "without_timestamps": False}


def main() -> None:
    model_dir, device, compute_type, *layout = sys.argv[1:]
    numbers = {"num_workers": int(layout[0]), "cpu_threads": int(layout[1])} if layout else {}
    model = WhisperModel(model_dir, device=device, compute_type=compute_type, **numbers)

    whole_line = threading.Lock()

    def serve(line: str) -> None:
        asked: dict[str, Any] = json.loads(line)
        with wave.open(asked["path"]) as wav:
            samples = np.frombuffer(wav.readframes(wav.getnframes()), np.int16).astype(np.float32) / 32768.0
        if asked["batched"]:
            found = BatchedInferencePipeline(model).transcribe(samples, **BATCHED, **asked["options"])
        else:
            found = model.transcribe(samples, **asked["options"])
        segments = list(found[0])
        answer = {
            "id": asked["id"],
            "tokens": [token for segment in segments for token in segment.tokens],
            "hottest": max((segment.temperature or 0.0 for segment in segments), default=0.0),
        }
        # `print` writes the line and its end apart, and another thread's line may come between.
        with whole_line:
            print(json.dumps(answer), flush=True)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for line in sys.stdin:
            pool.submit(serve, line)


if __name__ == "__main__":
    main()
