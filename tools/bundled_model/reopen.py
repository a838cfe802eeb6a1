"""Makes a data folder of a shipped model, to train it further: `python -m tools.bundled_model.reopen --model FOLDER`.

Its coder and text encoder come along, so that the denoiser still fits; the optimizers begin anew.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import torch
from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTiny
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from transformers import BertModel

from tools.bundled_model import checkpoint
from tools.bundled_model.artwork import DATA
from tools.bundled_model.export import TRAINING


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--model", type=Path, required=True)
    options = parser.parse_args()
    reopen(options.model, options.data)


def reopen(model: Path, data: Path) -> None:
    """Raises FileExistsError when the data folder holds a training already."""
    path = data / "unet.pt"
    if path.exists():
        raise FileExistsError(f"{path} is a training of its own; move it away first.")
    data.mkdir(parents=True, exist_ok=True)
    shutil.copytree(model / "tokenizer", data / "tokenizer", dirs_exist_ok=True)
    BertModel.from_pretrained(model / "text_encoder", dtype=torch.float32).save_pretrained(data / "text_encoder")
    AutoencoderTiny.from_pretrained(model / "vae", torch_dtype=torch.float32).save_pretrained(data / "vae")
    unet = UNet2DConditionModel.from_pretrained(model / "unet")
    weights = {name: weight.float() for name, weight in unet.state_dict().items()}
    training = json.loads((model / TRAINING).read_text(encoding="utf-8"))
    config = {key: value for key, value in unet.config.items() if not key.startswith("_")}
    checkpoint.save(path, {
        "progress": {"samples": training["samples"]}, "unet": weights, "average": weights,
        "config": config, "repertoire": training["repertoire"],
    })  # fmt: skip


if __name__ == "__main__":
    main()
