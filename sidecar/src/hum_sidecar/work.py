"""What roles have in common: a crew of workers for tasks, each of which ends in exactly one terminal message."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from hum_sidecar.calls import Calls
from hum_sidecar.errors import HumError, without_details
from hum_sidecar.log import log_raised
from hum_sidecar.messages import ErrorCode, Failed, FromSidecar, ModelIdentity
from hum_sidecar.task import Task


class Outlet(Protocol):
    """The way from any thread to the control plane, in order."""

    def send(self, message: FromSidecar, payload: bytes | None = None) -> None: ...

    def send_raw(self, frame: bytes) -> None:
        """Only for the fake engine: a frame that need not be a message."""
        ...

    def run_on_io(self, action: Callable[[], None]) -> None:
        """Run this in the thread that owns the socket."""
        ...


@dataclass(frozen=True)
class Crew:
    """How a role does its tasks: `workers` threads at once, `slots` tasks under way; `model` is null for a decoder."""

    work: Callable[[Task], None]
    workers: int
    slots: int
    model: ModelIdentity | None
    calls: Calls


def failure_of(task: Task, error: HumError) -> Failed:
    """The terminal message of a task that went wrong."""
    return Failed(task.id, task.attempt, error.to_data())


def guarded(work: Callable[[Task], None], *, outlet: Outlet, fault: ErrorCode) -> Callable[[Task], None]:
    """`work`, which tells its own success, with any exception told as a failure; `fault` is what surprises become."""

    def run(task: Task) -> None:
        try:
            task.check()
            work(task)
        except HumError as error:
            outlet.send(failure_of(task, error))
        except Exception as error:
            log_raised("a task raised", error, id=task.id, stage=task.stage)
            message = f"the {task.stage} step raised {without_details(error)}"
            outlet.send(failure_of(task, HumError(fault, message, stage=task.stage)))

    return run
