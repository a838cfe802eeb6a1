"""What is known of one installed model: the file ``overpaint.json`` in its folder."""

from __future__ import annotations

import re
import stat
import textwrap
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from server.models.families.families import FAMILIES
from server.models.families.family import Ability, CheckpointKind
from server.wire import codec
from server.wire.errors import Code, OverpaintError
from server.wire.files import write_private
from server.wire.offers import ModelOffer

FILE_NAME = "overpaint.json"

_LONGEST_NAME = 64
_LONGEST_BYTES = 200
"""Of a name in UTF-8: a folder's name may have 255 on the usual file systems."""

_OF_WINDOWS = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}
"""Names that Windows gives to devices, whatever follows after a dot."""

_LARGEST = 4 << 20
"""Bytes of a card, which names each of a model's files: no model has so many."""


@dataclass(frozen=True)
class Checksum:
    """``path`` relative to the model's folder, with forward slashes; ``sha256`` in hex digits."""

    path: str
    nbytes: int
    sha256: str


@dataclass(frozen=True)
class Card:
    """name: what a recipe says. family: as ``families`` names it. memory_gb: memory of the device that it needs.

    source: where it came from, for people: ``hub:owner/name@revision``, a path, or ``bundled``.
    location: absolute path of the weights when they were linked instead of copied; empty: beside this card.
    single_file: name of the one .safetensors file; empty for a diffusers folder.
    configs: name of the shipped configuration a single file is loaded with; empty for a diffusers folder.
    variant: ``fp16`` when the weight files are named so, else empty.
    native: side in pixels of the squares it was trained on; 0: what the family is known for.
    made_to_inpaint: it sees the mask and the masked picture (9 channels, Fill).
    kind: as ``CheckpointKind`` names it; empty in a card that is older than kinds.
    installed: seconds since 1970; 0 for what came with Overpaint.
    """

    name: str
    title: str
    family: str
    licence: str
    good_for: str
    memory_gb: float
    source: str
    installed: float = 0.0
    made_to_inpaint: bool = False
    bundled: bool = False
    location: str = ""
    single_file: str = ""
    configs: str = ""
    variant: str = ""
    native: int = 0
    checksums: tuple[Checksum, ...] = ()
    kind: str = ""

    @property
    def abilities(self) -> frozenset[Ability]:
        """Empty for a family that this version cannot run, or a kind that it does not know."""
        known = next((entry.kinds for entry in FAMILIES if entry.name == self.family), {})
        return known.get(self.loaded_kind, frozenset().union(*known.values()) if not self.kind else frozenset())

    @property
    def loaded_kind(self) -> CheckpointKind:
        """What the model sees beside the noisy picture; of a card that is older than kinds, by what it says instead."""
        if self.kind in set(CheckpointKind):
            return CheckpointKind(self.kind)
        return CheckpointKind.FILL if self.made_to_inpaint else CheckpointKind.BASE

    @property
    def offer(self) -> ModelOffer:
        """What a menu shows of it, in the length of a menu's line."""
        return ModelOffer(
            self.name, line(self.title), self.family, line(self.licence), line(self.good_for), self.memory_gb
        )


def line(text: str) -> str:
    """``text`` as one line of at most 120 characters, without what a terminal or a menu would obey."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text[:1000])
    return textwrap.shorten(printable, 120, placeholder="…")


def name_from(text: str) -> str:
    """A model's name made of any text: its letters and digits, of whatever script, in lower case; else dashes."""
    letters = (letter if _in_names(letter) else "-" for letter in unicodedata.normalize("NFC", text).lower())
    name = re.sub("-+", "-", "".join(letters)).strip("-._")[:_LONGEST_NAME]
    while len(name.encode()) > _LONGEST_BYTES:
        name = name[:-1]
    name = name.rstrip("-._") or "model"
    return f"{name}-model" if _is_device(name) else name


def check_name(name: str) -> str:
    """Names become folders: letters and digits of any script in lower case, dots, dashes and underscores, at most 64.
    Raises bad-request."""
    if name != name_from(name):
        raise OverpaintError(
            Code.BAD_REQUEST,
            f"“{line(name)}” cannot be the name of a model.",
            f"Use up to {_LONGEST_NAME} lower-case letters and digits, with dots and dashes between them.",
        )
    return name


def _in_names(letter: str) -> bool:
    """Letters, their accents and vowel signs, and digits: never what turns the writing round or cannot be seen."""
    return letter in "._-" or unicodedata.category(letter)[0] in "LMN"


def _is_device(name: str) -> bool:
    return name.partition(".")[0] in _OF_WINDOWS


def read(folder: Path) -> Card | None:
    """The card in ``folder``; None where there is none. Raises ``OverpaintError`` for one that cannot be read."""
    path = folder / FILE_NAME
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > _LARGEST:  # a pipe, say, would never end
            raise _unreadable(folder)
        card = codec.from_text(Card, path.read_text("utf-8"), FILE_NAME)
        check_name(card.name)
        return card
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OverpaintError, OSError, ValueError) as error:
        raise _unreadable(folder) from error


def _unreadable(folder: Path) -> OverpaintError:
    return OverpaintError(
        Code.MODEL_MISSING,
        f"The description of the model in {folder} cannot be read, so the model is left out.",
        "Remove that folder and install the model again.",
    )


def write(folder: Path, card: Card) -> None:
    """Whole or not at all: a model without a card is not installed."""
    write_private(folder / FILE_NAME, codec.to_text(card))
