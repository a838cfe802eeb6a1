"""The models that Imagic is timed on: the illustration model, or published shapes with random weights."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import diffusers
import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from server.models import configs
from server.models.families.families import family
from server.models.families.family import Ability
from server.models.runtime.adapter import Adapter, Placement
from server.models.runtime.pipeline import PipelineAdapter
from server.models.runtime.residency import Models
from server.models.store import card as cards
from server.models.store.card import Card
from server.models.store.store import ModelStore

SHAPES = ("illustration", "sd15", "sdxl")


class OneModel(Models):
    """One model, in memory already. learned: the folder of what is learned of pictures."""

    def __init__(self, adapter: Adapter, learned: Path) -> None:
        self.adapter, self.learned = adapter, learned

    def choose(self, name: str, ability: Ability) -> Card:
        return self.adapter.card

    def get(self, name: str, loading: Callable[[], None] = lambda: None) -> Adapter:
        return self.adapter

    resident = get

    def identity(self, name: str) -> str:
        return self.adapter.card.name


def of_shape(shape: str, folder: Path, device: torch.device, learned: Path) -> OneModel:
    """folder: of the illustration model. learned: the folder of what is learned of pictures."""
    if shape == "illustration":
        card = cards.read(folder)
        if card is None:
            raise SystemExit(f"there is no model in {folder}; name its folder with --model")
        loaded = Models(ModelStore(folder.parent, bundled=folder.parent), str(device)).get(card.name)
        return OneModel(loaded, learned)
    torch.manual_seed(0)
    dtype = torch.float32 if device.type == "cpu" else torch.float16
    card = Card(f"{shape} (random)", shape, shape, "", "", 0.0, "bench")
    with tempfile.TemporaryDirectory() as parent:
        pipe = _random(shape, Path(parent) / "configs", device, dtype)
    return OneModel(PipelineAdapter(card, pipe, Placement(device, dtype)), learned)


def _random(shape: str, folder: Path, device: torch.device, dtype: torch.dtype) -> Any:
    configs.write("sd1" if shape == "sd15" else "sdxl", folder)

    parts: dict[str, Any] = {
        "vae": _diffuser(AutoencoderKL, folder / "vae", device, dtype),
        "unet": _diffuser(UNet2DConditionModel, folder / "unet", device, dtype),
        "text_encoder": _text(CLIPTextModel, folder / "text_encoder", device, dtype),
        "tokenizer": CLIPTokenizer.from_pretrained(folder / "tokenizer"),
        "scheduler": _load(DDIMScheduler, folder / "scheduler"),
    }
    if shape == "sd15":
        return _made("sd15", parts)
    parts["text_encoder_2"] = _text(CLIPTextModelWithProjection, folder / "text_encoder_2", device, dtype)
    parts["tokenizer_2"] = CLIPTokenizer.from_pretrained(folder / "tokenizer_2")
    return _made("sdxl", parts)


def _made(name: str, parts: dict[str, Any]) -> Any:
    entry = family(name)
    return getattr(diffusers, entry.pipeline)(**parts, **entry.absent)


def _load(kind: Any, folder: Path) -> Any:
    return kind.from_pretrained(folder)


def _diffuser(kind: Any, folder: Path, device: torch.device, dtype: torch.dtype) -> Any:
    with torch.device(device):
        return kind.from_config(kind.load_config(folder)).to(dtype).eval()


def _text(kind: Any, folder: Path, device: torch.device, dtype: torch.dtype) -> Any:
    with torch.device(device):
        return kind(CLIPTextConfig.from_pretrained(folder)).to(dtype).eval()
