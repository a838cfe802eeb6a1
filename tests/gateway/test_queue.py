from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.gateway.queue import CLIENTS_REMEMBERED, FairQueue
from server.gateway.tally import NOTHING, Share, Tally


def filled(*pairs: tuple[str, str]) -> FairQueue:
    queue = FairQueue()
    for job, client in pairs:
        queue.add(job, client)
    return queue


def take(queue: FairQueue) -> str | None:
    """The next one begins."""
    name = next(iter(queue.order()), None)
    if name is not None:
        queue.take(name)
    return name


def test_one_client_is_served_in_the_order_it_came():
    assert filled(("a1", "a"), ("a2", "a"), ("a3", "a")).order() == ["a1", "a2", "a3"]


def test_a_client_with_one_job_does_not_wait_behind_anothers_many():
    assert filled(("a1", "a"), ("a2", "a"), ("a3", "a"), ("b1", "b")).order() == ["a1", "b1", "a2", "a3"]


@pytest.mark.parametrize(("others", "first"), [(CLIENTS_REMEMBERED - 1, "new"), (CLIENTS_REMEMBERED, "old")])
def test_who_was_served_is_remembered_beside_so_many_others_and_no_longer(others: int, first: str):
    queue = filled(("job", "a"), *((f"job {number}", f"client {number}") for number in range(others)))
    while take(queue):
        pass
    queue.add("old", "a")
    queue.add("new", "b")
    assert take(queue) == first


def test_who_was_served_last_waits_for_the_one_who_was_not():
    queue = filled(("a1", "a"))
    assert take(queue) == "a1"
    queue.add("a2", "a")
    queue.add("b1", "b")
    assert [take(queue), take(queue), take(queue)] == ["b1", "a2", None]


def test_looking_at_the_order_takes_nothing():
    queue = filled(("a1", "a"), ("b1", "b"))
    assert queue.order() == queue.order()
    assert len(queue) == 2


def test_a_job_that_is_removed_is_not_served_and_its_client_keeps_its_turn():
    queue = filled(("a1", "a"), ("a2", "a"), ("b1", "b"))
    queue.remove("a1")
    queue.remove("not there")
    assert queue.order() == ["a2", "b1"]


def test_a_job_put_back_is_the_very_next():
    queue = filled(("a1", "a"), ("b1", "b"), ("b2", "b"))
    job = take(queue)
    assert job == "a1"
    queue.put_back(job, "a")
    assert queue.order() == ["a1", "b1", "b2"]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(0, 5)),
        st.tuples(st.just("take"), st.just(0)),
        st.tuples(st.just("put back"), st.just(0)),
        st.tuples(st.just("remove"), st.integers(0, 30)),
    ),
    max_size=60,
)


@given(STEPS)
def test_the_order_that_is_told_is_the_order_in_which_jobs_are_taken(steps):
    queue, taken, owner = FairQueue(), [], {}
    for number, (what, which) in enumerate(steps):
        if what == "add":
            owner[f"j{number}"] = f"c{which}"
            queue.add(f"j{number}", f"c{which}")
        elif what == "take" and queue:
            taken.append(take(queue))
        elif what == "put back" and taken:
            job = taken.pop()
            queue.put_back(job, owner[job])
            assert queue.order()[0] == job
        elif what == "remove":
            queue.remove(f"j{which}")
    told = queue.order()
    assert len(told) == len(queue)
    assert [take(queue) for _ in told] == told
    assert take(queue) is None


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from("ab"), st.integers(0, 5), st.booleans()), max_size=40))
def test_a_tally_is_the_sum_of_the_jobs_there_are(changes):
    tally, jobs = Tally(), {}
    for job, who, nbytes, gone in changes:
        if gone:
            tally.drop(str(job))
            jobs.pop(job, None)
        else:
            jobs[job] = who, Share(1, 0, nbytes, nbytes, 0)
            tally.put(str(job), *jobs[job])
    for who in "ab":
        mine = [share for owner, share in jobs.values() if owner == who]
        assert tally.of(who) == Share(*map(sum, zip(*mine, strict=True))) if mine else tally.of(who) == NOTHING
    assert tally.all.kept == sum(share.kept for _, share in jobs.values())
