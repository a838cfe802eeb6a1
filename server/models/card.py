"""What is known of one installed model: the file ``overpaint.json`` in its folder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from server.wire import codec
from server.wire.errors import Code, OverpaintError
from server.wire.files import write_private
from server.wire.messages import ModelOffer

from .families import FAMILIES, Ability

FILE_NAME = "overpaint.json"

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


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

    @property
    def abilities(self) -> frozenset[Ability]:
        """Empty for a family that this version cannot run."""
        return next((entry.abilities for entry in FAMILIES if entry.name == self.family), frozenset())

    @property
    def offer(self) -> ModelOffer:
        return ModelOffer(self.name, self.title, self.family, self.licence, self.good_for, self.memory_gb)


def check_name(name: str) -> str:
    """Names become folders: lower-case letters, digits, dots and dashes, at most 64. Raises bad-request."""
    if not _NAME.fullmatch(name):
        raise OverpaintError(
            Code.BAD_REQUEST,
            f"“{name[:70]}” cannot be the name of a model.",
            "Use up to 64 lower-case letters, digits, dots and dashes.",
        )
    return name


def read(folder: Path) -> Card | None:
    """The card in ``folder``; None where there is none. Raises ``OverpaintError`` for one that cannot be read."""
    try:
        text = (folder / FILE_NAME).read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        return codec.from_text(Card, text, FILE_NAME)
    except OverpaintError as error:
        raise OverpaintError(
            Code.MODEL_MISSING,
            f"The description of the model in {folder} cannot be read.",
            "Remove that folder and install the model again.",
        ) from error


def write(folder: Path, card: Card) -> None:
    """Whole or not at all: a model without a card is not installed."""
    write_private(folder / FILE_NAME, codec.to_text(card))
