"""Which of the waiting calls go to the model next, together. Pure, so that its rules can be tested one by one."""

import math
from dataclasses import dataclass

from hum_sidecar.engines.batching.call import Call
from hum_sidecar.messages import Priority

# A batch-class call that so many choices left behind counts as interactive.
PATIENCE = 10

_RANKS: dict[Priority, int] = {"live": 0, "interactive": 1, "batch": 2}


@dataclass(frozen=True)
class Caps:
    """The most rows in one call, by the class of the call that leads it: what is live waits for few others."""

    live: int
    interactive: int
    batch: int

    def of(self, rank: int) -> int:
        return (self.live, self.interactive, self.batch)[rank]


def rank_of(call: Call) -> int:
    """Smaller goes first; a call of nobody's job, such as a warm-up, is interactive."""
    rank = _RANKS["interactive" if call.run is None else call.run.priority]
    return _RANKS["interactive"] if rank == _RANKS["batch"] and call.passed_over >= PATIENCE else rank


def choose(waiting: list[Call], *, free_workers: int, caps: Caps) -> list[Call]:
    """
    Takes from `waiting`, which is in order of arrival and not empty: the oldest call of the best class, and of those
    with its key, best class first, as many as are a free worker's share, within the cap of the class.

    No timer: what came while the model was busy goes together.
    """
    by_rank = sorted(waiting, key=rank_of)
    leader = by_rank[0]
    kindred = [leader] if leader.key is None else [call for call in by_rank if call.key == leader.key]
    room = min(math.ceil(len(kindred) / free_workers), caps.of(rank_of(leader)))
    chosen = [leader]
    room -= leader.size
    for call in kindred[1:]:
        if call.size > room:
            break
        chosen.append(call)
        room -= call.size
    taken = {id(call) for call in chosen}
    waiting[:] = [call for call in waiting if id(call) not in taken]
    for call in waiting:
        call.passed_over += 1
    return chosen
