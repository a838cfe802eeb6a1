"""Tiny Stable Diffusion models in one .safetensors file, in the layout in which checkpoints are published.

The inverse of what diffusers does when it loads such a file, written after the layout of the original code (latent
diffusion for UNet and autoencoder, OpenCLIP for SDXL's second text encoder).
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    EulerDiscreteScheduler,
    StableDiffusionInpaintPipeline,
    StableDiffusionXLInpaintPipeline,
    UNet2DConditionModel,
)
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from server.models import configs
from tests import tiny_models

_LAYERS = 2


def build(kind: str, in_channels: int = 4) -> Any:
    """``sd1`` or ``sdxl``, narrow but with the true width of the words, by which the kinds are told apart."""
    torch.manual_seed(5)
    return _sd1(in_channels) if kind == "sd1" else _sdxl(in_channels)


def save(pipe: Any, path: Path) -> Path:
    """``pipe`` as one checkpoint."""
    save_file({name: weight.contiguous().clone() for name, weight in weights(pipe).items()}, path)
    return path


def weights(pipe: Any) -> dict[str, torch.Tensor]:
    """What a checkpoint of ``pipe`` holds."""
    words = _xl_words(pipe) if hasattr(pipe, "text_encoder_2") else _words(pipe)
    return {**_unet(pipe.unet), **_autoencoder(pipe.vae), **words}


def published(kind: str, in_channels: int = 4) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Type and shape of each tensor in a checkpoint ``sd1``, ``sd2`` or ``sdxl`` of the published size."""
    with tempfile.TemporaryDirectory() as folder, torch.device("meta"):
        made = Path(folder) / "configs"
        configs.write(kind, made, in_channels=in_channels)
        unet = UNet2DConditionModel.from_config(UNet2DConditionModel.load_config(made / "unet"))
        vae = AutoencoderKL.from_config(AutoencoderKL.load_config(made / "vae"))
        first = CLIPTextModel(CLIPTextConfig.from_pretrained(made / "text_encoder"))
        pipe = SimpleNamespace(unet=unet, vae=vae, text_encoder=first)
        if kind == "sdxl":
            second = CLIPTextConfig.from_pretrained(made / "text_encoder_2")
            pipe.text_encoder_2 = CLIPTextModelWithProjection(second)
        found = {**_unet(unet), **_autoencoder(vae), **_words_of_2(first)} if kind == "sd2" else weights(pipe)
    return {name: ("F16", tuple(weight.shape)) for name, weight in found.items()}


def _words_of_2(encoder: Any) -> dict[str, torch.Tensor]:
    """With the last layer and the projection, which are published and never read."""
    prefix = "cond_stage_model.model."
    found = _open_clip(_text_model(encoder), prefix)
    last = f"{prefix}transformer.resblocks.22."
    unread = {name.replace(".22.", ".23."): weight for name, weight in found.items() if name.startswith(last)}
    return {
        **found,
        **unread,
        f"{prefix}text_projection": torch.empty(1024, 1024),
        f"{prefix}logit_scale": torch.empty(()),
    }


def _sd1(in_channels: int) -> Any:
    return StableDiffusionInpaintPipeline(
        vae=tiny_models.autoencoder(),
        text_encoder=tiny_models.clip(768),
        tokenizer=tiny_models.clip_tokenizer(),
        unet=tiny_models.unet(
            in_channels,
            768,
            layers_per_block=_LAYERS,
            down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
            up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        ),
        scheduler=DDIMScheduler(clip_sample=False, **tiny_models.BETAS),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def _sdxl(in_channels: int) -> Any:
    return StableDiffusionXLInpaintPipeline(
        vae=tiny_models.autoencoder(),
        text_encoder=tiny_models.clip(768),
        text_encoder_2=tiny_models.clip(1280, projected=True),
        tokenizer=tiny_models.clip_tokenizer(),
        tokenizer_2=tiny_models.clip_tokenizer(),
        unet=tiny_models.unet(
            in_channels,
            768 + 1280,
            layers_per_block=_LAYERS,
            addition_embed_type="text_time",
            addition_time_embed_dim=8,
            projection_class_embeddings_input_dim=6 * 8 + 1280,
            use_linear_projection=True,
        ),
        scheduler=EulerDiscreteScheduler(**tiny_models.BETAS),
        add_watermarker=False,
    )


def _renamed(weights: dict[str, torch.Tensor], rules: list[tuple[str, str]], prefix: str) -> dict[str, torch.Tensor]:
    """Each rule is a regular expression and what it becomes; all are applied in turn."""
    result = {}
    for name, weight in weights.items():
        new = name
        for pattern, replacement in rules:
            new = re.sub(pattern, replacement, new)
        result[prefix + new] = weight
    return result


def _unet(unet: Any) -> dict[str, torch.Tensor]:
    blocks = len(unet.config.block_out_channels)
    weights = unet.state_dict()
    rules = [
        (r"^time_embedding\.linear_1", "time_embed.0"),
        (r"^time_embedding\.linear_2", "time_embed.2"),
        (r"^add_embedding\.linear_1", "label_emb.0.0"),
        (r"^add_embedding\.linear_2", "label_emb.0.2"),
        (r"^conv_in", "input_blocks.0.0"),
        (r"^conv_norm_out", "out.0"),
        (r"^conv_out", "out.2"),
        (r"^mid_block\.attentions\.0", "middle_block.1"),
        (r"^mid_block\.resnets\.0", "middle_block.0"),
        (r"^mid_block\.resnets\.1", "middle_block.2"),
    ]
    per_block = _LAYERS + 1
    for block in range(blocks):
        for layer in range(_LAYERS):
            place = f"input_blocks.{per_block * block + layer + 1}"
            rules += [(rf"^down_blocks\.{block}\.resnets\.{layer}\.", f"{place}.0.")]
            rules += [(rf"^down_blocks\.{block}\.attentions\.{layer}\.", f"{place}.1.")]
        rules += [(rf"^down_blocks\.{block}\.downsamplers\.0\.conv", f"input_blocks.{per_block * (block + 1)}.0.op")]
        for layer in range(per_block):
            place = f"output_blocks.{per_block * block + layer}"
            rules += [(rf"^up_blocks\.{block}\.resnets\.{layer}\.", f"{place}.0.")]
            rules += [(rf"^up_blocks\.{block}\.attentions\.{layer}\.", f"{place}.1.")]
        attends = f"up_blocks.{block}.attentions.0.norm.weight" in weights
        last = f"output_blocks.{per_block * block + _LAYERS}.{2 if attends else 1}"
        rules += [(rf"^up_blocks\.{block}\.upsamplers\.0\.", f"{last}.")]
    inside = [("norm1", "in_layers.0"), ("conv1", "in_layers.2"), ("norm2", "out_layers.0"), ("conv2", "out_layers.3")]
    inside += [("time_emb_proj", "emb_layers.1"), ("conv_shortcut", "skip_connection")]
    for ours, theirs in inside:
        rules += [(rf"^((?:input|output|middle)_blocks?\.(?:\d+\.)+){ours}\.", rf"\1{theirs}.")]
    return _renamed(weights, rules, "model.diffusion_model.")


def _autoencoder(vae: Any) -> dict[str, torch.Tensor]:
    blocks = len(vae.config.block_out_channels)
    rules = [
        (r"conv_shortcut", "nin_shortcut"),
        (r"conv_norm_out", "norm_out"),
        (r"mid_block\.resnets\.0", "mid.block_1"),
        (r"mid_block\.resnets\.1", "mid.block_2"),
        (r"mid_block\.attentions\.0\.group_norm", "mid.attn_1.norm"),
        (r"mid_block\.attentions\.0\.to_([qkv])", r"mid.attn_1.\1"),
        (r"mid_block\.attentions\.0\.to_out\.0", "mid.attn_1.proj_out"),
        (r"down_blocks\.(\d+)\.resnets", r"down.\1.block"),
        (r"down_blocks\.(\d+)\.downsamplers\.0", r"down.\1.downsample"),
    ]
    for block in range(blocks):
        rules += [(rf"up_blocks\.{block}\.resnets", f"up.{blocks - 1 - block}.block")]
        rules += [(rf"up_blocks\.{block}\.upsamplers\.0", f"up.{blocks - 1 - block}.upsample")]
    weights = _renamed(vae.state_dict(), rules, "first_stage_model.")
    is_matrix = re.compile(r"attn_1\.(q|k|v|proj_out)\.weight$")
    return {name: w[:, :, None, None] if is_matrix.search(name) else w for name, w in weights.items()}


def _words(pipe: Any) -> dict[str, torch.Tensor]:
    return _renamed(_text_model(pipe.text_encoder), [], "cond_stage_model.transformer.")


def _xl_words(pipe: Any) -> dict[str, torch.Tensor]:
    first = _renamed(_text_model(pipe.text_encoder), [], "conditioner.embedders.0.transformer.")
    return {**first, **_open_clip(_text_model(pipe.text_encoder_2), "conditioner.embedders.1.model.")}


def _text_model(encoder: Any) -> dict[str, torch.Tensor]:
    """With the names that all published checkpoints have, ``text_model`` before the layers."""
    weights = encoder.state_dict()
    return {
        name if name.startswith(("text_model.", "text_projection")) else f"text_model.{name}": weight
        for name, weight in weights.items()
    }


def _open_clip(weights: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    rules = [
        (r"^text_model\.embeddings\.position_embedding\.weight", "positional_embedding"),
        (r"^text_model\.embeddings\.token_embedding", "token_embedding"),
        (r"^text_model\.final_layer_norm", "ln_final"),
        (r"^text_model\.encoder\.layers\.", "transformer.resblocks."),
        (r"\.layer_norm([12])", r".ln_\1"),
        (r"\.mlp\.fc1", ".mlp.c_fc"),
        (r"\.mlp\.fc2", ".mlp.c_proj"),
        (r"\.self_attn\.out_proj", ".attn.out_proj"),
    ]
    result = {}
    for name, weight in _renamed(weights, rules, "").items():
        if name == "text_projection.weight":
            result[f"{prefix}text_projection"] = weight.T
        elif ".self_attn." not in name:
            result[prefix + name] = weight
    for layer in {
        match.group(1) for name in weights if (match := re.match(r"text_model\.encoder\.layers\.(\d+)", name))
    }:
        for kind in ("weight", "bias"):
            parts = [weights[f"text_model.encoder.layers.{layer}.self_attn.{part}_proj.{kind}"] for part in "qkv"]
            result[f"{prefix}transformer.resblocks.{layer}.attn.in_proj_{kind}"] = torch.cat(parts)
    return result
