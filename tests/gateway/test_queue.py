from __future__ import annotations

from server.gateway.queue import FairQueue


def filled(*pairs: tuple[str, str]) -> FairQueue:
    queue = FairQueue()
    for job, client in pairs:
        queue.add(job, client)
    return queue


def test_one_client_is_served_in_the_order_it_came():
    assert filled(("a1", "a"), ("a2", "a"), ("a3", "a")).order() == ["a1", "a2", "a3"]


def test_a_client_with_one_job_does_not_wait_behind_anothers_many():
    assert filled(("a1", "a"), ("a2", "a"), ("a3", "a"), ("b1", "b")).order() == ["a1", "b1", "a2", "a3"]


def test_who_was_served_last_waits_for_the_one_who_was_not():
    queue = filled(("a1", "a"))
    assert queue.take() == "a1"
    queue.add("a2", "a")
    queue.add("b1", "b")
    assert [queue.take(), queue.take(), queue.take()] == ["b1", "a2", None]


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
    job = queue.take()
    assert job == "a1"
    queue.put_back(job, "a")
    assert queue.order() == ["a1", "b1", "b2"]
