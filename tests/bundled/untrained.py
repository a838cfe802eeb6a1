"""The bundled model as it ships, but tiny and untrained: the same files, classes and sizes, for tests around it."""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import StableDiffusionInpaintPipeline
from safetensors.torch import save_file
from transformers import BertConfig, BertModel, BertTokenizer

from server.models.bundled.known import Classes, meanings
from server.models.bundled.upscaler import Upscaler
from tools.bundled_model import export
from tools.bundled_model.repertoire import REPERTOIRES
from tools.bundled_model.unet import new_schedule, new_unet
from tools.bundled_model.vae import new_vae

NAME = "illustration"
NATIVE = 64
KNOWN = ("man shrugging", "woman waving", "cat", "dog", "red heart")
_WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "man", "woman", "shrugging", "waving", "cat", "dog", "red",
          "heart", "a", "an", "on", "white", "background", "old", "steam", "engine")  # fmt: skip


def put(shelf: Path) -> Path:
    """The model's folder on a shelf: ``server/models/bundled`` or a user's own."""
    torch.manual_seed(0)
    folder = shelf / NAME
    words = {word: number for number, word in enumerate(_WORDS)}
    tokenizer, text = BertTokenizer(vocab=words, model_max_length=32), _text()
    StableDiffusionInpaintPipeline(
        vae=new_vae(NATIVE),
        text_encoder=text,
        tokenizer=tokenizer,
        unet=new_unet((16, 16, 32, 32)),
        scheduler=new_schedule(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder)
    save_file(Upscaler().state_dict(), folder / "upscaler.safetensors")
    Classes(KNOWN, meanings(KNOWN, tokenizer, text)).save(folder / "known.safetensors")
    export._write_card(folder, NATIVE)
    export.write_words(folder, REPERTOIRES["first"])
    return folder


def _text() -> BertModel:
    config = BertConfig(vocab_size=len(_WORDS), hidden_size=384, num_hidden_layers=1, num_attention_heads=4,
                        intermediate_size=32, max_position_embeddings=32)  # fmt: skip
    config.use_attention_mask = True
    text = BertModel(config).eval()
    text.embeddings.word_embeddings.weight.data *= 100  # so that words differ as those of a trained encoder do
    return text
