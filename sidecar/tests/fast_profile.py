"""
`npm run bench:fast`: what the `fast` profile saves, and what it costs in words, on speech with known text.

Needs the Debian packages that .ci/run names. Both profiles transcribe the same clips, the language given, on one
thread, so that processor time is work and not waiting, in the environment that the server gives its engines. The
interval is that of a paired bootstrap over clips.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import ctranslate2
import numpy as np

from hum_sidecar.audio import Samples
from hum_sidecar.calls import Calls
from hum_sidecar.engines.batching import job_calls
from hum_sidecar.engines.batching.shortened import is_poor
from hum_sidecar.engines.faster_whisper import FasterWhisper, load_engine
from hum_sidecar.engines.protocol import Host
from hum_sidecar.messages import BytesRef, Job, Load
from hum_sidecar.options import JobOptions
from hum_sidecar.task import Task
from plane import MODEL_DIR, options
from prompts import LANGUAGES, Clip, held_out, librivox, tuned_on
from wer import Errors, errors_of, pooled

RESAMPLES = 10_000

# As control/src/fleet/layout.ts and platform/child-environment.ts have it.
ENVIRONMENT = {
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1:glibc.malloc.arena_max=1:glibc.malloc.mmap_max=0"
    ":glibc.malloc.trim_threshold=536870912",
    "OPENBLAS_THREAD_TIMEOUT": "4",
}


@dataclass(frozen=True)
class Heard:
    """What one profile made of a clip."""

    errors: Errors
    cpu_s: float


@dataclass(frozen=True)
class Comparison:
    """A clip under both profiles."""

    clip: Clip
    default: Heard
    fast: Heard
    # Whether the fast profile decoded it again whole.
    again: bool


def one_thread_engine(model: str = "base") -> FasterWhisper:
    path = str(MODEL_DIR / model)
    return load_engine(Load(model, "bench", "faster-whisper", path, "cpu", "int8", 1, 1, 0, 0, 0), Host(Calls()))


def compare(engine: FasterWhisper, clips: Iterable[Clip]) -> list[Comparison]:
    again = 0

    def counted(result: Any, **evidence: Any) -> bool:
        nonlocal again
        poor = is_poor(result, **evidence)
        again += poor
        return poor

    job_calls.is_poor = counted
    found: list[Comparison] = []
    for clip in clips:
        samples = clip.samples()
        default = _hear(engine, clip, samples, options(language=clip.language))
        again = 0
        fast = _hear(engine, clip, samples, options(language=clip.language, profile="fast"))
        found.append(Comparison(clip, default, fast, again > 0))
    return found


def _hear(engine: FasterWhisper, clip: Clip, samples: Samples, asked: JobOptions) -> Heard:
    # Above temperature 0 decoding is random: at least the same in every run.
    ctranslate2.set_random_seed(1)
    task = Task(Job("bench", 1, "interactive", None, BytesRef(None, 0, 0), asked), None, None)
    texts: list[str] = []
    began = time.process_time()
    engine.transcribe(samples, asked, run=task, tell=lambda segment: texts.append(segment.text))
    cpu_s = time.process_time() - began
    return Heard(errors_of(clip.text, "".join(texts), language=clip.language), cpu_s)


def wer_difference(found: Sequence[Comparison]) -> float:
    return pooled(one.fast.errors for one in found) - pooled(one.default.errors for one in found)


def cpu_ratio(found: Sequence[Comparison]) -> float:
    return sum(one.fast.cpu_s for one in found) / sum(one.default.cpu_s for one in found)


def interval_of(found: Sequence[Comparison]) -> tuple[float, float]:
    """Of the difference: both profiles' errors of a clip are drawn together."""
    more = np.array([one.fast.errors.errors - one.default.errors.errors for one in found])
    words = np.array([one.default.errors.words for one in found])
    drawn = np.random.default_rng(1).integers(len(found), size=(RESAMPLES, len(found)))
    low, high = np.percentile(more[drawn].sum(axis=1) / words[drawn].sum(axis=1), [2.5, 97.5])
    return float(low), float(high)


def main() -> None:
    parser = argparse.ArgumentParser(prog="npm run bench:fast --", description="The fast profile beside the default.")
    parser.add_argument("--clips", type=int, default=40, help="of each language, at most (40)")
    parser.add_argument("--tuned", action="store_true", help="those that the profile was tuned on, not those held out")
    parser.add_argument("--json", action="store_true", help="one line: wer_difference, cpu_ratio, clips")
    asked = parser.parse_args()
    part = tuned_on if asked.tuned else held_out
    groups = {language: part(language)[: asked.clips] for language in LANGUAGES}
    groups["LibriVox"] = librivox()
    engine = one_thread_engine()
    # Uncounted: the first run of everything is slow.
    compare(engine, librivox()[:1])
    if asked.json:
        found = compare(engine, [clip for clips in groups.values() for clip in clips])
        facts = {"wer_difference": wer_difference(found), "cpu_ratio": cpu_ratio(found), "clips": len(found)}
        print(json.dumps(facts))
        return
    print(f"base, int8; prompts that the profile was {'tuned' if asked.tuned else 'not tuned'} on")
    print(f"{'':8} {'':11} | word errors %                        | processor s a clip  |")
    print(f"{'':8} clips words | default  fast  difference (95 %)      | default  fast ratio | decoded again")
    everything: list[Comparison] = []
    for name, clips in groups.items():
        found = compare(engine, clips)
        everything += found
        print(_line(name, found), flush=True)
    print(_line("all", everything))


def _line(name: str, found: Sequence[Comparison]) -> str:
    default, fast = [one.default for one in found], [one.fast for one in found]
    low, high = interval_of(found)
    cells = [
        f"{name:8} {len(found):5} {sum(heard.errors.words for heard in default):5}",
        f"{_wer(default):7.2f} {_wer(fast):5.2f}  "
        f"{100 * wer_difference(found):+5.2f} ({100 * low:+5.2f} to {100 * high:+5.2f})",
        f"{_mean_cpu_s(default):7.2f} {_mean_cpu_s(fast):5.2f} {cpu_ratio(found):5.2f}",
        f"{sum(one.again for one in found) / len(found):.0%}",
    ]
    return " | ".join(cells)


def _wer(heard: Sequence[Heard]) -> float:
    return 100 * pooled(one.errors for one in heard)


def _mean_cpu_s(heard: Sequence[Heard]) -> float:
    return sum(one.cpu_s for one in heard) / len(heard)


if __name__ == "__main__":
    if any(os.environ.get(name) != value for name, value in ENVIRONMENT.items()):
        # They are read when a process begins.
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **ENVIRONMENT})
    main()
