"""The published architectures as diffusers configurations, so that a single weights file loads without asking a hub.

Numbers only, each written from the published description of the architecture; the parameters they build are counted in
the tests. CLIP's vocabulary is made from its merges (``clip_merges.txt``: byte pair encoding of OpenAI's CLIP, MIT).
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

SHIPPED = ("sd1", "sd2", "sdxl")

_HERE = Path(__file__).parent
_LENGTH = 77
_LATENT_FACTOR = 8
"""Pixels per latent pixel, of all three."""

_START, _END = "<|startoftext|>", "<|endoftext|>"


def write(
    name: str, folder: Path, *, in_channels: int = 4, prediction: str = "", zero_snr: bool = False, native: int = 0
) -> None:
    """Puts the configuration ``name`` of ``SHIPPED`` and its tokenizers into ``folder``, which must not exist.

    in_channels: of the UNet (9: made to inpaint). prediction: ``epsilon`` or ``v_prediction``; empty: the usual one.
    zero_snr: whether the noise schedule ends in pure noise. native: side in pixels it was trained on; 0: the usual one.
    """
    shutil.copytree(_HERE / name, folder)
    _change(folder / "unet" / "config.json", in_channels=in_channels)
    if native:
        _change(folder / "unet" / "config.json", sample_size=native // _LATENT_FACTOR)
    if prediction:
        predict(folder, prediction)
    if zero_snr:  # such a schedule is met only by steps that begin at its very end (arXiv 2305.08891, section 3.3)
        ending = {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
        _change(folder / "scheduler" / "scheduler_config.json", **ending)
    for part in json.loads((folder / "model_index.json").read_text("utf-8")):
        if part.startswith("tokenizer"):
            # OpenCLIP's encoders were trained with their padding at 0, which is "!"
            _write_tokenizer(folder / part, pad="!" if name == "sd2" or part == "tokenizer_2" else _END)


def predict(folder: Path, prediction: str) -> None:
    """The configuration in ``folder`` is of a model that predicts ``epsilon`` or ``v_prediction``."""
    _change(folder / "scheduler" / "scheduler_config.json", prediction_type=prediction)


def clip_vocabulary() -> dict[str, int]:
    """CLIP's 49,408 tokens: each byte, each byte at a word's end, each merge, and two marks."""
    letters = list(_byte_letters().values())
    merges = [merge.replace(" ", "") for merge in _merges()]
    words = [*letters, *(f"{letter}</w>" for letter in letters), *merges, _START, _END]
    return {word: number for number, word in enumerate(words)}


def _merges() -> list[str]:
    return (_HERE / "clip_merges.txt").read_text("utf-8").splitlines()[1:]


def _byte_letters() -> dict[int, str]:
    """GPT-2's way to write any byte as a printable letter, in its order: printable ones first."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(256 + place) for place, byte in enumerate(others)}


def _write_tokenizer(folder: Path, pad: str) -> None:
    folder.mkdir()
    shutil.copyfile(_HERE / "clip_merges.txt", folder / "merges.txt")
    (folder / "vocab.json").write_text(json.dumps(clip_vocabulary(), ensure_ascii=False), "utf-8")
    settings = {
        "tokenizer_class": "CLIPTokenizer",
        "model_max_length": _LENGTH,
        "do_lower_case": True,
        "add_prefix_space": False,
        "bos_token": _START,
        "eos_token": _END,
        "unk_token": _END,
        "pad_token": pad,
        "errors": "replace",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=1), "utf-8")


def _change(path: Path, **values: object) -> None:
    config = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**config, **values}, indent=1), "utf-8")
