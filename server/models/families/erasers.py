"""Networks that continue the surroundings into a hole, without words: no diffusion models (``inpainting_networks``)."""

from __future__ import annotations

from types import MappingProxyType

from .family import Ability, CheckpointKind, Family


class Eraser(Family):
    kinds = MappingProxyType({CheckpointKind.FILL: frozenset({Ability.ERASE})})
    native = 512
    presets = ()
    adapter = ""

    def __init__(self, name: str, title: str) -> None:
        self.name = name
        self.title = title


FAMILIES = (Eraser("lama", "LaMa"), Eraser("mi-gan", "MI-GAN"))
