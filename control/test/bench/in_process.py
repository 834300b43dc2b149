"""The other side of `npm run bench:overhead`: faster-whisper in this process, with the server's thread layout.

Usage: in_process.py MODEL_DIR WAV WORKERS. For every line on stdin, one transcription; its seconds go to stdout.
The WAV must be 16 kHz mono PCM16: decoding is excluded on both sides.
"""

import sys
import time
import wave

import numpy as np
from faster_whisper import WhisperModel


def main() -> None:
    model_dir, path, workers = sys.argv[1:]
    model = WhisperModel(model_dir, device="cpu", compute_type="int8", cpu_threads=1, num_workers=int(workers))
    with wave.open(path) as wav:
        samples = np.frombuffer(wav.readframes(wav.getnframes()), np.int16).astype(np.float32) / 32768.0
    for _ in sys.stdin:
        started = time.perf_counter()
        segments, _info = model.transcribe(samples, language="en", beam_size=5)
        text = "".join(segment.text for segment in segments)
        assert text.strip(), "an empty transcript is no measurement"
        print(time.perf_counter() - started, flush=True)


if __name__ == "__main__":
    main()
