"""What the user asked for, and all that is needed to ask for it again."""

from __future__ import annotations

from dataclasses import dataclass

USUAL_ETA = 0.8
"""Edits are true to words and picture both from 0.6 to 0.8, as the paper finds (arXiv 2210.09276, §4.2); of these our
measurements (docs/imagic.md) favour the last."""


@dataclass(frozen=True)
class Recipe:
    """One edit as data. ``None`` means: the server chooses; the recipe of a result has no ``None`` left
    among the settings that its method uses.

    method: name of an edit method as ``Welcome.methods`` lists them.
    prompt: what should be there; empty for a method that needs none.
    negative: what should not be there.
    model: name of a model as ``Welcome.models`` lists them; empty for the default of the method.
    seed: 0..2**32-1; variation ``i`` is drawn with ``seed + i``.
    variations: how many answers, 1..16.
    strength: 0..1, how far the answer may leave the picture (1 = ignore what was there).
    steps: denoising steps, 1..500.
    guidance: how closely to follow the words (the classifier-free guidance scale), 0..50.
    grow: pixels of the document by which the selection is grown before anything else, 0..1024.
    feather: pixels over which the answer fades out beyond the grown selection, 0..1024.
    context: pixels of surroundings the model sees around the selection, 0..8192.
    preset: for a method that first learns the picture: how, a name of ``MethodOffer.presets``; empty for the first.
    eta: for the same methods: edit strengths, each 0 (the picture as it was learned) to 1.5; 1 is what the words alone
        ask for. There is one answer for each eta and variation, at most 16 in all; empty: ``USUAL_ETA``.
    """

    method: str
    prompt: str = ""
    negative: str = ""
    model: str = ""
    seed: int | None = None
    variations: int = 1
    strength: float | None = None
    steps: int | None = None
    guidance: float | None = None
    grow: int = 0
    feather: int | None = None
    context: int | None = None
    preset: str = ""
    eta: tuple[float, ...] = ()
