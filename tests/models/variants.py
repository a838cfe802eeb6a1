"""Single files as people share them, of tiny models of the real classes: how each was changed, and what is right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from server.methods.sdedit import redraw
from server.models.families.single_file import EPSILON, VELOCITY
from server.models.runtime.denoiser import SamplingRequest
from server.models.runtime.residency import Models
from server.models.store.import_model import import_model
from server.models.store.store import ModelStore
from server.pixels.picture import F32
from tests import single_file

Weights = dict[str, torch.Tensor]

ROUNDED = 0.02
"""Of the picture, 0..1: what storing the weights in 16 bits may change."""

CLOSE = 0.25
"""What storing them in 8 bits may change: two or three bits of mantissa."""

UNET = "model.diffusion_model."


@dataclass(frozen=True)
class Source:
    """A tiny model as a file, a folder of its configurations, and what it paints."""

    weights: Weights
    configs: Path
    painted: F32


def source(kind: str, folder: Path) -> Source:
    pipe = single_file.build(kind)
    pipe.save_pretrained(folder / "configs")
    path = single_file.save(pipe, folder / "model.safetensors")
    shelf = ModelStore(folder / "shelf", bundled=folder / "none")
    import_model(path, shelf, name="model", own_configs=folder / "configs")
    return Source(load_file(path), folder / "configs", paint(shelf, "model"))


def paint(shelf: ModelStore, name: str) -> F32:
    torch.set_num_threads(1)
    image = np.random.default_rng(1).random((64, 64, 3), dtype=np.float32)
    mask = np.zeros((64, 64), np.float32)
    mask[:, 16:] = 1
    request = SamplingRequest(image, mask, "a hat", "", 3, 1.0, 3, 5.0)
    return redraw(Models(shelf).get(name), [request], lambda *_: None)[0]


def file(weights: Weights, path: Path, notes: dict[str, str] | None = None) -> Path:
    save_file({name: weight.contiguous().clone() for name, weight in weights.items()}, path, notes)
    return path


def _all(kind: torch.dtype) -> Callable[[Weights], Weights]:
    return lambda weights: {name: weight.to(kind) for name, weight in weights.items()}


def _only_unet(kind: torch.dtype) -> Callable[[Weights], Weights]:
    return lambda weights: {n: w.to(kind) if n.startswith(UNET) else w.half() for n, w in weights.items()}


def _mixed(weights: Weights) -> Weights:
    return {name: w.double() if number % 7 == 0 else w for number, (name, w) in enumerate(weights.items())}


def _averaged(weights: Weights) -> Weights:
    ema = {
        f"model_ema.{n.removeprefix('model.').replace('.', '')}": w for n, w in weights.items() if n.startswith(UNET)
    }
    return {**weights, **ema, "model_ema.decay": torch.tensor(0.99), "model_ema.num_updates": torch.tensor(1)}


def _from_a_trainer(weights: Weights) -> Weights:
    schedule = {"betas": torch.ones(1000), "alphas_cumprod": torch.linspace(1, 0, 1000), "global_step": torch.tensor(3)}
    ids = {"cond_stage_model.transformer.text_model.embeddings.position_ids": torch.arange(77)[None]}
    return {**weights, **schedule, **ids, "sqrt_one_minus_alphas_cumprod": torch.ones(1000)}


def _with_other_networks(weights: Weights) -> Weights:
    return {**weights, "safety_checker.concept_embeds": torch.zeros(17, 768), "control_model.x": torch.zeros(3)}


def _with_a_projection(weights: Weights) -> Weights:
    return {**weights, "cond_stage_model.transformer.text_projection.weight": torch.eye(768)}


PAINTED: dict[str, tuple[str, Callable[[Weights], Weights], float]] = {
    "as it was": ("sd1", lambda weights: weights, 1e-5),
    "16 bits, brain": ("sd1", _all(torch.bfloat16), ROUNDED * 4),
    "16 bits": ("sd1", _all(torch.float16), ROUNDED),
    "64 bits in part": ("sd1", _mixed, 1e-5),
    "8 bits, e4m3": ("sd1", _all(torch.float8_e4m3fn), CLOSE),
    "8 bits, e5m2": ("sd1", _all(torch.float8_e5m2), 2 * CLOSE),
    "8 bits in the UNet alone": ("sdxl", _only_unet(torch.float8_e4m3fn), CLOSE),
    "averaged weights beside": ("sd1", _averaged, 1e-5),
    "a trainer's schedule beside": ("sd1", _from_a_trainer, 1e-5),
    "other networks beside": ("sd1", _with_other_networks, 1e-5),
    "a projection that nobody reads": ("sd1", _with_a_projection, 1e-5),
}


def _scaled(suffix: str, kind: torch.dtype = torch.float8_e4m3fn) -> Callable[[Weights], Weights]:
    """Each matrix of the UNet divided by its largest, and the scale beside it."""

    def changed(weights: Weights) -> Weights:
        result = dict(weights)
        for name, weight in weights.items():
            if name.startswith(UNET) and weight.ndim == 2 and name.endswith(".weight"):
                scale = weight.abs().max() / (448 if kind.is_floating_point else 127)
                result[name] = (weight / scale).to(kind)
                result[name.removesuffix(".weight") + suffix] = scale.reshape(1).float()
        return result

    return changed


def _marked_scaled(weights: Weights) -> Weights:
    return {**_scaled(".scale_weight")(weights), f"{UNET}scaled_fp8": torch.empty(2, dtype=torch.float8_e4m3fn)}


def _without(text: str) -> Callable[[Weights], Weights]:
    return lambda weights: {name: weight for name, weight in weights.items() if text not in name}


def _with(**more: torch.Tensor) -> Callable[[Weights], Weights]:
    return lambda weights: {**weights, **{name.replace("__", "."): weight for name, weight in more.items()}}


def _halved(name: str) -> Callable[[Weights], Weights]:
    return lambda weights: {**weights, name: weights[name][: len(weights[name]) // 2]}


REFUSED: dict[str, tuple[str, Callable[[Weights], Weights], str]] = {
    "scaled, as ComfyUI writes it": ("sdxl", _marked_scaled, "stored scaled"),
    "scaled, without its mark": ("sdxl", _scaled(".scale_weight"), "stored scaled"),
    "scaled, by another name": ("sdxl", _scaled(".weight_scale"), "stored scaled"),
    "packed in whole numbers": ("sdxl", _scaled(".weight_scale", torch.int8), "packed"),
    "packed without a scale": (
        "sd1",
        lambda w: {**w, f"{UNET}out.2.weight": torch.zeros(4, 32, 3, 3).byte()},
        "packed",
    ),
    "without its middle block": ("sd1", _without("middle_block"), "not whole"),
    "without one bias": ("sd1", _without("input_blocks.0.0.bias"), "not whole"),
    "without the decoder": ("sd1", _without("first_stage_model.decoder"), "not whole"),
    "without a layer of words": ("sd1", _without("text_model.encoder.layers.1."), "not whole"),
    "without half of the second words": ("sdxl", _without("embedders.1.model.transformer.resblocks.1.ln"), "not whole"),
    "of another width": ("sd1", _halved(f"{UNET}time_embed.0.weight"), "another size"),
    "with a LoRA beside": ("sd1", _with(lora_te_fc1__alpha=torch.tensor(4.0)), "lora_te_fc1"),
    "with an adapter inside": ("sd1", _with(model__diffusion_model__out__2__lora_A__weight=torch.zeros(3)), "left out"),
    "with an unknown network": ("sd1", _with(hypernetwork__x=torch.zeros(3)), "hypernetwork"),
    "with continuous noise": ("sdxl", _with(edm_mean=torch.zeros(4), edm_std=torch.ones(4)), "continuous"),
    "CosXL": ("sdxl", _with(edm_vpred__sigma_max=torch.tensor(120.0)), "continuous"),
    "pure noise at the end of predicted noise": ("sdxl", _with(ztsnr=torch.empty(0)), "cannot both be"),
}


SAID: dict[str, tuple[str, dict[str, Any], dict[str, str], tuple[str, bool, int]]] = {
    "nothing": ("sd1", {}, {}, (EPSILON, False, 512)),
    "XL": ("sdxl", {}, {}, (EPSILON, False, 1024)),
    "XL, velocity": ("sdxl", {"v_pred": ("F16", (0,))}, {}, (VELOCITY, False, 1024)),
    "XL, velocity to pure noise": (
        "sdxl",
        {"v_pred": ("F16", (0,)), "ztsnr": ("F16", (0,))},
        {},
        (VELOCITY, True, 1024),
    ),
    "modelspec, v": ("sd1", {}, {"modelspec.prediction_type": "v"}, (VELOCITY, False, 512)),
    "modelspec, epsilon": ("sd2", {}, {"modelspec.prediction_type": "epsilon"}, (EPSILON, False, 512)),
    "modelspec, v of 2": ("sd2", {}, {"modelspec.prediction_type": "v"}, (VELOCITY, False, 768)),
    "modelspec, size": ("sd1", {}, {"modelspec.resolution": "768x768"}, (EPSILON, False, 768)),
    "modelspec, a size that is none": ("sd1", {}, {"modelspec.resolution": "9999x9999"}, (EPSILON, False, 512)),
    "kohya": (
        "sdxl",
        {},
        {"ss_v_parameterization": "True", "ss_zero_terminal_snr": "True"},
        (VELOCITY, True, 1024),
    ),
    "2 base": ("sd2", {}, {}, (EPSILON, False, 512)),
}
