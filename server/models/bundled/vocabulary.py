"""What captions of the bundled model are made of, and what a prompt leaves open of them. Torch-free.

It was taught on captions like "woman shrugging, dark skin, on white background, cartoon". Somebody who edits a picture
of that woman writes "waving": who waves, before what, and how it is drawn, the picture says.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from random import Random

FILE_NAME = "words.json"

_WORD = re.compile(r"[\w-]+")
_ARTICLE = re.compile(r"^(an?|the) ", re.IGNORECASE)


@dataclass(frozen=True)
class Facet:
    """phrases: of which a caption has at most one. told_by: words with which a prompt says it itself."""

    phrases: tuple[str, ...]
    told_by: tuple[str, ...]

    def of(self, parts: Sequence[str]) -> str:
        """The one among the parts of a caption; empty where there is none."""
        return next((part for part in parts if part in self.phrases), "")

    def left_open_by(self, prompt: str) -> bool:
        return not set(self.told_by) & set(_WORD.findall(prompt.lower()))


@dataclass(frozen=True)
class Vocabulary:
    """words.json: the facets of a caption beside the thing itself. who: what people are called, last the word for any
    of them."""

    who: Facet
    skin: Facet
    ground: Facet
    style: Facet

    @property
    def anybody(self) -> str:
        return self.who.phrases[-1]

    def who_is(self, thing: str, things: Collection[str]) -> str:
        """What the person ``thing`` is called; empty for what is no person. things: all that the model knows: one whom
        it also knows as "woman" or "man" is a person."""
        named = self.who.of(thing.split(" ", 1)[:1])
        if named or any(f"{who} {thing}" in things for who in self.who.phrases):
            return named or self.anybody
        return ""

    def any_caption(self, things: Sequence[str], generator: Random) -> str:
        """Of one of ``things``, as the model was taught on."""
        thing = generator.choice(things)
        skin = generator.choice(self.skin.phrases) if self.who_is(thing, things) else ""
        return joined(thing, skin, generator.choice(self.ground.phrases), generator.choice(self.style.phrases))

    def completed(self, prompt: str, caption: str, who: str) -> str:
        """``prompt`` with what ``caption`` says and it leaves open. who: the person in the caption, if the prompt is
        about people, too."""
        parts = caption.split(", ")
        if who and self.who.left_open_by(prompt):
            prompt = self._said_of(who, prompt)
        facets = (self.skin, self.ground, self.style) if who else (self.ground, self.style)
        return joined(prompt, *(facet.of(parts) for facet in facets if facet.left_open_by(prompt)))

    def _said_of(self, who: str, prompt: str) -> str:
        bare = _ARTICLE.sub("", prompt)
        named = re.sub(rf"\b{self.anybody}\b", who, bare)
        return named if who in named.split() else f"{who} {bare}"


def joined(*parts: str) -> str:
    """A caption of its parts, of which any may be empty."""
    return ", ".join(part for part in parts if part)
