"""What the user has set in the docker, kept between starts of Krita. No Qt, no libkis."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field, replace
from typing import Any

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
    """chosen: a recipe of no method, whose settings are those of the docker. reading: what of the picture is read."""

    chosen: Recipe = field(default_factory=lambda: Recipe(""))
    reading: Reading = Reading.LAYER

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
    return Settings(_readable(chosen if isinstance(chosen, dict) else {}), (*readings, Reading.LAYER)[0])


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


class History:
    """Earlier prompts, the last one first, walked through with the arrow keys like a shell's."""

    LONGEST = 50

    def __init__(self, text: str = "") -> None:
        try:
            stored = json.loads(text or "[]")
        except ValueError:
            stored = []
        self._prompts = [one for one in stored if isinstance(one, str)] if isinstance(stored, list) else []
        self._at = -1
        self._draft = ""

    def add(self, prompt: str) -> None:
        """Remember a prompt that was run; an old one moves to the front."""
        prompt = prompt.strip()
        self._at = -1
        if prompt:
            self._prompts = [prompt, *(one for one in self._prompts if one != prompt)][: self.LONGEST]

    def older(self, current: str) -> str:
        """The one before what is shown; ``current`` is kept as the draft when the walk begins."""
        if self._at < 0:
            self._draft = current
        if self._at + 1 < len(self._prompts):
            self._at += 1
        return self._shown(current)

    def newer(self, current: str) -> str:
        """The one after it, at last the draft."""
        if self._at < 0:
            return current
        self._at -= 1
        return self._shown(self._draft)

    def _shown(self, otherwise: str) -> str:
        return self._prompts[self._at] if 0 <= self._at < len(self._prompts) else otherwise

    def dump(self) -> str:
        return json.dumps(self._prompts)


class Pace:
    """How long edits took on this machine, to say so before the next one."""

    WORTH_SAYING_S = 10

    def __init__(self, text: str = "") -> None:
        try:
            stored = json.loads(text or "{}")
        except ValueError:
            stored = {}
        numbers = stored.items() if isinstance(stored, dict) else ()
        self._seconds = {key: float(value) for key, value in numbers if isinstance(value, (int, float))}

    def note(self, method: str, model: str, device: str, seconds: float) -> None:
        self._seconds[f"{method}/{model}/{device}"] = round(seconds, 1)

    def expected(self, method: str, model: str, device: str) -> float | None:
        """Seconds of the last such edit, None when there was none or it is not worth saying."""
        seconds = self._seconds.get(f"{method}/{model}/{device}")
        return seconds if seconds is not None and seconds >= self.WORTH_SAYING_S else None

    def dump(self) -> str:
        return json.dumps(self._seconds)


class Words:
    """What stands in the prompt, for each open picture its own."""

    def __init__(self) -> None:
        self._here: str | None = None
        self._written: dict[str, str] = {}

    def of(self, document: str, shown: str) -> str:
        """What is to be shown while ``document`` is the active one. Words written before there was any are the first
        one's."""
        if document == self._here:
            return shown
        if self._here:
            self._written[self._here] = shown
        words = self._written.get(document, "") if self._here else shown
        self._here = document
        return words
