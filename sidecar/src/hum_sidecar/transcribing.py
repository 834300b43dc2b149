"""The engine role's work: PCM in, segments as they come, then `done`."""

import time

from hum_sidecar.audio import SAMPLE_RATE, read_samples
from hum_sidecar.calls import Calls
from hum_sidecar.engines.load import load_engine
from hum_sidecar.engines.protocol import Engine, Host
from hum_sidecar.messages import Done, Job, Load, Segment, Started, TranscriptSegment
from hum_sidecar.source import open_source
from hum_sidecar.task import Task
from hum_sidecar.work import Crew, Outlet, guarded


def load_crew(load: Load, outlet: Outlet) -> Crew:
    """Raises HumError `loading`; takes as long as the model does."""
    calls = Calls()
    engine = load_engine(load, Host(calls, outlet))

    def work(task: Task) -> None:
        if isinstance(task.message, Job):
            _transcribe(task, task.message, engine=engine, outlet=outlet)

    return Crew(
        guarded(work, outlet=outlet, fault="engine_failed"),
        workers=engine.workers,
        slots=engine.slots,
        model=engine.identity,
        calls=calls,
    )


def _transcribe(task: Task, job: Job, *, engine: Engine, outlet: Outlet) -> None:
    outlet.send(Started(job.id, job.attempt))
    began = time.monotonic()
    with open_source(job.audio, task.payload, stage="transcribe") as source:
        samples = read_samples(source, job.audio.length)
    index = 0

    def tell(segment: TranscriptSegment) -> None:
        nonlocal index
        outlet.send(Segment(job.id, job.attempt, index, segment))
        index += 1

    outcome = engine.transcribe(samples, job.options, run=task, tell=tell)
    done = Done(
        id=job.id,
        attempt=job.attempt,
        language=outcome.language,
        language_probability=outcome.language_probability,
        duration_s=len(samples) / SAMPLE_RATE,
        processing_s=time.monotonic() - began,
    )
    outlet.send(done)
