"""The presets of learning a picture, as menus show them and as each family means them. Torch-free."""

from __future__ import annotations

from server.models.families.families import family
from server.models.families.learning import Preset
from server.wire.errors import Code, OverpaintError
from server.wire.offers import PresetOffer

OFFERS = (
    PresetOffer(
        "quality",
        "Quality",
        "Learns words and picture together, the whole model; the best edits in a fraction of the paper's time.",
    ),
    PresetOffer(
        "fast",
        "Fast",
        "Learns a small addition to the model, once for all prompts; quickest and smallest, for milder edits.",
    ),
    PresetOffer(
        "paper",
        "As published",
        "First the words, then the whole model, slowly, as in the Imagic paper; takes many times longer.",
    ),
)
"""As menus show them, the usual one first."""


def preset(name: str, of_family: str) -> Preset:
    """The preset ``name`` (empty: the usual one) for models of ``of_family``. Raises bad-request."""
    presets = family(of_family).presets
    if not name:
        return presets[0]
    for entry in presets:
        if entry.name == name:
            return entry
    names = ", ".join(entry.name for entry in presets)
    raise OverpaintError(Code.BAD_REQUEST, f"There is no preset “{name[:40]}”.", f"There are: {names}.")


def from_here(chosen: Preset, of_family: str) -> tuple[Preset, ...]:
    """``chosen``, and what still may fit where it does not."""
    return (chosen,) if chosen.rank else (chosen, preset("fast", of_family))
