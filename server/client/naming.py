"""What a new layer is called."""

from __future__ import annotations

import unicodedata

from ..wire.messages import Finished
from ..wire.results import ResultKind
from .translation import tr, tr_sent

_LONGEST = 40


def layer_name(prompt: str, number: int | None = None, done: str = "") -> str:
    """The prompt on one line, shortened at a word, and the number of the variation (1, 2, …) where there are several.
    Without a prompt: what was ``done``."""
    words = shortened(prompt) or done or tr("Erased")
    return words if number is None else f"{words} {number}"


def layer_names(prompt: str, count: int, done: str = "") -> list[str]:
    """Names for all variations of one answer."""
    if count == 1:
        return [layer_name(prompt, None, done)]
    return [layer_name(prompt, index + 1, done) for index in range(count)]


def group_name(finished: Finished) -> str:
    """Of the group that the layers of one answer come in: after the words, else after what is in it, from the top."""
    inside = ", ".join(tr_sent(result.name) for result in reversed(finished.results) if result.name)
    return layer_name(finished.recipe.prompt, None, shortened(inside) or _done(finished))


def _done(finished: Finished) -> str:
    first = finished.results[0]
    if first.kind is ResultKind.CANVAS:
        return tr("Enlarged") if first.scale > 1 else tr("Expanded")
    return tr("Created") if first.kind is ResultKind.LAYER else tr("Erased")


def answer_names(finished: Finished) -> list[str]:
    """Names for all layers of one answer: those that they came with, else after the words. Several edit strengths
    stand in the names, beside the variation's number where there are several of each: "a sitting dog 0.7", "a sitting
    dog 0.7 · 2"."""
    return [
        shortened(tr_sent(result.name)) or made
        for result, made in zip(finished.results, _made_names(finished), strict=True)
    ]


def is_group(finished: Finished) -> bool:
    """Whether the layers belong together, in a group that is named after the words."""
    return len(finished.results) > 1 and (finished.grouped or len(finished.recipe.eta) > 1)


def _made_names(finished: Finished) -> list[str]:
    etas = {result.eta for result in finished.results}
    prompt, variations, count = finished.recipe.prompt, finished.recipe.variations, len(finished.results)
    if len(etas) < 2:
        return layer_names(prompt, count, _done(finished))
    numbers = [index % variations + 1 if variations > 1 else None for index in range(count)]
    return [
        strength_name(prompt, result.eta or 0.0, number)
        for result, number in zip(finished.results, numbers, strict=True)
    ]


def strength_name(prompt: str, eta: float, number: int | None = None) -> str:
    """One of several edit strengths, with the number of the variation where there are several of each."""
    name = f"{layer_name(prompt)} {round(eta, 2):g}"
    return name if number is None else f"{name} · {number}"


def shortened(text: str, longest: int = _LONGEST) -> str:
    """``text`` on one line, without control characters, at most ``longest`` characters with the ellipsis."""
    line = " ".join("".join(" " if unicodedata.category(c) == "Cc" else c for c in text).split())
    if len(line) <= longest:
        return line
    cut = line[: longest - 1]
    at_word, _, rest = cut.rpartition(" ")
    return (at_word if at_word and len(rest) < longest // 2 else cut).rstrip(" ,;:.") + "…"
