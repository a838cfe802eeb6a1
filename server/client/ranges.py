"""A setting out of its range is refused where it was typed, with the range."""

from __future__ import annotations

from ..wire.errors import Code, OverpaintError
from ..wire.recipe import Recipe, out_of_range
from .translation import tr


def check_ranges(recipe: Recipe) -> None:
    """Raises ``OverpaintError`` (bad-request) for the first setting of ``recipe`` that no server takes."""
    for wrong in out_of_range(recipe):
        low, high = _plain(wrong.range.low), _plain(wrong.range.high)
        sentence = tr(
            "“{name}” is {value}: it can be {low} to {high}.", name=wrong.name, value=wrong.value, low=low, high=high
        )
        raise OverpaintError(Code.BAD_REQUEST, sentence)


def _plain(number: float) -> str:
    return f"{number:.10g}"
