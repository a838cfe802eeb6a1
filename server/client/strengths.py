"""The slider of a method that learns a picture and then paints it at any edit strength at once (Imagic): which answers
are there, which one to show, and which to ask for next. No clock and no host in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from ..wire.errors import Code, OverpaintError
from ..wire.recipe import RANGES, USUAL_ETA, Recipe
from .translation import tr

LOWEST, HIGHEST = RANGES["eta"].low, RANGES["eta"].high
"""Of an edit strength: the picture as it was learned, and half beyond what the words alone ask for."""

SWEEP = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Painted in one batch as soon as the picture is learned: the paper's range of good edits and some room beside it."""

MOST = int(RANGES["variations"].high)
"""Answers of one job."""

WORTH_KEEPING = 1 << 30
"""Bytes of answers that a host keeps for one slider."""

QUIET_S = 0.25
"""The slider has to rest for so long before what it stands on is asked for."""

Picture = TypeVar("Picture")


@dataclass(frozen=True, order=True)
class Point:
    """The place of one answer: the seed it is drawn with and its edit strength, to a hundredth."""

    seed: int
    eta: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "eta", round(self.eta, 2))


class Strengths(Generic[Picture]):
    """``Picture``: whatever a host keeps of an answer. All times are seconds of one monotonic clock."""

    def __init__(self, wanted: Point) -> None:
        self._wanted = wanted
        self._since = float("-inf")
        self._asked: Point | None = None
        self._painted: dict[Point, Picture] = {}
        self._seeds: dict[int, None] = {}

    @property
    def wanted(self) -> Point:
        """Where the slider stands."""
        return self._wanted

    @property
    def seeds(self) -> tuple[int, ...]:
        """Of all answers so far, in the order in which they first came."""
        return tuple(self._seeds)

    def etas(self, seed: int) -> tuple[float, ...]:
        """The strengths that can be shown at once."""
        return tuple(sorted(point.eta for point in self._painted if point.seed == seed))

    def move(self, wanted: Point, now: float) -> None:
        """The slider was moved, or another variation chosen."""
        if wanted != self._wanted:
            self._wanted, self._since = wanted, now

    def take(self, point: Point, picture: Picture) -> None:
        """An answer came."""
        self._painted[point] = picture
        self._seeds[point.seed] = None
        if point == self._asked:
            self._asked = None

    def trim(self, most: int) -> None:
        """Forgets the answers that came first, beyond the last ``most``, but not the one that is shown: each is as
        large as the part that was sent. They can be asked for again."""
        shown = self.shown
        for point in [one for one in self._painted if shown is None or one != shown[0]]:
            if len(self._painted) <= most:
                return
            del self._painted[point]

    @property
    def shown(self) -> tuple[Point, Picture] | None:
        """What to show: the answer wanted, or the nearest one of its seed until that is there; None: none at all."""
        near = [point for point in self._painted if point.seed == self._wanted.seed]
        if not near:
            return None
        point = min(near, key=lambda one: (abs(one.eta - self._wanted.eta), one.eta))
        return point, self._painted[point]

    @property
    def complete(self) -> bool:
        """What is shown is what is wanted."""
        return self._wanted in self._painted

    def due(self, now: float) -> Point | None:
        """What to ask for now, in place of anything asked for before (the latest wins); None: nothing. It counts as
        asked for, and is not due again until the slider has been elsewhere or ``again`` is called."""
        if self.complete or self._wanted == self._asked or now - self._since < QUIET_S:
            return None
        self._asked = self._wanted
        return self._asked

    def again(self) -> None:
        """What was asked for did not come: it may be asked for once more."""
        self._asked = None


def kept_at_once(nbytes: int) -> int:
    """How many answers of so many bytes a slider keeps: ``WORTH_KEEPING`` of them, and always those of two jobs."""
    return max(2 * len(SWEEP), WORTH_KEEPING // max(1, nbytes))


def swept(recipe: Recipe, shown: float = USUAL_ETA) -> Recipe:
    """The first job: learn, then paint the whole range, with the strength that will be ``shown`` first."""
    etas = sorted({*SWEEP, Point(0, shown).eta})
    return replace(recipe, eta=tuple(etas), variations=1)


def painted_at(recipe: Recipe, point: Point) -> Recipe:
    """One more answer."""
    return replace(recipe, eta=(point.eta,), seed=point.seed, variations=1)


def parse(text: str) -> tuple[float, ...]:
    """Edit strengths as people write them: "0.7", "0.5, 0.8", or "0.5:1.0:6" for 6 from 0.5 to 1.0. Nothing for an
    empty text. Raises ``OverpaintError`` for anything else, and for strengths beyond 0 to 1.5."""
    try:
        etas = _span(text) if ":" in text else tuple(float(part) for part in text.replace(",", " ").split())
    except ValueError:
        etas = (-1.0,)
    if len(etas) > MOST or not all(LOWEST <= eta <= HIGHEST for eta in etas):
        raise OverpaintError(
            Code.BAD_REQUEST,
            tr("“{text}” is no edit strength.", text=text.strip()),
            tr(
                "Write one like 0.7, or several like 0.5:1.0:6 (from, to, how many; at most {most}), "
                "each from {low} to {high}.",
                most=MOST,
                low=f"{LOWEST:g}",
                high=f"{HIGHEST:g}",
            ),
        )
    return etas


def _span(text: str) -> tuple[float, ...]:
    first, last, count = text.split(":")
    start, end, number = float(first), float(last), int(count)
    if not 2 <= number <= MOST:
        raise ValueError(number)
    return tuple(round(start + (end - start) * index / (number - 1), 4) for index in range(number))
