"""Words for pictures: labels, tags, styles; identity words are left out at random so that prompts may be short."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from server.models.bundled.vocabulary import Facet, Vocabulary
from tools.bundled_model.backgrounds import PLACES, PLAIN
from tools.bundled_model.records import TONES, Record, Subject

STYLES: dict[str, tuple[str, ...]] = {
    "noto": ("cartoon", "soft cartoon", "cartoon drawing"),
    "fluent": ("flat illustration", "flat design", "flat vector"),
    "twemoji": ("simple icon", "sticker", "simple bold drawing"),
    "fluent3d": ("3d render", "glossy 3d", "3d cartoon"),
}
_STYLED = 0.7
_GENDER_DROPPED = 0.35
_SKIN_DROPPED = 0.5
_OF_ONE_COLOUR = frozenset({
    "anatomical heart", "biting lip", "bone", "brain", "eye", "eyes", "fencing", "genie", "hairy creature", "lungs",
    "mechanical arm", "mechanical leg", "mouth", "skier", "tongue", "tooth", "troll", "zombie",
})  # fmt: skip
"""People and parts of them that nobody draws in several tones of skin."""

_TAGGED = 0.35
_ONLY_TAGS = 0.12
_BACKGROUND_NAMED = 0.65
_WITH_ARTICLE = 0.5


@dataclass(frozen=True)
class Figure:
    """One drawn thing: its record and, when recoloured, the colour's name."""

    record: Record
    colour: str | None = None

    @property
    def subject(self) -> Subject:
        return self.record.subject


def full_phrase(figure: Figure) -> str:
    """Everything that names a figure: "woman shrugging, dark skin", "blue fox"."""
    subject = figure.subject
    phrase = f"{figure.colour} {subject.label}" if figure.colour else subject.label
    return _with_skin(phrase, subject)


def _with_skin(words: str, subject: Subject) -> str:
    """Yellow, which stands for none in particular, is named like the others: if only the others were, words without a
    tone would mean yellow to the model."""
    if not subject.is_person or subject.concept in _OF_ONE_COLOUR:
        return words
    return f"{words}, {_skin(subject.tone)}"


def _skin(tone: str) -> str:
    return f"{tone or 'yellow'} skin"


def phrase(figure: Figure, rng: np.random.Generator) -> str:
    """A way to ask for a figure: label or tags, with or without gender, skin and article."""
    subject = figure.subject
    if figure.colour is None and len(subject.tags) >= 3 and rng.random() < _ONLY_TAGS:
        return ", ".join(_some_tags(subject, rng, 2))
    if subject.is_person:
        words = subject.concept if rng.random() < _GENDER_DROPPED else subject.label
        words = words if rng.random() < _SKIN_DROPPED else _with_skin(words, subject)
    else:
        words = full_phrase(figure)
    if rng.random() < _TAGGED and subject.tags:
        words = ", ".join([words, *_some_tags(subject, rng, int(rng.integers(1, 4)))])
    return f"a {words}" if rng.random() < _WITH_ARTICLE and not subject.is_person else words


def caption(subject_words: str, vendor: str, background: str, rng: np.random.Generator) -> str:
    """Subject, background and style in one prompt, each of the last two named only sometimes."""
    words = subject_words
    if background and rng.random() < _BACKGROUND_NAMED:
        words = f"{words}, {background}" if "," in words else f"{words} {background}"
    if rng.random() < _STYLED:
        style = str(rng.choice(STYLES[vendor]))
        words = f"{style}, {words}" if rng.random() < 0.5 else f"{words}, {style}"
    return words


def _some_tags(subject: Subject, rng: np.random.Generator, count: int) -> list[str]:
    number = min(count, len(subject.tags))
    return [str(tag) for tag in rng.choice(np.array(subject.tags), number, replace=False)]


def vocabulary(vendors: Iterable[str]) -> Vocabulary:
    """What the captions of these vendors' pictures are made of."""
    styles = [style for vendor in vendors for style in STYLES[vendor]]
    grounds = [*(f"on {colour} background" for colour in PLAIN), *PLACES]
    return Vocabulary(
        who=Facet(("woman", "man", "person"), ("woman", "women", "lady", "girl", "man", "men", "guy", "boy")),
        skin=Facet(tuple(_skin(tone) for tone in TONES), ("skin",)),
        ground=Facet(tuple(grounds), ("background", "gradient", *_nouns(PLACES))),
        style=Facet(tuple(STYLES[vendor][0] for vendor in vendors), tuple(sorted({*" ".join(styles).split()}))),
    )


def _nouns(places: Iterable[str]) -> list[str]:
    """Of each its last word: of "by the sea" it is "sea"."""
    return [place.split()[-1] for place in places]
