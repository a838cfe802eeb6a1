"""What the user has set in the docker, kept between starts of Krita. No Qt, no libkis."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field, replace
from typing import Any

from .server.client.combining import Combining
from .server.client.reading import Reading
from .server.client.roles import fitted
from .server.wire import codec
from .server.wire.errors import OverpaintError
from .server.wire.offers import MethodOffer
from .server.wire.recipe import SETTINGS, Recipe, out_of_range

ELSEWHERE = ("preset", "eta")
"""Asked for beside the prompt, and by the slider."""

ASKED = tuple(setting for setting in SETTINGS.values() if setting.name not in ELSEWHERE)
"""What the docker has a row for where the method reads it."""


@dataclass(frozen=True)
class Settings:
    """chosen: a recipe of no method, whose settings are those of the docker. reading: what of the picture is read.
    combining: what becomes of the selection, where the answer is one."""

    chosen: Recipe = field(default_factory=lambda: Recipe(""))
    reading: Reading = Reading.LAYER
    combining: Combining = Combining.REPLACE

    def recipe(self, method: str, prompt: str, offer: MethodOffer | None = None) -> Recipe:
        """The request these settings make, without what the method does not read."""
        return fitted(replace(self.chosen, method=method, prompt=prompt.strip()), offer)

    def dump(self) -> str:
        return codec.to_text(self)


def load(text: str) -> Settings:
    """What ``dump`` gave; the defaults where it is missing, unreadable, or of another time."""
    try:
        stored = json.loads(text or "{}")
    except ValueError:
        return Settings()
    if not isinstance(stored, dict):
        return Settings()
    chosen = stored.get("chosen")
    readings = [reading for reading in Reading if reading.value == stored.get("reading")]
    ways = [way for way in Combining if way.value == stored.get("combining")]
    recipe = _readable(chosen if isinstance(chosen, dict) else {})
    return Settings(recipe, (*readings, Reading.LAYER)[0], (*ways, Combining.REPLACE)[0])


def _readable(stored: dict[str, Any]) -> Recipe:
    """Each setting by itself: one that is of another time does not take the others along."""
    recipe = Recipe("")
    for name in ("extras", *SETTINGS):
        if name in stored:
            try:
                one = codec.from_text(Recipe, json.dumps({"method": "", name: stored[name]}), "settings")
            except OverpaintError:
                continue
            if not any(out_of_range(one)):
                recipe = replace(recipe, **{name: getattr(one, name)})
    return recipe


def new_seed() -> int:
    return random.randrange(2**32)
