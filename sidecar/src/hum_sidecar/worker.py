"""Worker threads: each takes the oldest task that nobody has ended yet."""

import threading
from collections.abc import Callable
from queue import SimpleQueue

from hum_sidecar.task import Task


class Workers:
    """A fixed number of threads. They are daemons: one that is stuck in an engine call must not keep the process."""

    def __init__(self, work: Callable[[Task], None], *, count: int) -> None:
        self._work = work
        self._waiting: SimpleQueue[Task | None] = SimpleQueue()
        self._threads = [threading.Thread(target=self._run, name=f"worker-{n}", daemon=True) for n in range(count)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def submit(self, task: Task) -> None:
        self._waiting.put(task)

    def stop(self) -> None:
        """No thread takes another task; the caller has seen to it that none waits."""
        for _ in self._threads:
            self._waiting.put(None)

    def _run(self) -> None:
        while (task := self._waiting.get()) is not None:
            if task.claim():
                self._work(task)
