"""Importing a LoRA that lies on this machine, and exporting one. Torch-free until there is a file in hand."""

from __future__ import annotations

import importlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from server.models.families.families import Ability
from server.models.headers import safetensors
from server.wire.errors import Code, OverpaintError

from . import files
from .card import line
from .download import check_room, no_traceback
from .loras import Lora, LoraStore, described, header_of
from .store import ModelStore
from .taught import Naming, Taught

_LARGEST = 4 << 30
"""Bytes: those of the largest models have a tenth of it."""


def import_lora(
    source: Path,
    loras: LoraStore,
    models: ModelStore,
    *,
    word: str = "",
    phrase: str = "",
    kind: Taught | None = None,
    licence: str = "",
) -> Lora:
    """Puts a copy of ``source`` among ``loras``. word: that calls it; empty: as the file says, or is called. phrase:
    what the model is shown instead; empty: what the file says, else the word. Raises ``OverpaintError``; then nothing
    was imported."""
    with no_traceback(str(source)):
        source = source.expanduser().absolute()
        if not source.is_file():
            raise OverpaintError(Code.BAD_REQUEST, f"There is no file at {source}.", "Check the path.")
        _check_file(source)
        found = described(header_of(source))
        asked = loras.free(word or found.word)
        own_phrase = phrase.strip() or (found.phrase if found.phrase != found.word else asked)
        check_room(source.stat().st_size, loras.root if loras.root.is_dir() else loras.root.parent)
        fits = _runtime().fitting(source, asked, _wearers(models))
        if fits is None:
            raise OverpaintError(
                Code.BAD_REQUEST,
                f"“{asked}” fits none of the models that are installed.",
                "Install the model that it was made for first: “overpaint models list”.",
            )
        lora = replace(
            found,
            word=asked,
            phrase=line(own_phrase),
            kind=kind or found.kind,
            family=fits[0].family,
            licence=line(licence) or found.licence,
            source=source.name,
            made_from="",
        )
        return loras.put(source, lora)


def export(word: str, loras: LoraStore, models: ModelStore, target: Path, naming: Naming | None = None) -> Path:
    """Writes a file for other programs: ``target``, or in that folder one called after the word. naming: None: as it is
    kept. Raises ``OverpaintError``."""
    lora = loras.find(word)
    with no_traceback(str(target)):
        file = target / f"{lora.word}{files.WEIGHTS}" if target.is_dir() else target
        if file.suffix.lower() != files.WEIGHTS:
            raise OverpaintError(Code.BAD_REQUEST, f"{file.name} is no .safetensors file.", "Call it so.")
        if file.exists():
            raise OverpaintError(Code.BAD_REQUEST, f"{file} is there already.", "Choose another name, or remove it.")
        if naming is None:
            safetensors.copy_with(lora.path, file, safetensors.read(lora.path).metadata)
        else:
            _runtime().renamed(lora.path, file, lora, _wearers(models), naming is Naming.KOHYA)
    return file


def _check_file(source: Path) -> None:
    files.refuse_unsafe(source)
    if source.suffix.lower() != files.WEIGHTS:
        raise OverpaintError(Code.BAD_REQUEST, f"{source.name} is not a .safetensors file.", "Get the LoRA as one.")
    if source.stat().st_size > _LARGEST:
        raise OverpaintError(
            Code.TOO_LARGE,
            f"{source.name} has {source.stat().st_size / 1e9:.1f} GB, which no LoRA has.",
            "Import a whole model with “overpaint models import”.",
        )


def _wearers(models: ModelStore) -> list[Any]:
    """The installed models that paint, those of the person first."""
    return [models.find(card.name) for card in models.cards() if Ability.INPAINT in card.abilities]


def _runtime() -> Any:
    """It needs torch, for which nothing that merely lists should wait."""
    return importlib.import_module("server.models.runtime.lora_fit")
