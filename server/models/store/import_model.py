"""Importing a model that lies on this machine already. Torch-free; nothing is asked of a hub."""

from __future__ import annotations

import importlib
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from server.models.families.family import CheckpointKind
from server.models.inpainting_networks.onnx_header import ONNX, family_of
from server.wire.errors import Code, OverpaintError

from . import card as cards
from . import configs, describe, files, headers, sniff
from .card import Card, Checksum
from .download import DownloadProgress, OnTransfer, check_room, copy, no_traceback, nobody
from .store import ModelStore

CONFIGS = "configs"
_GOOD_FOR = "what it was made for; imported by you"
_GOOD_FOR_ERASING = "erasing without words; imported by you"


def adopt(
    source: Path,
    shelf: ModelStore,
    *,
    name: str = "",
    title: str = "",
    licence: str = "",
    link: bool = False,
    own_configs: Path | None = None,
    prediction: str = "",
    on_transfer: OnTransfer = nobody,
) -> Card:
    """Puts a diffusers folder, a single .safetensors file or an erasing model's .onnx file on the shelf.

    link: leave the files where they are instead of copying them. own_configs: a diffusers folder whose configurations
    are used for a single file instead of the shipped ones. prediction: ``epsilon`` or ``v``, for a single file that
    does not say it, or says it wrongly. Raises ``OverpaintError``; then nothing was installed.
    """
    with no_traceback(str(source)):
        source = source.expanduser().absolute()
        if not source.exists():
            raise OverpaintError(Code.BAD_REQUEST, f"There is nothing at {source}.", "Check the path.")
        files.refuse_unsafe(source)
        name = name or name_from(source)
        folder = shelf.folder_for(name)
        asked = Card(name, title or source.stem, "", licence, _GOOD_FOR, 0.0, str(source), installed=time.time())
        incoming = shelf.root / ".incoming" / name
        adoption = _Adoption(source, incoming, asked, link, own_configs, sniff.prediction_of(prediction), on_transfer)
        shutil.rmtree(incoming, ignore_errors=True)
        incoming.mkdir(parents=True)
        try:
            card = _way(source)(adoption)
            cards.write(incoming, card)
            incoming.rename(folder)
        finally:
            shutil.rmtree(incoming, ignore_errors=True)
    return card


def name_from(source: Path) -> str:
    """A name for the shelf from a file's or folder's: its letters and digits in lower case, dashes for all else."""
    return cards.name_from(source.name if source.is_dir() else source.stem)


def whole() -> Any:
    """The room ``whole``. It needs torch, for which nothing that merely lists models should wait."""
    return importlib.import_module("server.models.runtime.whole")


@dataclass(frozen=True)
class _Adoption:
    """What ``adopt`` was asked for. incoming: the folder that becomes the model's. asked: its card as far as known."""

    source: Path
    incoming: Path
    asked: Card
    link: bool
    own_configs: Path | None
    prediction: str
    on_transfer: OnTransfer

    def located(self, folder: Path, names: list[str]) -> Card:
        """The card with the place of the weights ``names`` in ``folder``: copied now, or left where they are."""
        if self.link:
            return replace(self.asked, location=str(self.source))
        return replace(self.asked, checksums=_copy_all(folder, self.incoming, names, self.on_transfer))


def _way(source: Path) -> Callable[[_Adoption], Card]:
    if source.is_dir():
        return _adopt_folder
    return _adopt_filler if source.suffix.lower() == ONNX else _adopt_file


def _adopt_folder(adoption: _Adoption) -> Card:
    source = adoption.source
    index = files.index(source)
    describe.family_of(index)
    present = [path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()]
    variant = describe.choose_variant(present, files.parts_of(index))
    names = list(files.wanted(present, files.parts_of(index), variant))
    memory_gb = describe.memory_gb(source, names)
    describe.check_parts(source, files.parts_of(index))
    whole().check_folder(source, variant)
    described = describe.describe(source, index, variant)
    return replace(
        adoption.located(source, names),
        family=described.family.name,
        licence=adoption.asked.licence or describe.licence(source),
        memory_gb=memory_gb,
        variant=variant,
        native=described.native,
        made_to_inpaint=described.kind is CheckpointKind.FILL,
        kind=described.kind.value,
    )


def _adopt_file(adoption: _Adoption) -> Card:
    source, folder = adoption.source, adoption.incoming / CONFIGS
    if source.suffix.lower() != files.WEIGHTS:
        raise OverpaintError(
            Code.BAD_REQUEST,
            f"{source.name} is not a .safetensors file.",
            "Give one, or a diffusers folder, or LaMa or MI-GAN as .onnx.",
        )
    header = headers.read(source)
    found = sniff.sniff(header, adoption.prediction)
    _put_configs(found, folder, adoption.own_configs)
    whole().check_file(header, folder)
    described = describe.describe(folder, files.index(folder), "")
    return replace(
        adoption.located(source.parent, [source.name]),
        family=found.family,
        licence=adoption.asked.licence
        or cards.line(header.metadata.get("modelspec.license", ""))
        or describe.licence(adoption.incoming),
        memory_gb=round(2 * header.elements * 1.25 / 1e9, 1),
        native=described.native,
        made_to_inpaint=described.kind is CheckpointKind.FILL,
        kind=described.kind.value,
        single_file=source.name,
        configs=CONFIGS,
    )


def _put_configs(found: sniff.Checkpoint, folder: Path, own: Path | None) -> None:
    if own is not None:
        shutil.copytree(own, folder, ignore=shutil.ignore_patterns("*.safetensors", "*.bin"))
        return
    configs.write(
        found.configs,
        folder,
        in_channels=found.in_channels,
        prediction=found.prediction,
        zero_snr=found.zero_snr,
        native=found.native,
    )


def _adopt_filler(adoption: _Adoption) -> Card:
    source = adoption.source
    return replace(
        adoption.located(source.parent, [source.name]),
        family=family_of(source),
        good_for=_GOOD_FOR_ERASING,
        memory_gb=round(source.stat().st_size * 2 / 1e9, 1),
        single_file=source.name,
    )


def _copy_all(source: Path, target: Path, names: list[str], on_transfer: OnTransfer) -> tuple[Checksum, ...]:
    total = sum((source / name).stat().st_size for name in names)
    check_room(total, target)
    done = 0
    sums = []
    for name in names:

        def more(nbytes: int, name: str = name) -> None:
            nonlocal done
            done += nbytes
            on_transfer(DownloadProgress(name, done, total))

        sums.append(copy(source / name, target / name, name, more))
    return tuple(sums)
