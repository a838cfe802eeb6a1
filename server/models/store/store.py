"""The installed models: one folder each, with a card in it. Torch-free."""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from server.models.families.families import Ability
from server.wire.errors import Code, OverpaintError

from . import card as cards
from .card import Card

log = logging.getLogger(__name__)

BUNDLED = Path(__file__).parents[1] / "bundled"
"""What came with Overpaint: also one folder per model, never written to."""


@dataclass(frozen=True)
class Installed:
    """A model and where it lies. folder: that of its card."""

    card: Card
    folder: Path

    @property
    def weights(self) -> Path:
        """A diffusers folder, or one .safetensors file."""
        return Path(self.card.location) if self.card.location else self.folder / self.card.single_file

    @property
    def configs(self) -> Path:
        """What a single file is loaded with."""
        return self.folder / self.card.configs


@dataclass(frozen=True)
class _Reading:
    """What came of reading a card: the card, or why there is none (both empty: no model is in that folder)."""

    mark: tuple[int, ...]
    card: Card | None
    trouble: str


class ModelStore:
    """The models under ``root``, and the bundled ones behind them."""

    def __init__(self, root: Path, bundled: Path | None = None) -> None:
        self.root = root
        self._bundled = BUNDLED if bundled is None else bundled
        self._read: dict[Path, _Reading] = {}

    def cards(self) -> tuple[Card, ...]:
        """What is installed, by name, and then what came with Overpaint. A folder that cannot be read is left out, with
        one line in the log."""
        found: dict[str, Card] = {}
        for _, card in self._entries():
            found.setdefault(card.name, card)
        return tuple(sorted(found.values(), key=lambda card: (card.bundled, card.name)))

    def stamp(self) -> str:
        """Another text as soon as a model comes, goes or has other files. It looks at all of them."""
        lines = (f"{card!r} {_seen(Installed(card, folder).weights)}" for folder, card in self._entries())
        return hashlib.blake2b("\n".join(lines).encode(), digest_size=16).hexdigest()

    def card(self, name: str) -> Card:
        """Raises ``OverpaintError`` (model-missing) when it is not installed."""
        return self._entry(name)[1]

    def find(self, name: str) -> Installed:
        """Raises model-missing, also for a link that leads nowhere any more."""
        folder, card = self._entry(name)
        installed = Installed(card, folder)
        if not installed.weights.exists():
            raise OverpaintError(
                Code.MODEL_MISSING,
                f"The files of the model “{card.title}” are no longer at {installed.weights}.",
                f"Put them back, or remove the model with “overpaint models remove {name}”.",
            )
        return installed

    def folder_for(self, name: str) -> Path:
        """Where the model ``name`` goes. Raises bad-request for a bad name or one that is taken."""
        folder = self.root / cards.check_name(name)
        taken = next((card for _, card in self._entries() if card.name == name), None)
        if taken is not None:
            remove = "" if taken.bundled else f", or remove it first with “overpaint models remove {name}”"
            raise OverpaintError(
                Code.BAD_REQUEST, f"A model “{name}” is installed already.", f"Choose another name{remove}."
            )
        return folder

    def remove(self, name: str) -> None:
        """Forgets the model; its files go too unless they were only linked."""
        folder, card = self._entry(name)
        if card.bundled:
            raise OverpaintError(Code.BAD_REQUEST, f"“{card.title}” is part of Overpaint and cannot be removed.")
        (folder / cards.FILE_NAME).unlink()
        shutil.rmtree(folder)

    def _entry(self, name: str) -> tuple[Path, Card]:
        for folder, card in self._entries():
            if card.name == name:
                return folder, card
        raise OverpaintError(
            Code.MODEL_MISSING,
            f"No model “{name[:60]}” is installed.",
            "“overpaint models list” shows what is installed and what can be had.",
        )

    def unreadable(self) -> tuple[str, ...]:
        """A sentence for each folder that ``cards`` leaves out."""
        return tuple(self._reading(folder).trouble for folder in self._folders() if self._reading(folder).trouble)

    def _entries(self) -> Iterator[tuple[Path, Card]]:
        for folder in self._folders():
            card = self._reading(folder).card
            if card is not None:
                yield folder, card

    def _folders(self) -> Iterator[Path]:
        for root in (self.root, self._bundled):
            try:
                yield from sorted(root.iterdir())
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                log.warning("the models in %s cannot be listed: %s", root, error)

    def _reading(self, folder: Path) -> _Reading:
        """What the card in ``folder`` says, read anew only when its file has changed: every greeting asks."""
        mark = _mark(folder / cards.FILE_NAME)
        known = self._read.get(folder)
        if known is None or known.mark != mark:
            known = self._read[folder] = _read(folder, mark)
        return known


@dataclass(frozen=True)
class ModelFolders:
    """What a method that loads no model is given: what is installed. Torch-free."""

    store: ModelStore


def able(ability: Ability, installed: Iterable[Card]) -> tuple[Card, ...]:
    """The models that can do it, best first: our own small one last, those that can do nothing else first, those made
    for inpainting first to inpaint and later for the rest, and then the one installed last."""
    inpaints = ability is Ability.INPAINT
    fit = [card for card in installed if ability in card.abilities]

    def order(card: Card) -> tuple[object, ...]:
        return card.bundled, card.abilities != {ability}, card.made_to_inpaint is not inpaints, -card.installed

    return tuple(sorted(fit, key=order))


def taken(name: str, ability: Ability, store: ModelStore) -> Card | None:
    """The model that does it for a method which is better with one: ``name``, else the best that is installed; None
    where none is. Raises ``OverpaintError``: model-missing, or unknown-model for one that cannot do this."""
    if not name:
        return next(iter(able(ability, store.cards())), None)
    card = store.card(name)
    if ability not in card.abilities:
        raise OverpaintError(
            Code.UNKNOWN_MODEL,
            f"The model “{card.title}” cannot do this.",
            "Leave the model out, and the best one for it is taken.",
        )
    return card


def _mark(path: Path) -> tuple[int, ...]:
    """Changes whenever the file does."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_mode


def _read(folder: Path, mark: tuple[int, ...]) -> _Reading:
    try:
        return _Reading(mark, cards.read(folder), "")
    except OverpaintError as error:
        log.warning("%s", error)
        return _Reading(mark, None, error.sentence)


def _seen(weights: Path) -> list[tuple[str, int, int]]:
    """Names, sizes and times of a model's files."""
    files = sorted(weights.rglob("*")) if weights.is_dir() else [weights]
    try:
        return [(path.name, seen.st_size, seen.st_mtime_ns) for path in files if (seen := path.stat())]
    except OSError:  # links that lead nowhere: this model does not load
        return []
