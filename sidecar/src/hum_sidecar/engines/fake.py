"""The scripted fake engine: no speech recognition, but any failure on demand, for tests on real processes."""

import math
import os
import resource
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from hum_sidecar.audio import SAMPLE_RATE, Samples
from hum_sidecar.calls import Calls
from hum_sidecar.engines.protocol import Host, Outcome, Rig, Run, worker_count
from hum_sidecar.errors import HumError
from hum_sidecar.messages import Load, ModelIdentity, TranscriptSegment, Word
from hum_sidecar.options import JobOptions

# One frame that is no msgpack, one that is no map, one of no known type, one that lacks its fields.
GARBAGE = (b"\xc1", b"\x93\x01\x02\x03", b"\x81\xa4type\xa5gibber", b"\x81\xa4type\xa4done")


@dataclass(frozen=True)
class Script:
    """What to do, from a model name such as `fake:crash-at=2,attempts=1`."""

    slow_s: float = 0.0
    # By SIGSEGV, as native code does; by SIGKILL, as the kernel and operators do; by an exit code.
    crash_at: int | None = None
    kill_at: int | None = None
    exit_at: int | None = None
    # As crash-at=0, but only audio that lasts so many seconds, so that others can be bystanders.
    poison_s: float | None = None
    hang_at: int | None = None
    hang_io: bool = False
    load_fail: bool = False
    load_s: float = 0.0
    garbage: bool = False
    # Crash, hang and garbage happen in this many attempts of a job, then no more.
    attempts: float = math.inf


def parse_script(model: str) -> Script:
    """
    `fake:` and behaviours, separated by commas: echo, slow=SECONDS per segment, crash-at=INDEX (SIGSEGV), kill-at=INDEX
    (SIGKILL), exit-at=INDEX (exit code 3), poison=SECONDS (audio of this length crashes it), hang-at=INDEX, hang-io,
    load-fail, load=SECONDS, garbage, attempts=N. Raises ValueError for anything else.
    """
    prefix, _, behaviours = model.partition(":")
    if prefix != "fake" or not behaviours:
        raise ValueError(f"'{model}' is no fake model; its name must be 'fake:' and at least one behaviour")
    fields: dict[str, float | int | bool] = {}
    for behaviour in behaviours.split(","):
        match behaviour.split("="):
            case ["echo"]:
                pass
            case ["slow" | "load" | "poison" as name, seconds]:
                fields[f"{name}_s"] = float(seconds)
            case ["crash-at" | "kill-at" | "exit-at" | "hang-at" | "attempts" as name, number]:
                fields[name.replace("-", "_")] = int(number)
            case ["hang-io" | "load-fail" | "garbage" as name]:
                fields[name.replace("-", "_")] = True
            case _:
                raise ValueError(
                    f"'{behaviour}' in '{model}' is no behaviour; there are echo, slow=S, crash-at=I, kill-at=I, "
                    "exit-at=I, poison=S, hang-at=I, hang-io, load-fail, load=S, garbage, attempts=N"
                )
    return Script(**fields)  # pyright: ignore[reportArgumentType] - each case above made the type its field has


class Fake:
    """Tells one segment for every started second of audio."""

    def __init__(self, script: Script, *, load: Load, rig: Rig, calls: Calls) -> None:
        self._script = script
        self._rig = rig
        self._calls = calls
        self.workers = worker_count(load.workers)
        self.slots = load.slots or self.workers + 1
        self.identity = ModelIdentity(load.model, load.revision, "fake", "cpu", "none")

    def transcribe(
        self, samples: Samples, options: JobOptions, *, run: Run, tell: Callable[[TranscriptSegment], None]
    ) -> Outcome:
        script = self._script
        misbehave = run.attempt <= script.attempts
        if misbehave and script.garbage:
            for frame in GARBAGE:
                self._rig.send_raw(frame)
        if misbehave and script.hang_io:
            _let_it_leave()
            self._rig.run_on_io(_sleep_forever)
        duration_s = len(samples) / SAMPLE_RATE
        if duration_s == script.poison_s:
            _end_by(signal.SIGSEGV)
        for index in range(math.ceil(duration_s)):
            if misbehave and index == script.crash_at:
                _end_by(signal.SIGSEGV)
            if misbehave and index == script.kill_at:
                _end_by(signal.SIGKILL)
            if misbehave and index == script.exit_at:
                _let_it_leave()
                os._exit(3)
            if misbehave and index == script.hang_at:
                with self._calls.running():
                    _never_return()
            run.sleep(script.slow_s)
            end = min(index + 1.0, duration_s)
            tell(_segment(index, end=end, with_words=options.word_timestamps))
        return Outcome(options.language or "en", 1.0)


def load_engine(load: Load, host: Host) -> Fake:
    """Raises HumError `loading` for a name that is no script, and where the script says so."""
    if host.rig is None:
        raise HumError("loading", "the fake engine needs a control plane to fail towards", stage="load")
    try:
        script = parse_script(load.model)
    except ValueError as error:
        raise HumError("loading", str(error), stage="load") from error
    time.sleep(script.load_s)
    if script.load_fail:
        raise HumError("loading", f"model '{load.model}' cannot be loaded: its script says so", stage="load")
    return Fake(script, load=load, rig=host.rig, calls=host.calls)


def _segment(index: int, *, end: float, with_words: bool) -> TranscriptSegment:
    start = float(index)
    middle = (start + end) / 2
    words = [Word(" segment", start, middle, 1.0), Word(f" {index}", middle, end, 1.0)]
    return TranscriptSegment(
        id=index + 1,
        seek=index * 100,
        start=start,
        end=end,
        text=f" segment {index}",
        tokens=[index],
        temperature=0.0,
        avg_logprob=0.0,
        compression_ratio=1.0,
        no_speech_prob=0.0,
        words=words if with_words else None,
    )


def _end_by(number: signal.Signals) -> None:
    _let_it_leave()
    # No core file: these deaths are on purpose.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.kill(os.getpid(), number)


def _let_it_leave() -> None:
    """What was told so far: ZeroMQ sends it from a thread of its own, which does not say when."""
    time.sleep(0.1)


def _never_return() -> NoReturn:
    """As an engine call that is stuck: no check is made, so that no cancel helps."""
    while True:
        threading.Event().wait()


def _sleep_forever() -> None:
    while True:
        time.sleep(3600)
