"""Which taught words a prompt says, and what a model is shown in their place. Torch-free.

A word stands in a prompt as any other does: “rex on the beach”, “rex:0.7” for less of it, “<rex>” where somebody is
used to that. It counts as a whole word only, whatever the case of its letters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from server.wire.errors import Code, OverpaintError

from .loras import Lora

MOST = 2.0
"""Weights lie within this, on both sides of 0: beyond, every model paints noise."""

_LETTER = "[a-z0-9_\u00c0-\u2fff-]"
"""Of a word that ends where another kind of character follows. Chinese, Japanese and Korean words stand next to one
another without spaces."""


@dataclass(frozen=True)
class Spoken:
    """A word as a prompt says it. weight: how much of it; 1 as it was taught."""

    lora: Lora
    weight: float = 1.0

    @property
    def identity(self) -> str:
        return f"{self.lora.identity} {self.weight:g}"


def spoken(prompt: str, loras: Iterable[Lora]) -> tuple[Spoken, ...]:
    """The words of ``loras`` in the order in which the prompt says them first. Raises bad-request for a weight beyond
    ``MOST``."""
    known = {lora.word: lora for lora in loras}
    found: dict[str, Spoken] = {}
    for said in _pattern(known).finditer(prompt) if known else ():
        lora, weight = known[said["word"].lower()], float(said["weight"] or 1)
        if not -MOST <= weight <= MOST:
            raise OverpaintError(
                Code.BAD_REQUEST,
                f"“{lora.word}” is asked for {weight:g} times as strongly.",
                f"The number behind it has to be from {-MOST:g} to {MOST:g}; 1 is as it was taught.",
            )
        found.setdefault(lora.word, Spoken(lora, weight))
    return tuple(found.values())


@dataclass(frozen=True)
class Glossary:
    """How a model that wears them reads the words of ``loras``."""

    loras: tuple[Lora, ...] = field(default=())

    def shown(self, prompt: str) -> str:
        """What its text encoder is shown: the phrases with which they were taught."""
        return self._with(prompt, lambda lora: lora.phrase)

    def meant(self, prompt: str) -> str:
        """The same in words that any model knows; a style has none."""
        return self._with(prompt, lambda lora: lora.meaning)

    def _with(self, prompt: str, of: Callable[[Lora], str]) -> str:
        if not self.loras:
            return prompt
        known = {lora.word: of(lora) for lora in self.loras}
        # What was taught is left as it stands, so that reading twice is reading once.
        whole = re.compile("|".join(_alternatives(self.loras)), re.IGNORECASE)
        return whole.sub(lambda said: known.get((said["word"] or "").lower(), said[0]), prompt).strip(" ,")


def _alternatives(loras: tuple[Lora, ...]) -> Iterator[str]:
    for lora in loras:
        if lora.phrase != lora.word:
            yield _bounded(re.escape(lora.phrase))
    yield _pattern(lora.word for lora in loras).pattern


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(words, key=len, reverse=True)
    word = "|".join(_bounded(re.escape(word)) for word in longest_first)
    return re.compile(rf"(?P<open><)?(?P<word>{word})(?::(?P<weight>[-+]?\d*\.?\d+))?(?(open)>)", re.IGNORECASE)


def _bounded(word: str) -> str:
    before = rf"(?<!{_LETTER})" if re.match(_LETTER, word[0], re.IGNORECASE) else ""
    after = rf"(?!{_LETTER})" if re.match(_LETTER, word[-1], re.IGNORECASE) else ""
    return before + word + after
