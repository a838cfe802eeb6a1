"""Fetching a model of the catalogue (or any repository of a known kind) from a hub. Torch-free.

What arrived stays in ``.incoming`` until the model is complete, so that a broken pull goes on where it stopped.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from pathlib import Path

from server.models.families.family import CheckpointKind
from server.wire.errors import Code, OverpaintError
from server.wire.files import LockFile

from . import card as cards
from . import describe, files
from .card import Card, Checksum
from .catalogue import CatalogueEntry, entry
from .download import DownloadProgress, OnTransfer, check_room, nobody, sha256
from .hub import Hub, Listing, RemoteFile
from .import_model import whole
from .store import ModelStore

_REPOSITORY = re.compile(r"[\w.-]{1,96}/[\w.-]{1,96}")


def pull(name: str, store: ModelStore, hub: Hub | None = None, on_transfer: OnTransfer = nobody) -> Card:
    """name: of the catalogue, or ``owner/repository``. Raises ``OverpaintError``; then nothing was installed."""
    return fetch(wanted(name), store, hub or Hub(), on_transfer)


def wanted(name: str) -> CatalogueEntry:
    """What the catalogue says of ``name``, or as much as can be said of a repository beforehand."""
    if not _REPOSITORY.fullmatch(name):
        return entry(name)
    short = cards.name_from(name.split("/")[1])
    return CatalogueEntry(short, name, "", name, "", "what it was made for; chosen by you", 0.0, 0.0)


def fetch(model: CatalogueEntry, store: ModelStore, hub: Hub, on_transfer: OnTransfer = nobody) -> Card:
    """Downloads, checks and installs ``model``. Raises busy while another pull of it runs."""
    folder = store.folder_for(model.name)
    incoming = store.root / ".incoming" / model.name
    incoming.mkdir(parents=True, exist_ok=True)
    lock = LockFile(incoming.with_name(f"{model.name}.lock"))
    if not lock.take():
        raise OverpaintError(Code.BUSY, f"“{model.title}” is being fetched already.", "Wait until that is done.")
    try:
        return _fetch(model, hub, incoming, folder, on_transfer)
    finally:
        lock.release()


def _fetch(model: CatalogueEntry, hub: Hub, incoming: Path, folder: Path, on_transfer: OnTransfer) -> Card:
    listing = hub.listing(model.repository)
    index = _index(listing, hub, incoming)
    family = describe.family_of(index)
    present = [file.name for file in listing.files]
    variant = describe.choose_variant(present, files.parts_of(index), model.variant)
    chosen = _chosen(listing, files.wanted(present, files.parts_of(index), variant))
    check_room(sum(file.nbytes for file in chosen) - _there_already(incoming), incoming)
    sums = _fetch_all(listing, chosen, hub, incoming, on_transfer)
    licence = model.licence or _licence(listing, hub, incoming)
    _leave_only({file.name for file in chosen}, incoming)
    describe.check_parts(incoming, files.parts_of(index))
    whole().check_folder(incoming, variant)
    described = describe.describe(incoming, index, variant)
    nbytes = describe.nbytes_in_half(incoming, (file.name for file in chosen))
    card = Card(
        name=model.name,
        title=model.title,
        family=family.name,
        licence=licence,
        good_for=model.good_for,
        memory_gb=model.memory_gb or describe.memory_gb(family, nbytes),
        source=f"hub:{model.repository}@{listing.revision}",
        installed=time.time(),
        made_to_inpaint=described.kind is CheckpointKind.FILL,
        kind=described.kind.value,
        variant=variant,
        native=described.native,
        checksums=sums,
    )
    cards.write(incoming, card)
    incoming.rename(folder)
    return card


def _index(listing: Listing, hub: Hub, incoming: Path) -> dict[str, object]:
    file = listing.file(files.INDEX)
    if file is None and (config := listing.file(files.CONFIG)):
        return files.read_config(hub.fetch(listing, config, incoming, lambda _: None).read_bytes())
    if file is None:
        raise OverpaintError(
            Code.BAD_REQUEST,
            f"“{listing.repository}” is not a diffusers model: it has no {files.INDEX}.",
            "Choose one of “overpaint models list”, or import a .safetensors file.",
        )
    return files.read_index(hub.fetch(listing, file, incoming, lambda _: None).read_bytes())


def _chosen(listing: Listing, names: Iterable[str]) -> list[RemoteFile]:
    by_name = {file.name: file for file in listing.files}
    return [by_name[name] for name in names]


def _licence(listing: Listing, hub: Hub, incoming: Path) -> str:
    readme = listing.file("README.md")
    if readme is not None:
        hub.fetch(listing, readme, incoming, lambda _: None)
    return describe.licence(incoming)


def _there_already(incoming: Path) -> int:
    return sum(path.stat().st_size for path in incoming.rglob("*") if path.is_file())


def _leave_only(names: set[str], incoming: Path) -> None:
    """Takes away what an earlier version of the model had, and the model card."""
    for path in incoming.rglob("*"):
        if path.is_file() and path.relative_to(incoming).as_posix() not in names:
            path.unlink()


def _fetch_all(
    listing: Listing, chosen: list[RemoteFile], hub: Hub, incoming: Path, on_transfer: OnTransfer
) -> tuple[Checksum, ...]:
    total = sum(file.nbytes for file in chosen)
    before = 0
    sums = []
    for file in chosen:

        def heard(nbytes: int, name: str = file.name, before: int = before) -> None:
            on_transfer(DownloadProgress(name, min(before + nbytes, total), total))

        path = hub.fetch(listing, file, incoming, heard)
        before += file.nbytes
        on_transfer(DownloadProgress(file.name, before, total))
        sums.append(Checksum(file.name, file.nbytes, file.sha256 or sha256(path)))
    return tuple(sums)
