"""Networks that continue the surroundings into a hole, without words: no diffusion models (``inpainting_networks``)."""

from __future__ import annotations

from types import MappingProxyType

from server.models.headers.onnx import OnnxHeader

from .family import Ability, CheckpointKind, Configs, Family
from .single_file import FileHeader, SingleFile, refused

LAMA, MIGAN = "lama", "mi-gan"
SIDE = 512
"""Of the squares that both were trained on."""


class Eraser(Family):
    """inputs: how many channels each of its inputs has, sorted. as_file: how a person calls a file of it."""

    kinds = MappingProxyType({CheckpointKind.FILL: frozenset({Ability.ERASE})})
    good_for = "erasing without words"
    native = SIDE
    presets = ()
    adapter = ""

    def __init__(self, name: str, title: str, inputs: tuple[int, ...], as_file: str) -> None:
        self.name = name
        self.title = title
        self.inputs = inputs
        self.as_file = as_file

    def kind(self, configs: Configs) -> CheckpointKind:
        return CheckpointKind.FILL

    def in_file(self, header: FileHeader, prediction: str = "") -> SingleFile | None:
        if not isinstance(header, OnnxHeader):
            return None
        shapes = [entry.shape for entry in header.inputs]
        if tuple(sorted(shape[1] if len(shape) == 4 else 0 for shape in shapes)) != self.inputs:
            return None
        for shape in shapes:
            if any(side not in (0, SIDE) for side in shape[2:]):  # 0: left open
                size = " × ".join(str(side) for side in shape[2:])
                raise refused(
                    f"{header.path.name} is {self.title} for pictures of {size} pixels, which Overpaint cannot run.",
                    f"Get {self.as_file} for {SIDE} × {SIDE} pixels, or for any size.",
                )
        return SingleFile(self.name)


FAMILIES = (
    Eraser(LAMA, "LaMa", (1, 3), "LaMa (.onnx, with picture and mask as floats)"),
    Eraser(MIGAN, "MI-GAN", (4,), "MI-GAN's bare generator (.onnx, with one input of four channels)"),
)
