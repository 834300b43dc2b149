"""
`python -m hum_sidecar.trial LOAD OPTIONS WAV`: one layout of an engine process, on a clip alone and on several.

`hum-helix doctor --tune` runs it for each layout and round, in the environment of that layout. LOAD and OPTIONS are
messages as JSON; the last line that it prints is JSON: lone_s, busy_s, rss_bytes, and the clip's tokens.
"""

import json
import sys
import time
import wave
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec

from hum_sidecar.audio import Samples, samples_of
from hum_sidecar.calls import Calls
from hum_sidecar.engines.load import load_engine
from hum_sidecar.engines.protocol import Engine, Host
from hum_sidecar.memory import resident_bytes
from hum_sidecar.messages import BytesRef, Job, Load
from hum_sidecar.options import JobOptions
from hum_sidecar.task import Task

AT_ONCE = 8
LONE_RUNS = 2


def main() -> None:
    """Prints the line; raises whatever keeps the engine from loading."""
    load_json, options_json, path = sys.argv[1:]
    options = msgspec.json.decode(options_json, type=JobOptions)
    engine = load_engine(msgspec.json.decode(load_json, type=Load), Host(Calls()))
    with wave.open(path) as wav:
        samples = samples_of(wav.readframes(wav.getnframes()))

    def once(_: int = 0) -> list[int]:
        return transcribe(engine, samples, options)

    # Uncounted: the first run of everything is slow.
    tokens = once()
    lone_s = min(timed(once) for _ in range(LONE_RUNS))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        busy_s = timed(lambda: list(pool.map(once, range(AT_ONCE))))
    print(json.dumps({"lone_s": lone_s, "busy_s": busy_s, "rss_bytes": resident_bytes(), "tokens": tokens}))


def transcribe(engine: Engine, samples: Samples, options: JobOptions) -> list[int]:
    """All tokens of the clip."""
    task = Task(Job("trial", 1, "interactive", None, BytesRef(None, 0, 0), options), None, None)
    tokens: list[int] = []
    engine.transcribe(samples, options, run=task, tell=lambda segment: tokens.extend(segment.tokens))
    return tokens


def timed(work: Callable[[], Any]) -> float:
    """How long it takes, in seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
