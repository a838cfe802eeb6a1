"""Tiny models on one shelf, scenes, and short presets: for tests of what is learned of a picture."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from server.editing.edit import Scene
from server.models.families.families import FAMILIES
from server.models.families.learning import Preset, TuningPhase
from server.models.runtime.residency import Models
from server.models.store.store import ModelStore
from server.pixels.picture import F32, Picture
from server.wire.recipe import Recipe
from tests import tiny_models
from tests.bundled import untrained

KINDS = ("sd15", "sd15-inpainting", "sd2", "sdxl", "sdxl-inpainting", "sd3", "flux-fill", untrained.NAME)
PROMPT = "a man waving"


def shelf_of(families: tuple[str, ...], root: Path) -> ModelStore:
    bundled = root / "bundled"
    bundled.mkdir()
    shelf = ModelStore(root / "shelf", bundled=bundled)
    for family in families:
        if family == untrained.NAME:
            untrained.put(bundled)
        else:
            tiny_models.install(family, shelf, root)
    return shelf


def models(families: tuple[str, ...], root: Path) -> Models:
    torch.set_num_threads(1)
    return Models(shelf_of(families, root))


def scene(seed: int = 7, mask: F32 | None = None) -> Scene:
    rgb = np.random.default_rng(seed).random((64, 64, 3), dtype=np.float32)
    everything = np.ones((64, 64), np.float32)
    return Scene(Picture(rgb, everything), everything if mask is None else mask, f"{seed:064x}")


def recipe(family: str, preset: str = "quality", **settings: object) -> Recipe:
    asked = Recipe("imagic", PROMPT, model=family, preset=preset, steps=2, seed=4, eta=(0.5,))
    return replace(asked, **settings)  # type: ignore[arg-type]


def shortened(monkeypatch, steps: int, batch: int = 2) -> None:
    """All presets take ``steps`` steps a phase, whose learning rates are large enough to see."""

    def phase(known: TuningPhase) -> TuningPhase:
        rate = 1000 * known.weights_rate if known.weights_rate < 1e-5 else known.weights_rate
        return replace(known, steps=steps, batch=min(batch, known.batch), fitted=0.0, weights_rate=rate)

    def cut(known: Preset) -> Preset:
        others = None if known.other_words is None else tuple(map(phase, known.other_words))
        return replace(known, phases=tuple(map(phase, known.phases)), other_words=others)

    for family in FAMILIES:
        monkeypatch.setattr(family, "presets", tuple(map(cut, family.presets)))
        monkeypatch.setattr(family, "unitune", cut(family.unitune))
        monkeypatch.setattr(family, "dreambooth", cut(family.dreambooth))
        monkeypatch.setattr(family, "class_pictures", 2)


def fingerprint(module: torch.nn.Module) -> str:
    """Of names, types and bits of all weights, and of what modules there are."""
    digest = hashlib.sha256()
    for name, weight in module.state_dict().items():
        digest.update(f"{name} {weight.dtype}".encode() + weight.contiguous().view(torch.uint8).numpy().tobytes())
    for name, part in module.named_modules():
        digest.update(f"{name} {type(part).__name__} {part.training}".encode())
    return digest.hexdigest()
