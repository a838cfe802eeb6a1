"""The recipe of a layer as text, kept with the layer or the document, so that it can be run again or varied."""

from __future__ import annotations

import dataclasses
import secrets
from dataclasses import dataclass

from ..wire import codec
from ..wire.errors import Code, OverpaintError
from ..wire.geometry import Bounds
from ..wire.messages import Finished
from ..wire.recipe import Recipe
from .reading import Reading

FORMAT = 1
"""Raised when an older reader would misunderstand; new optional fields do not raise it."""


@dataclass(frozen=True)
class LayerRecipe:
    """How one layer was made. ``recipe`` holds the seed and eta of this very layer and one variation; ``crop`` is what
    the server saw, in document pixels; ``source`` the name of the layer it was made from; ``reading`` what of the
    document was read."""

    recipe: Recipe
    crop: Bounds
    source: str = ""
    seconds: float = 0.0
    format: int = FORMAT
    reading: Reading = Reading.LAYER


def of_result(finished: Finished, index: int, source: str = "", reading: Reading = Reading.LAYER) -> LayerRecipe:
    """The recipe of the answer's result ``index``, a layer or what is selected or the whole document after it."""
    result = finished.results[index]
    eta = () if result.eta is None else (result.eta,)
    recipe = dataclasses.replace(finished.recipe, seed=result.seed, variations=1, eta=eta)
    seconds = round(sum(finished.seconds.values()), 2)
    return LayerRecipe(recipe, finished.crop, source, seconds, reading=reading)


def to_text(made: LayerRecipe) -> str:
    return codec.to_text(made)


def from_text(text: str | bytes) -> LayerRecipe:
    """Raises ``OverpaintError`` for what is not a recipe or one of a newer format."""
    made = codec.from_text(LayerRecipe, text, "recipe")
    if made.format > FORMAT:
        raise OverpaintError(
            Code.VERSION_MISMATCH, "This layer was made with a newer version.", "Run install.py again to update."
        )
    return made


def another_variation(recipe: Recipe) -> Recipe:
    """The same edit with a seed nobody chose."""
    return dataclasses.replace(recipe, seed=secrets.randbelow(1 << 32))
