"""What a diffusers folder says of itself: family, channels, size. Torch-free."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from server.models.families.families import FAMILIES, family_of_pipeline
from server.models.families.family import CheckpointKind, Family
from server.models.headers import safetensors
from server.wire.errors import Code, OverpaintError

from .files import UNSAFE, WEIGHTS, entries, parts_of, variants
from .files import inside as files_of

_LIBRARIES = ("diffusers", "transformers")
_OF_PIPELINES = {"safety_checker": "stable_diffusion"}
"""Parts whose class diffusers keeps beside a pipeline of its own."""
_WITH_WEIGHTS = re.compile(r"|unet|transformer|vae|text_encoder(_\d)?")
_NATIVES = range(8, 8193)
"""Sides in pixels that a model can have been trained on."""


@dataclass(frozen=True)
class Description:
    family: Family
    parts: frozenset[str]
    variant: str
    kind: CheckpointKind
    native: int


def family_of(index: dict[str, Any]) -> Family:
    """Raises bad-request for a pipeline we cannot run, unsafe-file for one that would load code of its own."""
    name = str(index.get("_class_name", ""))
    found = family_of_pipeline(name)
    if found is None:
        raise OverpaintError(
            Code.BAD_REQUEST,
            f"Overpaint cannot run a model of the kind “{name[:60]}”.",
            f"It runs: {', '.join(entry.title for entry in FAMILIES)}.",
        )
    for part, value in entries(index).items():
        if value[0] not in _LIBRARIES and value[0] != _OF_PIPELINES.get(part):
            raise _own_code(part)
    return found


def check_parts(folder: Path, parts: Iterable[str]) -> None:
    """Raises for a part whose configuration names program code of its own (unsafe-file), or weights that are packed
    in a way that needs it (bad-request)."""
    for part in sorted(parts):
        config = _config(folder / part)
        if "auto_map" in config:
            raise _own_code(part)
        if config.get("quantization_config"):
            raise OverpaintError(
                Code.BAD_REQUEST,
                f"The model's part “{part[:40]}” is stored quantised, which Overpaint does not read.",
                "Get the model in 16 bits (fp16 or bf16).",
            )


def choose_variant(names: Iterable[str], parts: frozenset[str], preferred: str = "") -> str:
    """Which kind of weights to take of the files ``names``. Raises when a part has no .safetensors weights."""
    names = list(names)
    for part in sorted(part for part in parts if _WITH_WEIGHTS.fullmatch(part)):
        inside = files_of(part, names)
        kinds = variants(inside)
        if not kinds:
            raise _no_weights(part, inside)
        if "" not in kinds and preferred not in kinds:
            preferred = sorted(kinds)[0]
    return preferred if preferred in variants(names) else ""


def describe(folder: Path, index: dict[str, Any], variant: str) -> Description:
    found = family_of(index)
    return Description(found, parts_of(index), variant, _kind(folder, found, index), _native(folder, found))


def nbytes_in_half(folder: Path, names: Iterable[str]) -> int:
    """Of the weights among ``names``, at two bytes a number, as on a graphics card."""
    return sum(safetensors.read(folder / name).nbytes_in_half for name in names if name.endswith(WEIGHTS))


def memory_gb(family: Family, nbytes: int) -> float:
    """For running a model of so many bytes."""
    return round(nbytes * (1 + family.working_share) / 1e9, 1)


def licence(folder: Path) -> str:
    """What the model card's first lines say, else that it is not known."""
    path = folder / "README.md"
    text = path.read_text("utf-8", "replace")[:4000] if path.is_file() else ""
    found = re.search(r"^license(?:_name)?:\s*([\w.+ -]{1,60})$", text, re.MULTILINE)
    return found.group(1).strip() if found else "not known: see where you got it"


def _kind(folder: Path, family: Family, index: dict[str, Any]) -> CheckpointKind:
    configs = {part: _config(folder / part) for part in parts_of(index)}
    return family.kind({**configs, "": index})


def _native(folder: Path, family: Family) -> int:
    """Side in pixels: the denoiser's sample size times what the autoencoder shrinks by."""
    sample = _config(folder / "unet").get("sample_size") or _config(folder / "transformer").get("sample_size")
    vae = _config(folder / "vae")
    blocks = vae.get("block_out_channels") or vae.get("encoder_block_out_channels")
    if not isinstance(sample, int) or not isinstance(blocks, list):
        return family.native
    native = sample * 2 ** min(len(blocks) - 1, 16)
    return native if native in _NATIVES else family.native


def _config(folder: Path) -> dict[str, Any]:
    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return config if isinstance(config, dict) else {}


def _own_code(part: str) -> OverpaintError:
    return OverpaintError(
        Code.UNSAFE_FILE,
        f"The model wants to load program code of its own for its part “{part[:40]}”.",
        "Overpaint runs models as data only: get a version without code.",
    )


def _no_weights(part: str, inside: list[str]) -> OverpaintError:
    unsafe = [name for name in inside if Path(name).suffix.lower() in UNSAFE]
    if unsafe:
        return OverpaintError(
            Code.UNSAFE_FILE,
            f"The model's part “{part}” comes only as {unsafe[0]}, which can run any program when it is loaded.",
            "Get a version with .safetensors files.",
        )
    return OverpaintError(Code.BAD_REQUEST, f"The model has no weights for its part “{part}”.", "Get the whole model.")
