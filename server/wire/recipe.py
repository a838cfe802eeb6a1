"""What the user asked for, and all that is needed to ask for it again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any

USUAL_ETA = 0.8
"""Edits are true to words and picture both from 0.6 to 0.8, as the paper finds (arXiv 2210.09276, §4.2); of these our
measurements (docs/imagic.md) favour the last."""


@dataclass(frozen=True)
class Range:
    """What a setting may be, both ends included. No number at all (NaN) is in none."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high

    def __str__(self) -> str:
        return f"from {self.low} to {self.high}"


def _from(low: float, high: float, default: Any) -> Any:
    return field(default=default, metadata={"range": Range(low, high)})


@dataclass(frozen=True)
class Recipe:
    """One edit as data. ``None`` means: the server chooses; the recipe of a result has no ``None`` left
    among the settings that its method uses.

    method: name of an edit method as ``Welcome.methods`` lists them.
    prompt: what should be there; empty for a method that needs none.
    negative: what should not be there.
    model: name of a model as ``Welcome.models`` lists them; empty for the default of the method.
    seed: 0..2**32-1; variation ``i`` is drawn with ``seed + i``.
    variations: how many answers, 1..16.
    strength: 0..1, how far the answer may leave the picture (1 = ignore what was there).
    steps: denoising steps, 1..500.
    guidance: how closely to follow the words (the classifier-free guidance scale), 0..50.
    grow: pixels of the document by which the selection is grown before anything else, 0..1024.
    feather: pixels over which the answer fades out beyond the grown selection, 0..1024.
    context: pixels of surroundings the model sees around the selection, 0..8192.
    preset: for a method that first learns the picture: how, a name of ``MethodOffer.presets``; empty for the first.
    eta: for the same methods: edit strengths, each 0 (the picture as it was learned) to 1.5; 1 is what the words alone
        ask for. There is one answer for each eta and variation, at most 16 in all; empty: ``USUAL_ETA``.
    """

    method: str
    prompt: str = ""
    negative: str = ""
    model: str = ""
    seed: int | None = _from(0, 2**32 - 1, None)
    variations: int = _from(1, 16, 1)
    strength: float | None = _from(0, 1, None)
    steps: int | None = _from(1, 500, None)
    guidance: float | None = _from(0, 50, None)
    grow: int = _from(0, 1024, 0)
    feather: int | None = _from(0, 1024, None)
    context: int | None = _from(0, 8192, None)
    preset: str = ""
    eta: tuple[float, ...] = _from(0, 1.5, ())


RANGES: dict[str, Range] = {one.name: one.metadata["range"] for one in fields(Recipe) if "range" in one.metadata}
"""Of every setting that is a number, or several."""


@dataclass(frozen=True)
class OutOfRange:
    """One setting of a recipe, with the value that it cannot have."""

    name: str
    value: float

    @property
    def range(self) -> Range:
        return RANGES[self.name]

    def __str__(self) -> str:
        return f"The setting {self.name} is {self.value}; it has to be {self.range}."


def out_of_range(recipe: Recipe) -> Iterator[OutOfRange]:
    """Every value that the recipe must not have; nothing where all is well."""
    for name, allowed in RANGES.items():
        value = getattr(recipe, name)
        values = value if isinstance(value, tuple) else () if value is None else (value,)
        yield from (OutOfRange(name, one) for one in values if one not in allowed)
