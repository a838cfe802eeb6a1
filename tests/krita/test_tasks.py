from __future__ import annotations

import pytest


def counting(log: list[str], name: str, steps: int, rest: bool = False):
    for step in range(steps):
        log.append(f"{name}{step}")
        yield rest


def error():
    from overpaint.server.wire.errors import Code, OverpaintError

    raise OverpaintError(Code.HOST, "It went wrong.")
    yield


def test_short_pieces_are_done_in_one_turn_in_the_order_they_came() -> None:
    from overpaint.tasks import Tasks

    log, strips = [], Tasks()
    strips.add(counting(log, "a", 2), pytest.fail)
    strips.add(counting(log, "b", 1), pytest.fail)
    assert strips.busy
    strips.turn()
    assert (log, strips.busy) == (["a0", "a1", "b0"], False)


def test_a_long_piece_has_a_turn_to_itself() -> None:
    from overpaint.tasks import Tasks

    log, strips = [], Tasks()
    strips.add(counting(log, "a", 2, rest=True), pytest.fail)
    strips.turn()
    assert log == ["a0"]
    strips.turn()
    assert log == ["a0", "a1"]


def test_an_error_goes_to_its_own_work_and_the_others_go_on() -> None:
    from overpaint.tasks import Tasks

    log, errors, strips = [], [], Tasks()
    strips.add(error(), errors.append)
    strips.add(counting(log, "b", 1), pytest.fail)
    strips.turn()
    assert [str(one) for one in errors] == ["It went wrong."]
    assert log == ["b0"]


def test_a_fault_of_ours_is_not_hidden_and_does_not_come_again() -> None:
    from overpaint.tasks import Tasks

    def broken():
        raise ZeroDivisionError
        yield

    strips = Tasks()
    strips.add(broken(), pytest.fail)
    with pytest.raises(ZeroDivisionError):
        strips.turn()
    assert not strips.busy


def test_a_turn_that_comes_while_another_is_under_way_does_nothing() -> None:
    from overpaint.tasks import Tasks

    log, strips = [], Tasks()

    def reentrant():
        strips.turn()  # as a call of libkis does that lets events pass
        log.append("a")
        yield

    strips.add(reentrant(), pytest.fail)
    strips.add(counting(log, "b", 1), pytest.fail)
    strips.turn()
    assert log == ["a", "b0"]
