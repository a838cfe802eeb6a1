"""Tiny networks that segment, of the real classes of transformers with random weights, saved as their makers publish
them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import (
    BertConfig,
    BertTokenizer,
    CLIPSegConfig,
    CLIPSegForImageSegmentation,
    GroundingDinoConfig,
    GroundingDinoForObjectDetection,
    Sam2Config,
    Sam2Model,
    Sam3Config,
    Sam3Model,
    SwinConfig,
    VitDetConfig,
    VitMatteConfig,
    VitMatteForImageMatting,
)

from server.models.store.card import Card
from server.models.store.import_model import import_model
from server.models.store.store import ModelStore

from .tiny_models import clip_tokenizer

NAMES = ("sam2", "sam3", "clipseg", "grounding-dino", "vitmatte")


def install(name: str, shelf: ModelStore, folder: Path) -> Card:
    """Saved in ``folder`` and imported onto ``shelf``, under its own name."""
    return import_model(save(name, folder / name), shelf, name=name)


def save(name: str, folder: Path) -> Path:
    torch.manual_seed(0)
    network, tokenizer = _BUILDERS[name](folder)
    network.save_pretrained(folder)
    if tokenizer is not None:
        tokenizer.save_pretrained(folder)
    return folder


def _sam2(folder: Path) -> tuple[Any, Any]:
    """Shown squares of 64 pixels; it answers at a quarter of that."""
    hidden = {"hidden_size": 16}
    config = Sam2Config(
        vision_config={
            "backbone_config": {
                "model_type": "sam2_hiera_det_model",
                "hidden_size": 8,
                "num_attention_heads": 1,
                "image_size": [64, 64],
                "blocks_per_stage": [1, 1, 2, 1],
                "embed_dim_per_stage": [8, 16, 32, 64],
                "num_attention_heads_per_stage": [1, 1, 2, 2],
                "window_size_per_stage": [8, 4, 4, 2],
                "window_positional_embedding_background_size": [4, 4],
                "global_attention_blocks": [3],
            },
            "backbone_channel_list": [64, 32, 16, 8],
            "backbone_feature_sizes": [[16, 16], [8, 8], [4, 4]],
            "fpn_hidden_size": 16,
        },
        prompt_encoder_config={**hidden, "image_size": 64, "patch_size": 16, "mask_input_channels": 4},
        mask_decoder_config={**hidden, "mlp_dim": 16, "num_attention_heads": 2, "iou_head_hidden_dim": 16},
    )
    return Sam2Model(config).eval(), None


def _sam3(folder: Path) -> tuple[Any, Any]:
    tokenizer = clip_tokenizer()
    hidden = {"hidden_size": 16, "num_attention_heads": 2}
    config = Sam3Config(
        vision_config={
            "backbone_config": {
                "model_type": "sam3_vit_model",
                "hidden_size": 16,
                "intermediate_size": 16,
                "num_hidden_layers": 2,
                "num_attention_heads": 2,
                "image_size": 56,
                "pretrain_image_size": 28,
                "window_size": 2,
                "global_attn_indexes": [1],
            },
            "fpn_hidden_size": 16,
            "backbone_feature_sizes": [[16, 16], [8, 8], [4, 4]],
        },
        text_config=_words(len(tokenizer), 32),
        geometry_encoder_config={**hidden, "num_layers": 1, "intermediate_size": 16},
        detr_encoder_config={**hidden, "num_layers": 1, "intermediate_size": 16},
        detr_decoder_config={**hidden, "num_layers": 1, "num_queries": 4, "intermediate_size": 16},
        mask_decoder_config={**hidden},
    )
    return Sam3Model(config).eval(), tokenizer


def _words(count: int, length: int) -> dict[str, Any]:
    return {
        "model_type": "clip_text_model",
        "vocab_size": count,
        "hidden_size": 32,
        "intermediate_size": 32,
        "projection_dim": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "max_position_embeddings": length,
        "bos_token_id": count - 2,
        "eos_token_id": count - 1,
        "pad_token_id": count - 1,
    }


def _clipseg(folder: Path) -> tuple[Any, Any]:
    tokenizer = clip_tokenizer()
    text = {
        name: value
        for name, value in _words(len(tokenizer), 77).items()
        if name not in ("model_type", "projection_dim")
    }
    config = CLIPSegConfig(
        text_config=text,
        vision_config={
            "hidden_size": 32,
            "intermediate_size": 32,
            "num_hidden_layers": 3,
            "num_attention_heads": 2,
            "image_size": 64,
            "patch_size": 16,
        },
        projection_dim=32,
        extract_layers=(0, 1, 2),
        reduce_dim=16,
        decoder_num_attention_heads=2,
        decoder_intermediate_size=16,
    )
    return CLIPSegForImageSegmentation(config).eval(), tokenizer


def _grounding_dino(folder: Path) -> tuple[Any, Any]:
    folder.mkdir(parents=True, exist_ok=True)
    letters = "abcdefghijklmnopqrstuvwxyz."
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters)]
    (folder / "vocab.txt").write_text("\n".join(words), "utf-8")
    tokenizer = BertTokenizer.from_pretrained(folder, local_files_only=True)
    config = GroundingDinoConfig(
        backbone_config=SwinConfig(
            image_size=64,
            patch_size=4,
            embed_dim=8,
            depths=[1, 1, 1, 1],
            num_heads=[1, 1, 2, 2],
            window_size=2,
            out_indices=[2, 3, 4],
        ),
        text_config=BertConfig(
            vocab_size=len(words),
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=16,
        ),
        num_queries=6,
        d_model=32,
        encoder_layers=1,
        encoder_ffn_dim=16,
        encoder_attention_heads=2,
        decoder_layers=2,
        decoder_ffn_dim=16,
        decoder_attention_heads=2,
    )
    return GroundingDinoForObjectDetection(config).eval(), tokenizer


def _vitmatte(folder: Path) -> tuple[Any, Any]:
    backbone = VitDetConfig(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=64,
        patch_size=16,
        num_channels=4,
        window_size=2,
        out_features=["stage2"],
    )
    config = VitMatteConfig(
        backbone_config=backbone, hidden_size=16, convstream_hidden_sizes=[8, 8, 8], fusion_hidden_sizes=[8, 8, 8, 8]
    )
    return VitMatteForImageMatting(config).eval(), None


_BUILDERS: dict[str, Any] = {
    "sam2": _sam2,
    "sam3": _sam3,
    "clipseg": _clipseg,
    "grounding-dino": _grounding_dino,
    "vitmatte": _vitmatte,
}
