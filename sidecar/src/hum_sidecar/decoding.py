"""The decoder role's work: media in, PCM as a payload frame or a file, then `decoded`."""

import threading
from collections.abc import Generator
from contextlib import contextmanager

from hum_sidecar.calls import Calls
from hum_sidecar.decoder import SAMPLE_RATE, Budget, decode
from hum_sidecar.errors import HumError
from hum_sidecar.log import log
from hum_sidecar.memory import allow_cpu, limit_growth
from hum_sidecar.messages import Decode, Decoded
from hum_sidecar.pcm import PcmOutput
from hum_sidecar.source import open_source
from hum_sidecar.task import Task
from hum_sidecar.work import Crew, Outlet, guarded

# Decoding is some thousand times faster than speech: two, so that a long file does not hold up the short ones.
WORKERS = 2

# PCM leaves a piece at a time, so that even hours need little; what asks for more than this is no honest file.
MEMORY_GROWTH_BYTES = 1024 * 1024 * 1024


class SharedMemory:
    """What all decodes of this process may use together: whoever finds it full need not be the one that filled it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun = 0
        self._present = 0

    @contextmanager
    def used(self) -> Generator[None]:
        """Around a decode. Turns MemoryError into `too_large` if it was alone all the time, else into `overloaded`."""
        with self._lock:
            others = self._present > 0
            self._present += 1
            self._begun += 1
            begun = self._begun
        try:
            yield
        except MemoryError as error:
            if others or self._begun > begun:
                message = "too little memory was left beside another file that is decoded; try again later"
                raise HumError("overloaded", message, stage="decode") from error
            message = "the file needs more memory to decode than a decoder may use"
            raise HumError("too_large", message, stage="decode") from error
        finally:
            with self._lock:
                self._present -= 1


def decoder_crew(outlet: Outlet) -> Crew:
    """Limits this process's memory for good."""
    if not limit_growth(MEMORY_GROWTH_BYTES):
        log("warn", "this system sets no memory limit; a hostile file is bounded by its duration only")

    memory = SharedMemory()
    calls = Calls()

    def work(task: Task) -> None:
        if isinstance(task.message, Decode):
            # All that run side by side spend the same allowance.
            allow_cpu(WORKERS * task.message.max_cpu_s)
            with memory.used():
                _decode(task, task.message, outlet=outlet, calls=calls)

    return Crew(
        guarded(work, outlet=outlet, fault="internal"), workers=WORKERS, slots=WORKERS + 1, model=None, calls=calls
    )


def _decode(task: Task, message: Decode, *, outlet: Outlet, calls: Calls) -> None:
    output = PcmOutput(message.output_path)
    try:
        with open_source(message.audio, task.payload, stage="decode") as source:
            media = decode(
                source,
                budget=Budget(message.max_duration_s, message.max_cpu_s),
                check=task.check,
                take=output.write,
                raw=message.raw,
                running=calls.running,
            )
        audio, payload = output.finish()
    except BaseException:
        output.discard()
        raise
    outlet.send(Decoded(message.id, audio, media.samples / SAMPLE_RATE, media.container), payload)
