"""Which files of a diffusers folder belong to a model, and which must not be there. Torch-free."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from server.wire.errors import Code, OverpaintError

from .card import Card

WEIGHTS = ".safetensors"
TEXTS = (".json", ".txt", ".model", ".jinja")
"""Configurations, vocabularies and sentencepiece models: read as data, never run. Chat templates are rendered by
transformers in a sandbox that reaches nothing outside."""

UNSAFE = (".ckpt", ".bin", ".pt", ".pth", ".pickle", ".pkl", ".msgpack", ".h5", ".onnx_data", ".py")
NOT_USED = ("safety_checker", "feature_extractor", "image_encoder")
"""Parts of published pipelines that Overpaint does not load."""

INDEX = "model_index.json"

CONFIG = "config.json"
"""At the top of a folder that holds one network and no pipeline, as transformers saves it."""

WHOLE = ""
"""Name of the one part of such a folder."""

_OF_WHOLE = re.compile(r"model[.-][\w.-]*safetensors(\.index[\w.]*\.json)?")
"""Its weights; others beside them are the same once more, for other programs."""


def refuse_unsafe(path: Path) -> None:
    """Raises ``OverpaintError`` (unsafe-file) for a kind of file that can run code when it is loaded."""
    if path.suffix.lower() in UNSAFE:
        raise OverpaintError(
            Code.UNSAFE_FILE,
            f"{path.name} can run any program when it is loaded, so Overpaint does not open it.",
            "Get the model as .safetensors, or convert it to that on a machine you can spare.",
        )


def weight_files(card: Card, weights: Path) -> tuple[Path, ...]:
    """The .safetensors files that loading the model reads; the one file itself where it is one."""
    if card.single_file:
        return (weights,)
    names = (path.relative_to(weights).as_posix() for path in sorted(weights.rglob(f"*{WEIGHTS}")))
    return tuple(weights / name for name in wanted(names, parts(weights), card.variant) if name.endswith(WEIGHTS))


def parts(folder: Path) -> frozenset[str]:
    """The parts of the pipeline that model_index.json names and Overpaint loads."""
    return parts_of(index(folder))


def parts_of(index: dict[str, Any]) -> frozenset[str]:
    return frozenset(entries(index).keys() - set(NOT_USED))


def entries(index: dict[str, Any]) -> dict[str, list[Any]]:
    """Every part that model_index.json names, also those that Overpaint does not load: library and class."""
    return {name: value for name, value in index.items() if isinstance(value, list) and value and value[0] is not None}


def index(folder: Path) -> dict[str, Any]:
    """model_index.json of a diffusers folder. Raises bad-request when there is none or it cannot be read."""
    path = folder / INDEX
    if not path.is_file() and (folder / CONFIG).is_file():
        return read_config((folder / CONFIG).read_bytes())
    if not path.is_file():
        raise OverpaintError(
            Code.BAD_REQUEST,
            f"{folder} is not a diffusers model: it has no {INDEX}.",
            "Give the folder that holds model_index.json, or a .safetensors file.",
        )
    return read_index(path.read_bytes())


def read_config(text: bytes) -> dict[str, Any]:
    """What model_index.json would say of a folder with this config.json: a pipeline of one part, itself."""
    config = read_index(text, CONFIG)
    named = config.get("architectures")
    kind = str(named[0]) if isinstance(named, list) and named else str(config.get("_class_name", ""))
    return {"_class_name": kind, WHOLE: ["transformers", kind]}


def read_index(text: bytes, name: str = INDEX) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise OverpaintError(Code.BAD_REQUEST, f"The model's {name} cannot be read.", "Get the model again.")
    return value


def wanted(names: Iterable[str], parts: frozenset[str], variant: str) -> Iterator[str]:
    """Of all files of a diffusers folder (relative, forward slashes) those that loading needs.

    Of each part the weights of ``variant`` if it has such, else the plain ones (as diffusers chooses). Hidden files are
    none of the model's: macOS leaves a ``._NAME`` beside each on a disk that is not its own.
    """
    names = sorted(name for name in names if not PurePosixPath(name).name.startswith("."))
    for name in names:
        path = PurePosixPath(name)
        if len(path.parts) == 1 and name == INDEX:
            yield name
        elif len(path.parts) == 1 and WHOLE in parts:
            if _of_whole(path, variant, names):
                yield name
        elif len(path.parts) == 2 and path.parts[0] in parts:
            is_text = path.suffix in TEXTS and not _shard_index_of_other(path, variant, names)
            if is_text or (path.suffix == WEIGHTS and _variant(path.name) == _best(path.parts[0], variant, names)):
                yield name


def _of_whole(path: PurePosixPath, variant: str, names: Iterable[str]) -> bool:
    if _OF_WHOLE.fullmatch(path.name) and path.suffix == WEIGHTS:
        return _variant(path.name) == _best(WHOLE, variant, names)
    return path.suffix in TEXTS and not _shard_index_of_other(path, variant, names)


def inside(part: str, names: Iterable[str]) -> list[str]:
    """The files of ``part`` among all of a folder, as ``wanted`` has them."""
    if part == WHOLE:
        return [name for name in names if "/" not in name and (WEIGHTS not in name or _OF_WHOLE.fullmatch(name))]
    return [name for name in names if name.startswith(f"{part}/")]


def variants(names: Iterable[str]) -> frozenset[str]:
    """What kinds of weights a folder has: ``""`` for plain ones, ``fp16``, …"""
    found = (PurePosixPath(name).name for name in names)
    return frozenset(_variant(name) for name in found if name.endswith(WEIGHTS) and not name.startswith("."))


def _best(part: str, variant: str, names: Iterable[str]) -> str:
    found = variants(inside(part, names))
    return variant if variant in found else ""


def _variant(name: str) -> str:
    """``model.fp16.safetensors`` and ``model.fp16-00001-of-00002.safetensors`` → ``fp16``."""
    middle = name.removesuffix(WEIGHTS).split(".")[1:]
    return middle[0].split("-")[0] if middle and not middle[0].startswith("non_ema") else "".join(middle)


def _shard_index_of_other(path: PurePosixPath, variant: str, names: Iterable[str]) -> bool:
    """The list of shards (``model.safetensors.index.fp16.json``) of weights that are not taken."""
    if ".index." not in path.name:
        return False
    if WEIGHTS not in path.name:
        return True  # the list of .bin shards
    of = path.name.removesuffix(".json").partition(".index")[2].lstrip(".")
    part = path.parts[0] if len(path.parts) > 1 else WHOLE
    return of != _best(part, variant, names)
