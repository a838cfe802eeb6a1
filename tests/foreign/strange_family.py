"""A package of somebody else: a family of models, recognised from a folder and from a single file of its own layout.

Nothing here is known to Overpaint but by the entry point beside it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from server.models.families.family import Ability, CheckpointKind, Defaults, Family
from server.models.families.single_file import FileHeader, FilePart, PipelineFile, SingleFile
from server.models.headers.safetensors import SafetensorsHeader

PREFIX = "strange."
NOTE = "strange.configs"
"""What in a single file's notes holds its configurations: a JSON object of their texts by their paths."""

PARTS = ("unet", "vae", "text_encoder")


@dataclass(frozen=True)
class StrangeFile(PipelineFile):
    texts: Mapping[str, str]

    def write_configs(self, folder: Path) -> None:
        for name, text in self.texts.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")


def part(name: str) -> FilePart:
    prefix = f"{PREFIX}{name}."
    return FilePart(name, prefix, lambda weights, _: {key.removeprefix(prefix): w for key, w in weights.items()})


class StrangeFamily(Family):
    name = "strange"
    title = "Strange Diffusion"
    good_for = "strange pictures"
    as_file = "a Strange Diffusion"
    pipelines = ("StrangePipeline",)
    kinds = MappingProxyType({CheckpointKind.BASE: frozenset({Ability.INPAINT})})
    native = 64
    defaults = Defaults(steps=2, guidance=1.0)
    pipeline = "StableDiffusionInpaintPipeline"
    adapter = "strange_adapter:StrangeAdapter"
    absent = MappingProxyType({"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False})

    def in_file(self, header: FileHeader, prediction: str = "") -> SingleFile | None:
        if not isinstance(header, SafetensorsHeader) or not header.holds(PREFIX):
            return None
        return StrangeFile(self.name, tuple(map(part, PARTS)), json.loads(header.metadata[NOTE]))

    def denoiser(self, pipe: Any) -> Any:
        return pipe.unet

    def guides(self, pipe: Any) -> bool:
        return False

    def condition(self, model: Any, prompt: str) -> Any:
        from server.models.runtime.conditioning import Conditioning

        embeds, _ = model.pipe.encode_prompt(prompt, model.place.device, 1, False)
        return Conditioning({"prompt_embeds": embeds})

    def predict(
        self, model: Any, noisy: Any, timesteps: Any, conditioning: Any, shown: Sequence[Any], guidance: float
    ) -> Any:
        words = conditioning.parts["prompt_embeds"]
        return model.network(noisy, timesteps, words, return_dict=False)[0]


FAMILY = StrangeFamily()
