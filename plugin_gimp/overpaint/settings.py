"""The arguments of the procedures, once for GIMP's procedure database, its dialogs and our recipes. No gi."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from server.client.reading import Reading
from server.client.strengths import parse
from server.client.wording import problem
from server.wire.recipe import Recipe

if TYPE_CHECKING:
    from gi.repository import Gimp

AUTOMATIC = -1
"""In a number: chosen by the server. Procedure arguments have no other way to say nothing."""

LARGEST_SEED = 2**31 - 1
"""GIMP's whole numbers end here."""


class Kind(str, Enum):
    """The things to do; the value is the end of the procedure's name and of the keys of its words."""

    REPLACE = "replace"
    ERASE = "erase"
    EDIT_LAYER = "edit-layer"
    IMAGIC = "imagic"

    @property
    def needs_selection(self) -> bool:
        return self in (Kind.REPLACE, Kind.ERASE)

    @property
    def needs_words(self) -> bool:
        return self is not Kind.ERASE

    @property
    def learns(self) -> bool:
        """The picture is learned first; then it is painted at any edit strength at once."""
        return self is Kind.IMAGIC

    @property
    def question(self) -> str:
        """The key of the words above the prompt; with ``-tip``, of the sentence that helps to fill it in."""
        return "prompt" if self.needs_selection else f"prompt-{self.value}"


@dataclass(frozen=True)
class Argument:
    """``name`` is also the key of its label and (with ``-tip``) of its sentence. ``low`` and ``high``: both ends."""

    name: str
    default: str | int | float
    low: float = 0
    high: float = 0
    folded: bool = True
    """In the dialog: whether it lies under *More*."""


READING = Argument("reading", Reading.LAYER.value, folded=False)

ARGUMENTS = (
    Argument("prompt", "", folded=False),
    Argument("method", "", folded=False),
    Argument("preset", "", folded=False),
    Argument("model", "", folded=False),
    Argument("eta", "", folded=False),
    Argument("seed", AUTOMATIC, AUTOMATIC, LARGEST_SEED, folded=False),
    Argument("variations", 1, 1, 16, folded=False),
    Argument("strength", -1.0, -1.0, 1.0, folded=False),
    Argument("steps", AUTOMATIC, AUTOMATIC, 500),
    Argument("guidance", -1.0, -1.0, 50.0),
    Argument("feather", AUTOMATIC, AUTOMATIC, 1024),
    Argument("grow", 0, 0, 1024),
    Argument("context", AUTOMATIC, AUTOMATIC, 8192),
    READING,
)

_ONLY_TO_LEARN = ("preset", "eta")
_NOT_TO_LEARN = ("method", "strength", "context")


def arguments(kind: Kind) -> tuple[Argument, ...]:
    """Those of ``kind``, in the order of its procedure."""
    others = _NOT_TO_LEARN if kind.learns else _ONLY_TO_LEARN
    return tuple(argument for argument in ARGUMENTS if argument.name not in others)


def values(config: Gimp.ProcedureConfig, kind: Kind) -> dict[str, str | int | float]:
    """Of the arguments of ``kind``, as they stand in its procedure's ``config``."""
    return {argument.name: config.get_property(argument.name) for argument in arguments(kind)}


def recipe(given: Mapping[str, str | int | float]) -> Recipe:
    """What the values of the arguments ask for; one that is not given has its default. ``method`` stays empty where the
    server's first is to be taken. Raises ``OverpaintError`` for what is out of range.

    A seed is always chosen here: what a dialog shows later must fit into GIMP's numbers.
    """
    value = {argument.name: argument.default for argument in ARGUMENTS} | dict(given)
    for argument in ARGUMENTS:
        _check_range(argument, value[argument.name])
    seed = int(value["seed"])
    return Recipe(
        method=str(value["method"] or "").strip(),
        prompt=str(value["prompt"] or "").strip(),
        model=str(value["model"] or "").strip(),
        seed=seed if seed >= 0 else new_seed(),
        variations=int(value["variations"]),
        strength=_chosen(float(value["strength"])),
        steps=_whole(value["steps"]),
        guidance=_chosen(float(value["guidance"])),
        grow=int(value["grow"]),
        feather=_whole(value["feather"]),
        context=_whole(value["context"]),
        preset=str(value["preset"] or "").strip(),
        eta=parse(str(value["eta"] or "")),
    )


def reading(given: Mapping[str, str | int | float]) -> Reading:
    """What of the document is to be read. Raises ``OverpaintError`` for a name that is none."""
    value = str(given.get(READING.name) or Reading.LAYER.value)
    names = [each.value for each in Reading]
    if value not in names:
        raise problem("‘reading’ is “{value}”.", "It is one of: {names}.", value=value, names=", ".join(names))
    return Reading(value)


def _check_range(argument: Argument, value: str | int | float) -> None:
    if isinstance(argument.default, str) or argument.low <= float(value) <= argument.high:
        return
    low, high = (f"{end:.10g}" for end in (argument.low, argument.high))
    raise problem(
        "‘{name}’ is {value}.",
        "It goes from {low} to {high}.",
        name=argument.name,
        value=f"{float(value):.10g}",
        low=low,
        high=high,
    )


def new_seed() -> int:
    return random.randrange(LARGEST_SEED)


def _chosen(value: float) -> float | None:
    return value if value >= 0 else None


def _whole(value: str | int | float) -> int | None:
    return int(value) if int(value) >= 0 else None
