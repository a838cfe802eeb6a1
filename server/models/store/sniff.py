"""What kind of model a single file holds: each family is asked whether it is one of its own. Torch-free."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from pathlib import Path

from server.models.families.families import FAMILIES
from server.models.families.single_file import FileHeader, SingleFile, refused
from server.models.headers import onnx, safetensors
from server.models.headers.safetensors import SafetensorsHeader
from server.wire.errors import OverpaintError

log = logging.getLogger(__name__)

READERS: dict[str, Callable[[Path], FileHeader]] = {".safetensors": safetensors.read, ".onnx": onnx.read}
"""By the ending of a file's name, in lower case: what reads its header."""

_ADDITIONS = (
    (re.compile(r"lora|\.(hada|lokr)_w\d|\.oft_blocks$|\.ia3_l$", re.IGNORECASE), "a LoRA, an addition to a model"),
    (re.compile(r"^(control_model|controlnet_\w+|input_hint_block)\."), "a ControlNet, an addition to a model"),
    (re.compile(r"^(emb_params|string_to_param\..*|clip_[lg])$"), "a textual inversion, a word for a model"),
)
"""Names of tensors by which what is shared beside models is known."""

_PARTS = (
    "down_blocks.", "transformer_blocks.", "single_transformer_blocks.", "text_model.", "encoder.", "decoder.",
    "shared.", "model.layers.", "first_stage_model.", "cond_stage_model.", "conditioner.",
)  # fmt: skip
"""Beginnings of tensors' names in a single network of a pipeline, as diffusers, transformers and the original code of
Stable Diffusion have them."""


def sniff(header: FileHeader, prediction: str = "") -> SingleFile:
    """prediction: EPSILON or VELOCITY where the person knows better than the file.

    Raises bad-request, saying what the file is instead, when it is not a whole model of a family we can load.
    """
    refusals = []
    for family in FAMILIES:
        try:
            found = family.in_file(header, prediction)
        except OverpaintError as refusal:  # another family may be able to
            refusals.append(refusal)
            continue
        except Exception:  # one package's fault is not to stop all others
            log.exception("the model family %s cannot say whether %s is its own", family.name, header.path)
            continue
        if found is not None:
            return found
    raise refusals[0] if refusals else _unknown(header)


def read(path: Path) -> FileHeader:
    """The header of a model's file. Raises bad-request for a kind of file that holds none, ``OverpaintError`` for one
    that is damaged."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise refused(
            f"{path.name} is not a .safetensors file.", "Give one, or a diffusers folder, or LaMa or MI-GAN as .onnx."
        )
    return reader(path)


def _unknown(header: FileHeader) -> OverpaintError:
    hint = f"As one file it reads {', '.join(family.as_file for family in FAMILIES if family.as_file)}."
    if not isinstance(header, SafetensorsHeader):
        return refused(f"{header.path.name} is not a model that Overpaint knows.", hint)
    for names, what in _ADDITIONS:
        if any(names.search(name) for name in header.tensors):
            return refused(f"The file is {what}, not a model.", hint)
    if header.holds(*_PARTS):
        return refused("The file is only a part of a model.", "Import the whole diffusers folder it belongs to.")
    return refused("The file is not a model that Overpaint knows.", hint)
