"""One way after the other is tried until memory suffices."""

from __future__ import annotations

import pytest
import torch

from server.models.runtime.memory import first_that_fits

pytestmark = pytest.mark.torch

CPU = torch.device("cpu")


def attempt(way: int) -> str:
    if way > 2:
        raise torch.OutOfMemoryError(f"CUDA out of memory at {way}")
    return f"did {way}"


def test_the_first_for_which_memory_suffices_is_taken():
    assert first_that_fits([8, 4, 2, 1], attempt, CPU) == (2, "did 2")


def test_the_last_shortage_is_raised_when_none_is_left():
    with pytest.raises(torch.OutOfMemoryError, match="at 4"):
        first_that_fits([8, 4], attempt, CPU)


def test_another_error_passes_at_once():
    tried = []

    def broken(way: int) -> None:
        tried.append(way)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        first_that_fits([8, 4], broken, CPU)
    assert tried == [8]
