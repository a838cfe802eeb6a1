"""What an edit method is given, what it tells on the way, and what it hands back."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from server.pixels.masks import Region
from server.pixels.picture import F32, Picture
from server.wire.messages import Estimate, Estimated
from server.wire.recipe import Click, Recipe

from .results import Result

if TYPE_CHECKING:
    from server.models.runtime.residency import Models


class CancelledEdit(Exception):  # noqa: N818 - not an error: the user wanted it
    """Raised by ``Report`` when the user gave the job up; an edit lets it pass."""


class SkippedPart(Exception):  # noqa: N818 - not an error: the user wanted it
    """Raised by ``Report`` when the user does not want what is being done, but what comes after it."""


@dataclass(frozen=True, eq=False)
class Scene:
    """picture: the crop at its own size. mask: float32 (H, W), 0..1, white = repaint (the denoise mask).
    selected: bool (H, W), what of that the person selected, the rest being there for an edit's edges. None: all of it.
    content: the name of what both were made of (``wire.content``), for an edit that keeps what it learned of a picture;
    empty: none is known.
    references: pictures of any size that are shown to a model beside the words; those that came very large are smaller
    here. points: those of the recipe that lie in the picture, in its own pixels. picture_content: as ``content``, of
    the picture alone, whatever is selected."""

    picture: Picture
    mask: F32
    content: str = ""
    selected: Region | None = None
    references: tuple[Picture, ...] = ()
    points: tuple[Click, ...] = ()
    picture_content: str = ""

    def __post_init__(self) -> None:
        if self.mask.shape != self.picture.alpha.shape:
            raise ValueError(f"a mask of {self.mask.shape} for a picture of {self.picture.alpha.shape}")


@dataclass(frozen=True, eq=False)
class Step:
    """Where an edit stands. ``stage`` in words for a person ("Painting"); ``step`` of ``of`` are done.

    preview: float32 (h, w, 3), 0..1, sRGB, small (a side of at most 256), or None when there is nothing new to see.
    """

    stage: str
    step: int
    of: int
    preview: F32 | None = None


Report = Callable[[Step], None]
"""Called at least once per denoising step; may raise ``CancelledEdit``."""


ResultT = TypeVar("ResultT", bound=Result, covariant=True)


@dataclass(frozen=True, eq=False)
class Answer(Generic[ResultT]):
    """result: of the kind that the method declares (``Method.answers``). recipe: with every setting that was used
    filled in. notices: sentences worth showing beside the answer."""

    result: ResultT
    recipe: Recipe
    notices: tuple[str, ...] = ()


Edit = Callable[[Scene, Recipe, "Models", Report], Answer[Result]]

Estimator = Callable[[Estimate, "Models"], Estimated]
"""What an edit of this recipe would need here; may load the model and measure a step."""


def seed_of(recipe: Recipe) -> int:
    """The recipe's own seed, or a fresh one, 0..2**32-1."""
    return secrets.randbelow(2**32) if recipe.seed is None else recipe.seed
