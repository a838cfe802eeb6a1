"""Writes the model as it ships: `python -m tools.bundled_model.export --out server/models/bundled/illustration`.

The folder is a plain diffusers folder for the inpainting pipeline. Pipelines that know no mask take the denoiser's
variant "free", which shares all weights but the first convolution:

    unet = UNet2DConditionModel.from_pretrained(folder, subfolder="unet", variant="free", in_channels=4)
    StableDiffusionPipeline.from_pretrained(folder, unet=unet)
"""

from __future__ import annotations

import argparse
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import diffusers
import torch
from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTiny
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from safetensors.torch import save_file
from torch import Tensor
from transformers import BertModel, BertTokenizer

from server.models.bundled.known import Classes, meanings
from server.models.bundled.upscaler import FACTOR as UPSCALED
from server.models.bundled.vocabulary import FILE_NAME
from server.wire import codec
from tools.bundled_model import heldout
from tools.bundled_model.artwork import DATA, load_records
from tools.bundled_model.captions import vocabulary
from tools.bundled_model.ncnn import read_compact
from tools.bundled_model.packages import Packages
from tools.bundled_model.repertoire import REPERTOIRES, Repertoire
from tools.bundled_model.train_unet import load_average
from tools.bundled_model.unet import new_schedule, without_mask
from tools.bundled_model.vae import factor_of

SHIPPED = Path(__file__).parents[2] / "server" / "models" / "bundled" / "illustration"
SHARD_BYTES = 15_000_000
FREE = "free"
STEPS, GUIDANCE = 20, 3.0
"""With which it paints unless told otherwise: measured; README.md beside this says how."""
TRAINING = "training.json"
_NAMES_AT_ONCE = 64
_CONV_IN = "conv_in."
_DIFFUSERS = "diffusion_pytorch_model"
_TRANSFORMERS = "model"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    export(options.data, options.out)
    for file in sorted(options.out.rglob("*")):
        if file.is_file():
            print(f"{file.stat().st_size / 1e6:8.2f} MB  {file.relative_to(options.out)}")


def export(data: Path, out: Path) -> None:
    """Writes all parts in half precision, no file above 15 MB. Files of an earlier export are replaced."""
    trained = load_average(data)
    unet = trained.unet
    vae = AutoencoderTiny.from_pretrained(data / "vae")
    text = BertModel.from_pretrained(data / "text_encoder")
    free = without_mask(unet, _grey_latents(vae, unet))
    for part in ("unet", "vae", "text_encoder"):
        shutil.rmtree(out / part, ignore_errors=True)
    _write_index(out)
    new_schedule().save_pretrained(out / "scheduler")
    shutil.copytree(data / "tokenizer", out / "tokenizer", dirs_exist_ok=True)
    _write_part(Part(out / "unet", _DIFFUSERS), dict(unet.config), unet.state_dict())
    _write_free(Part(out / "unet", _DIFFUSERS), free)
    _write_part(Part(out / "vae", _DIFFUSERS), _vae_config(vae), vae.state_dict())
    _write_part(Part(out / "text_encoder", _TRANSFORMERS), text.config.to_dict(), text.state_dict())
    upscaler = read_compact(Packages(data / "packages").realesrgan / "REALESRGAN_ANIMAVIDEOV3_UP4X.param")
    save_file(_halves(upscaler), out / "upscaler.safetensors", {"format": "pt"})
    repertoire = REPERTOIRES[trained.repertoire]
    _write_known(data, out, text, repertoire)
    write_words(out, repertoire)
    training = {"repertoire": trained.repertoire, "samples": trained.samples}
    (out / TRAINING).write_text(json.dumps(training, indent=1) + "\n", encoding="utf-8")
    _write_card(out, unet.config["sample_size"] * factor_of(vae))


@dataclass(frozen=True)
class Part:
    """A component's folder and the name that its library gives to weight files."""

    folder: Path
    stem: str

    @property
    def index(self) -> Path:
        return self.folder / f"{self.stem}.safetensors.index.json"


def _write_part(part: Part, config: dict[str, object], weights: dict[str, Tensor]) -> None:
    part.folder.mkdir(parents=True, exist_ok=True)
    _write_config(part.folder, config)
    shards = _shards(_halves(weights))
    places: dict[str, str] = {}
    for number, shard in enumerate(shards, 1):
        name = f"{part.stem}-{number:05}-of-{len(shards):05}.safetensors"
        save_file(shard, part.folder / name, {"format": "pt"})
        places |= dict.fromkeys(shard, name)
    _write_places(part, places, sum(_nbytes(weight) for shard in shards for weight in shard.values()))


def _write_free(part: Part, free: UNet2DConditionModel) -> None:
    """An index of its own beside the first, as diffusers names variants: only the first convolution is another."""
    own = {name: weight for name, weight in _halves(free.state_dict()).items() if name.startswith(_CONV_IN)}
    name = f"{part.stem}.{FREE}-conv_in.safetensors"
    save_file(own, part.folder / name, {"format": "pt"})
    index = json.loads(part.index.read_text(encoding="utf-8"))
    places = index["weight_map"] | dict.fromkeys(own, name)
    _write_places(part, places, index["metadata"]["total_size"], f".{FREE}")


def _shards(weights: dict[str, Tensor]) -> list[dict[str, Tensor]]:
    """Weights in files below the limit; the first convolution has one to itself, which the variant leaves out."""
    first = {name: weight for name, weight in weights.items() if name.startswith(_CONV_IN)}
    shards: list[dict[str, Tensor]] = [first, {}] if first else [{}]
    for name, weight in weights.items():
        if name in first:
            continue
        if shards[-1] and sum(map(_nbytes, shards[-1].values())) + _nbytes(weight) > SHARD_BYTES:
            shards.append({})
        shards[-1][name] = weight
    return shards


def _halves(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: _half(weight) for name, weight in weights.items() if not name.endswith("position_ids")}


def _half(weight: Tensor) -> Tensor:
    return weight.half().contiguous() if weight.is_floating_point() else weight.contiguous()


def _nbytes(weight: Tensor) -> int:
    return weight.numel() * weight.element_size()


def _write_places(part: Part, places: dict[str, str], total: int, variant: str = "") -> None:
    index = {"metadata": {"total_size": total}, "weight_map": dict(sorted(places.items()))}
    part.index.with_suffix(f"{variant}.json").write_text(json.dumps(index, indent=1) + "\n", encoding="utf-8")


def _write_config(folder: Path, config: dict[str, object]) -> None:
    kept = {key: value for key, value in config.items() if key != "_name_or_path"}
    (folder / "config.json").write_text(json.dumps(kept, indent=1, default=str) + "\n", encoding="utf-8")


def _vae_config(vae: AutoencoderTiny) -> dict[str, object]:
    # AutoencoderTiny registers this one itself, and warns when it finds it in the file.
    return {key: value for key, value in vae.config.items() if key != "block_out_channels"}


def _write_index(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    index = {
        "_class_name": "StableDiffusionInpaintPipeline",
        "_diffusers_version": diffusers.__version__,
        "feature_extractor": [None, None],
        "image_encoder": [None, None],
        "requires_safety_checker": False,
        "safety_checker": [None, None],
        "scheduler": ["diffusers", "DDIMScheduler"],
        "text_encoder": ["transformers", "BertModel"],
        "tokenizer": ["transformers", "BertTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderTiny"],
    }
    (out / "model_index.json").write_text(json.dumps(index, indent=1) + "\n", encoding="utf-8")


def _write_card(out: Path, native: int) -> None:
    card = {
        "name": "illustration",
        "title": "Overpaint Illustration (built in; draws illustrations, not photographs)",
        "family": "illustration",
        "licence": "CC-BY-4.0 (see NOTICE)",
        "good_for": "small cartoon figures, faces, animals and things in emoji style; not photographs",
        "memory_gb": 0.5,
        "source": "bundled",
        "made_to_inpaint": True,
        "bundled": True,
        "native": native,
    }
    (out / "overpaint.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    cascade = {"upscaler": "upscaler.safetensors", "upscaled": UPSCALED, "steps": STEPS, "guidance": GUIDANCE}
    (out / "cascade.json").write_text(json.dumps(cascade, indent=1) + "\n", encoding="utf-8")


def repertoire_of(model: Path) -> Repertoire:
    """What an exported model was taught."""
    training = json.loads((model / TRAINING).read_text(encoding="utf-8"))
    return REPERTOIRES[training["repertoire"]]


def _write_known(data: Path, out: Path, text: BertModel, repertoire: Repertoire) -> None:
    """The names of all that was trained on, with their meanings."""
    held_out = heldout.load()
    taught = [record for record in load_records(data) if repertoire.has(record) and not held_out.hides(record)]
    names = sorted({record.subject.label for record in taught})
    tokenizer = BertTokenizer.from_pretrained(data / "tokenizer")
    batches = [names[start : start + _NAMES_AT_ONCE] for start in range(0, len(names), _NAMES_AT_ONCE)]
    known = Classes(names, torch.cat([meanings(batch, tokenizer, text) for batch in batches]))
    known.save(out / "known.safetensors")


def write_words(out: Path, repertoire: Repertoire) -> None:
    (out / FILE_NAME).write_text(codec.to_text(vocabulary(repertoire.vendors)) + "\n", encoding="utf-8")


@torch.no_grad()
def _grey_latents(vae: AutoencoderTiny, unet: UNet2DConditionModel) -> Tensor:
    side = unet.config["sample_size"] * factor_of(vae)
    latents: Tensor = vae.encode(torch.zeros(1, 3, side, side)).latents[0]
    return latents


if __name__ == "__main__":
    main()
