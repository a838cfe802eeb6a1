"""Settings out of their range are refused before anything is read or sent."""

from __future__ import annotations

import pytest

from server.client.ranges import check_ranges
from server.wire.errors import OverpaintError
from server.wire.recipe import Recipe


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"seed": -1}, "“seed” is -1: it can be 0 to 4294967295."),
        ({"seed": 2**64}, f"“seed” is {2**64}: it can be 0 to 4294967295."),
        ({"grow": 2000}, "“grow” is 2000: it can be 0 to 1024."),
        ({"strength": 1.5}, "“strength” is 1.5: it can be 0 to 1."),
        ({"guidance": float("nan")}, "“guidance” is nan: it can be 0 to 50."),
        ({"variations": 0}, "“variations” is 0: it can be 1 to 16."),
    ],
)
def test_a_setting_out_of_its_range_is_refused_with_it(wrong: dict[str, float], sentence: str) -> None:
    with pytest.raises(OverpaintError) as refused:
        check_ranges(Recipe("erase", **wrong))
    assert refused.value.sentence == sentence


def test_settings_at_both_ends_pass() -> None:
    check_ranges(Recipe("erase", seed=2**32 - 1, grow=0, feather=1024, strength=1))
