"""Importing a model that lies on this machine already. Torch-free; nothing is asked of a hub."""

from __future__ import annotations

import importlib
import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from server.models import configs
from server.models.families.families import family
from server.models.families.family import CheckpointKind, Family
from server.models.families.single_file import PipelineFile, prediction_of
from server.models.headers.safetensors import SafetensorsHeader
from server.wire.errors import Code, OverpaintError

from . import card as cards
from . import describe, files, sniff
from .card import Card, Checksum
from .download import DownloadProgress, OnTransfer, check_room, copy, no_traceback, nobody
from .store import ModelStore

CONFIGS = "configs"


def import_model(
    source: Path,
    store: ModelStore,
    *,
    name: str = "",
    title: str = "",
    licence: str = "",
    link: bool = False,
    own_configs: Path | None = None,
    prediction: str = "",
    on_transfer: OnTransfer = nobody,
) -> Card:
    """Puts a diffusers folder, a single .safetensors file or an erasing model's .onnx file into the store.

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
        folder = store.folder_for(name)
        asked = Card(name, title or source.stem, "", licence, "", 0.0, str(source), installed=time.time())
        incoming = store.root / ".incoming" / name
        request = _ImportRequest(source, incoming, asked, link, own_configs, prediction_of(prediction), on_transfer)
        shutil.rmtree(incoming, ignore_errors=True)
        incoming.mkdir(parents=True)
        try:
            card = _of_folder(request) if source.is_dir() else _of_file(request)
            cards.write(incoming, card)
            incoming.rename(folder)
        finally:
            shutil.rmtree(incoming, ignore_errors=True)
    return card


def name_from(source: Path) -> str:
    """A name for the store from a file's or folder's: its letters and digits in lower case, dashes for all else."""
    return cards.name_from(source.name if source.is_dir() else source.stem)


def whole() -> Any:
    """The room ``whole``. It needs torch, for which nothing that merely lists models should wait."""
    return importlib.import_module("server.models.runtime.whole")


@dataclass(frozen=True)
class _ImportRequest:
    """What ``import_model`` was asked for. incoming: the folder that becomes the model's. asked: its card as far as it
    is known."""

    source: Path
    incoming: Path
    asked: Card
    link: bool
    own_configs: Path | None
    prediction: str
    on_transfer: OnTransfer

    def refuse(self, configs: str, prediction: str) -> None:
        """Raises bad-request where ``own_configs`` or ``prediction`` was given and nothing reads it; the arguments say
        why not, and are empty for what is read."""
        for option, given, why in (
            ("--configs", self.own_configs is not None, configs),
            ("--prediction", bool(self.prediction), prediction),
        ):
            if given and why:
                raise OverpaintError(
                    Code.BAD_REQUEST, f"{option} changes nothing of this model: {why}.", "Leave it out."
                )

    def located(self, card: Card, folder: Path, names: list[str]) -> Card:
        """``card`` with the place of the weights ``names`` in ``folder``: copied now, or left where they are."""
        if self.link:
            return replace(card, location=str(self.source))
        return replace(card, checksums=_copy_all(folder, self.incoming, names, self.on_transfer))


def _of_folder(request: _ImportRequest) -> Card:
    source = request.source
    request.refuse(configs="a folder has its own", prediction="a folder says it in scheduler/scheduler_config.json")
    index = files.index(source)
    recognised = describe.family_of(index)
    present = [path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()]
    variant = describe.choose_variant(present, files.parts_of(index))
    names = list(files.wanted(present, files.parts_of(index), variant))
    nbytes = describe.nbytes_in_half(source, names)
    describe.check_parts(source, files.parts_of(index))
    whole().check_folder(source, variant)
    described = describe.describe(source, index, variant)
    card = replace(
        request.asked,
        family=recognised.name,
        good_for=_good_for(recognised),
        licence=request.asked.licence or describe.licence(source),
        memory_gb=describe.memory_gb(recognised, nbytes),
        variant=variant,
        native=described.native,
        made_to_inpaint=described.kind is CheckpointKind.FILL,
        kind=described.kind.value,
    )
    return request.located(card, source, names)


def _of_file(request: _ImportRequest) -> Card:
    source = request.source
    header = sniff.read(source)
    found = sniff.sniff(header, request.prediction)
    recognised = family(found.family)
    request.refuse(
        configs="" if isinstance(found, PipelineFile) else f"{recognised.title} needs none",
        prediction="" if found.predicts_either else f"{recognised.title} knows only one",
    )
    card = replace(
        request.asked,
        family=recognised.name,
        good_for=_good_for(recognised),
        licence=request.asked.licence or describe.licence(request.incoming),
        memory_gb=describe.memory_gb(recognised, header.nbytes_in_half),
        kind=recognised.kind({}).value,
        single_file=source.name,
    )
    if isinstance(found, PipelineFile) and isinstance(header, SafetensorsHeader):
        card = _with_configs(card, request, header, found)
    return request.located(card, source.parent, [source.name])


def _with_configs(card: Card, request: _ImportRequest, header: SafetensorsHeader, found: PipelineFile) -> Card:
    folder = request.incoming / CONFIGS
    if request.own_configs is None:
        found.write_configs(folder)
    else:
        shutil.copytree(request.own_configs, folder, ignore=shutil.ignore_patterns("*.safetensors", "*.bin"))
        if request.prediction:
            configs.predict(folder, request.prediction)
    whole().check_file(header, found, folder)
    described = describe.describe(folder, files.index(folder), "")
    return replace(
        card,
        licence=request.asked.licence or cards.line(header.metadata.get("modelspec.license", "")) or card.licence,
        native=described.native,
        made_to_inpaint=described.kind is CheckpointKind.FILL,
        kind=described.kind.value,
        configs=CONFIGS,
    )


def _good_for(recognised: Family) -> str:
    return f"{recognised.good_for}; imported by you"


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
