"""The IO loop: owns the socket and every task's fate, and answers pings whatever the workers do."""

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from queue import Empty, SimpleQueue

from hum_sidecar.calls import Calls
from hum_sidecar.errors import HumError, without_details
from hum_sidecar.log import log, log_raised
from hum_sidecar.memory import give_back, resident_bytes
from hum_sidecar.messages import (
    PROTOCOL_MAJOR,
    PROTOCOL_MINOR,
    Bye,
    Cancel,
    Decode,
    Decoded,
    Done,
    ErrorCode,
    Failed,
    FromSidecar,
    Hello,
    Job,
    Load,
    Ping,
    Pong,
    Protocol,
    Ready,
    Role,
    Stop,
    ToSidecar,
)
from hum_sidecar.rest import Rest
from hum_sidecar.stats import Stats
from hum_sidecar.task import Task
from hum_sidecar.versions import versions_of
from hum_sidecar.wire import Dealer, Refused, encode
from hum_sidecar.work import Crew, failure_of
from hum_sidecar.worker import Workers

_RECEIVED_PER_TURN = 100
_FLUSH_S = 1.0


class Loop:
    """
    One sidecar from hello to bye. `run` belongs to one thread; `send`, `send_raw`, `run_on_io` and `terminate` may be
    called from any, the last one from a signal handler too.
    """

    def __init__(self, dealer: Dealer, *, role: Role) -> None:
        self._dealer = dealer
        self._role: Role = role
        self._actions: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._outbox: deque[list[bytes]] = deque()
        self._tasks: dict[str, Task] = {}
        self._stats = Stats()
        self._rest = Rest()
        self._workers: Workers | None = None
        self._calls: Calls | None = None
        self._slots = 0
        self._frames_refused = 0
        self._asked_to_load = False
        self._draining = False
        self._terminated = False

    def run(self) -> None:
        """Until `stop` has been obeyed or `terminate` was called."""
        self._hello()
        if self._role == "decoder":
            self._begin_decoding()
        while not self._finished():
            self._dealer.wait(self._quiet_s(), writable=bool(self._outbox))
            self._act()
            self._receive()
            self._expire()
            self._tidy()
            self._report()
            self._flush()
        if self._workers is not None and not self._tasks:
            self._workers.stop()
        self._leave()

    def send(self, message: FromSidecar, payload: bytes | None = None) -> None:
        # Packed by the caller's thread: what cannot be packed is its failure, not the loop's.
        header = encode(message)
        self.run_on_io(lambda: self._post(message, [header] if payload is None else [header, payload]))

    def send_raw(self, frame: bytes) -> None:
        self.run_on_io(lambda: self._outbox.append([frame]))

    def run_on_io(self, action: Callable[[], None]) -> None:
        self._actions.put(action)
        self._dealer.wake()

    def terminate(self) -> None:
        """Leave now: tasks under way are given up."""
        self._terminated = True
        self._dealer.wake()

    def _finished(self) -> bool:
        return self._terminated or (self._draining and not self._tasks)

    def _hello(self) -> None:
        self._emit(Hello(Protocol(PROTOCOL_MAJOR, PROTOCOL_MINOR), self._role, os.getpid(), versions_of(self._role)))
        self._flush()

    def _begin_decoding(self) -> None:
        began = time.monotonic()
        from hum_sidecar.decoding import decoder_crew  # Engines must not load FFmpeg's libraries twice.

        self._begin(decoder_crew(self), load_s=time.monotonic() - began)

    def _begin(self, crew: Crew, *, load_s: float) -> None:
        self._workers = Workers(crew.work, count=crew.workers)
        self._workers.start()
        self._slots = crew.slots
        self._calls = crew.calls
        self._stats.watch(crew.calls)
        # What loading took for a while.
        give_back()
        self._emit(Ready(self._slots, crew.model, load_s, resident_bytes()))

    def _act(self) -> None:
        while True:
            try:
                action = self._actions.get_nowait()
            except Empty:
                return
            action()

    def _receive(self) -> None:
        for _ in range(_RECEIVED_PER_TURN):
            incoming = self._dealer.receive()
            if incoming is None:
                return
            if isinstance(incoming, Refused):
                self._refused(incoming)
            else:
                self._obey(incoming.message, incoming.payload)

    def _obey(self, message: ToSidecar, payload: bytes | None) -> None:
        match message:
            case Load():
                self._load(message)
            case Job() | Decode():
                self._accept(message, payload)
            case Cancel(id=id):
                self._cancel(id)
            case Ping(seq=seq):
                self._emit(Pong(seq, None if self._calls is None else self._calls.oldest_s()))
            case Stop():
                self._draining = True

    def _load(self, load: Load) -> None:
        if self._role != "engine" or self._asked_to_load:
            log("error", "a load that cannot be obeyed", role=self._role, model=load.model)
            return
        self._asked_to_load = True
        threading.Thread(target=self._load_aside, args=(load,), name="loader", daemon=True).start()

    def _load_aside(self, load: Load) -> None:
        began = time.monotonic()
        try:
            from hum_sidecar.transcribing import load_crew  # Decoders must not load the engines' libraries.

            crew = load_crew(load, self)
        except Exception as error:
            log_raised("a model cannot be loaded", error, model=load.model, path=load.path)
            message = f"model '{load.model}' cannot be loaded: its engine raised {without_details(error)}"
            failure = error if isinstance(error, HumError) else HumError("loading", message, stage="load")
            self.send(Failed(None, 0, failure.to_data()))
        else:
            self.run_on_io(lambda: self._begin(crew, load_s=time.monotonic() - began))

    def _accept(self, message: Job | Decode, payload: bytes | None) -> None:
        if message.id in self._tasks:
            # Answering would end the task of that name, which goes on.
            log("error", "a job whose id is under way", id=message.id)
            return
        deadline_s = message.deadline_s if isinstance(message, Job) else None
        deadline = None if deadline_s is None else time.monotonic() + deadline_s
        task = Task(message, payload, deadline)
        if isinstance(message, Job) != (self._role == "engine"):
            self._refuse(task, "internal", f"a sidecar of role '{self._role}' got a '{type(message).__name__.lower()}'")
        elif self._draining:
            self._refuse(task, "overloaded", "this sidecar is stopping and takes no more jobs")
        elif self._workers is None:
            self._refuse(task, "loading", "no model is loaded yet; jobs may come after `ready`")
        elif len(self._tasks) >= self._slots:
            self._refuse(task, "overloaded", f"{len(self._tasks)} jobs are under way; the credit is {self._slots}")
        else:
            self._tasks[task.id] = task
            self._rest.end()
            self._workers.submit(task)

    def _refuse(self, task: Task, code: ErrorCode, message: str) -> None:
        log("warn", "a job was refused", id=task.id, code=code)
        self._emit(failure_of(task, HumError(code, message, stage=task.stage)))

    def _cancel(self, id: str) -> None:
        task = self._tasks.get(id)
        if task is not None:
            task.cancel()
            self._end_if_waiting(task)

    def _expire(self) -> None:
        for task in list(self._tasks.values()):
            if task.deadline is not None and time.monotonic() >= task.deadline:
                self._end_if_waiting(task)

    def _end_if_waiting(self, task: Task) -> None:
        """A worker that has the task ends it at its next check; while none has, it ends here."""
        error = task.stopped_by()
        if error is not None and task.claim():
            self._emit(failure_of(task, error))

    def _refused(self, refused: Refused) -> None:
        self._frames_refused += 1
        log(
            "warn",
            "a frame that is no message",
            reason=refused.reason,
            type=refused.type,
            detail=refused.detail,
            count=self._frames_refused,
        )
        # Whoever sent a job waits for an answer, even where only its id could be read.
        asked = refused.reason == "field" and refused.type in ("job", "decode")
        if asked and refused.id is not None and refused.id not in self._tasks:
            error = HumError("internal", f"the job's message was refused: {refused.detail}", stage="admission")
            self._emit(Failed(refused.id, refused.attempt, error.to_data()))

    def _emit(self, message: FromSidecar) -> None:
        self._post(message, [encode(message)])

    def _post(self, message: FromSidecar, frames: list[bytes]) -> None:
        task = None
        match message:
            case Done() | Decoded():
                if (task := self._tasks.pop(message.id, None)) is not None:
                    self._stats.count_done(audio_s=message.duration_s, busy_s=task.busy_s())
            case Failed(id=str(id)):
                if (task := self._tasks.pop(id, None)) is not None:
                    self._stats.count_failed(busy_s=task.busy_s())
            case _:
                pass
        if task is not None and not self._tasks:
            self._rest.begin(time.monotonic())
        self._outbox.append(frames)

    def _tidy(self) -> None:
        if self._rest.take(time.monotonic()):
            give_back()
            self._stats.memory_changed()

    def _report(self) -> None:
        metrics = self._stats.take(time.monotonic())
        if metrics is not None:
            self._emit(metrics)

    def _flush(self) -> None:
        while self._outbox and self._dealer.send(self._outbox[0]):
            self._outbox.popleft()

    def _quiet_s(self) -> float | None:
        """How long there is nothing to do if nothing comes; None for ever."""
        now = time.monotonic()
        moments = [task.deadline for task in self._tasks.values() if task.deadline is not None and task.deadline > now]
        moments += [at for at in (self._stats.due_at(), self._rest.due_at()) if at is not None]
        return None if not moments else min(moments) - now

    def _leave(self) -> None:
        self._emit(Bye("terminated" if self._terminated else "stopped"))
        give_up_at = time.monotonic() + _FLUSH_S
        self._flush()
        while self._outbox and time.monotonic() < give_up_at:
            self._dealer.wait(give_up_at - time.monotonic(), writable=True)
            self._flush()
        self._dealer.close()
