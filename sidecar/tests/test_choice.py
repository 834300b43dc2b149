"""Which calls go to the model together."""

from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from hum_sidecar.engines.batching.call import Call
from hum_sidecar.engines.batching.choice import PATIENCE, Caps, choose
from hum_sidecar.messages import BytesRef, Job, Priority
from hum_sidecar.task import Task
from plane import options

CAPS = Caps(live=2, interactive=8, batch=8)


def call(key: Any = "same", *, priority: Priority = "interactive", size: int = 1) -> Call:
    run = Task(Job("a", 1, priority, None, BytesRef(None, 0, 0), options()), None, None)
    return Call("generate", key, cast("Any", None), size, run)


def test_one_free_worker_takes_all_that_share_a_key() -> None:
    waiting = [call(), call(), call()]
    everything = list(waiting)
    assert choose(waiting, free_workers=1, caps=CAPS) == everything
    assert waiting == []


def test_of_two_free_workers_each_takes_its_share() -> None:
    waiting = [call() for _ in range(5)]
    assert len(choose(waiting, free_workers=2, caps=CAPS)) == 3
    assert len(choose(waiting, free_workers=1, caps=CAPS)) == 2


def test_calls_of_other_keys_stay_in_order() -> None:
    first, other, third, last = call("a"), call("b"), call("a"), call("c")
    waiting = [first, other, third, last]
    assert choose(waiting, free_workers=1, caps=CAPS) == [first, third]
    assert waiting == [other, last]


def test_a_call_without_a_key_goes_alone() -> None:
    waiting = [call(None), call(None)]
    assert len(choose(waiting, free_workers=1, caps=CAPS)) == 1


def test_the_best_class_leads_and_others_fill_up() -> None:
    batch, interactive, live = call(priority="batch"), call(), call(priority="live")
    waiting = [batch, interactive, live]
    assert choose(waiting, free_workers=1, caps=CAPS) == [live, interactive]
    assert waiting == [batch]


def test_no_more_than_the_cap_goes_at_once() -> None:
    waiting = [call() for _ in range(20)]
    assert len(choose(waiting, free_workers=1, caps=CAPS)) == 8


def test_a_call_of_many_rows_counts_by_its_rows() -> None:
    waiting = [call(), call(size=7), call()]
    assert [one.size for one in choose(waiting, free_workers=1, caps=Caps(8, 3, 8))] == [1]
    assert [one.size for one in choose(waiting, free_workers=1, caps=Caps(8, 3, 8))] == [7]


def test_a_batch_call_that_was_passed_over_ten_times_goes_as_interactive() -> None:
    patient = call("patient", priority="batch")
    waiting = [patient]
    for _ in range(PATIENCE):
        waiting.append(call("new"))
        assert patient not in choose(waiting, free_workers=1, caps=CAPS)
    waiting.append(call("new"))
    assert choose(waiting, free_workers=1, caps=CAPS) == [patient]


CALLS = st.lists(
    st.builds(
        call,
        st.sampled_from(["a", "b", None]),
        priority=st.sampled_from(["live", "interactive", "batch"]),
        size=st.integers(1, 4),
    ),
    min_size=1,
    max_size=30,
)


@given(calls=CALLS, free_workers=st.integers(1, 4))
def test_every_call_is_chosen_once_and_only_with_its_kin(calls: list[Call], free_workers: int) -> None:
    waiting = list(calls)
    chosen: list[Call] = []
    while waiting:
        batch = choose(waiting, free_workers=free_workers, caps=CAPS)
        assert len({one.key for one in batch}) == 1
        assert len(batch) == 1 or batch[0].key is not None
        chosen.extend(batch)
    assert sorted(map(id, chosen)) == sorted(map(id, calls))
