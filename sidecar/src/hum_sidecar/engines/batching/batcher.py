"""The batcher: threads that answer waiting calls on one model, several at once where that changes no result."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from hum_sidecar.calls import Calls
from hum_sidecar.engines.batching.call import Call
from hum_sidecar.engines.batching.choice import Caps, choose
from hum_sidecar.errors import HumError
from hum_sidecar.log import log_raised

# Answers the calls, which share a key, in one call of the model: one answer each, in order.
Operate = Callable[[Sequence[Call]], list[Any]]


class Batcher:
    """`workers` threads, as many as the model runs calls side by side: daemons that live as long as the process."""

    def __init__(self, operate: Operate, *, workers: int, caps: Caps, calls: Calls) -> None:
        self._operate = operate
        self._caps = caps
        self._calls = calls
        self._waiting: list[Call] = []
        self._free = workers
        self._changed = threading.Condition()
        for number in range(workers):
            threading.Thread(target=self._serve, name=f"engine-{number}", daemon=True).start()

    def ask(self, call: Call) -> Any:
        """Blocks until the call is answered. Raises what the model raised, or why the job should stop."""
        if call.run is not None:
            call.run.check()
        with self._changed:
            self._waiting.append(call)
            self._changed.notify()
        return call.wait()

    def waiting(self) -> int:
        """Calls that no worker has taken yet."""
        return len(self._waiting)

    def _serve(self) -> None:
        while True:
            with self._changed:
                while not self._waiting:
                    self._changed.wait()
                chosen = self._choose()
                if not chosen:
                    continue
                self._free -= 1
            try:
                self._answer(chosen)
            finally:
                with self._changed:
                    self._free += 1

    def _choose(self) -> list[Call]:
        """Calls whose job has ended never reach the model."""
        going: list[Call] = []
        for call in self._waiting:
            try:
                if call.run is not None:
                    call.run.check()
                going.append(call)
            except HumError as error:
                call.fail(error)
        self._waiting = going
        return choose(self._waiting, free_workers=self._free, caps=self._caps) if going else []

    def _answer(self, calls: Sequence[Call]) -> None:
        try:
            with self._calls.running(answers=len(calls)):
                answers = self._operate(calls)
        except Exception as error:
            if len(calls) == 1:
                calls[0].fail(error)
                return
            # Whose input it was shows when each is asked alone, and no other job fails by it.
            log_raised("a batch raised; its calls run one by one", error, kind=calls[0].kind, calls=len(calls))
            for call in calls:
                self._answer([call])
        else:
            for call, answer in zip(calls, answers, strict=True):
                call.answer(answer)
