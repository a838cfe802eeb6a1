"""What was taught, or imported, as a word: low-rank additions to a model (LoRA, arXiv 2106.09685), one file each.

The file alone says what it is, in the notes that other programs read and write: Stability's ``modelspec.*`` and
kohya's ``ss_*``; and what these have no place for in ``overpaint.*``. Torch-free.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
import time
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from server.models.headers import safetensors
from server.models.headers.safetensors import SafetensorsHeader
from server.wire.errors import Code, OverpaintError
from server.wire.files import private_folder, sync_folder

from .card import line, name_from
from .files import WEIGHTS
from .taught import Taught

log = logging.getLogger(__name__)

LONGEST_WORD = 40
_LONGEST_PHRASE = 200
_LARGEST_NOTES = 16 << 20
"""Bytes of a file's header; trainers write the tags of all their pictures there."""

_GUESTS = "guests"


@dataclass(frozen=True)
class Lora:
    """word: that calls it in a prompt. phrase: what the model's text encoder is shown in its place, as it was taught
    ("sks dog"); the word itself where nobody said. meaning: in words that any model knows ("dog"); may be empty.
    family: of the models that it fits. rank: 0 where layers differ in it. digest: of its tensors. made_from: names what
    it was taught from; empty for one that was imported. source: where that came from, for people."""

    word: str
    phrase: str
    meaning: str
    kind: Taught
    family: str
    rank: int = 0
    title: str = ""
    licence: str = ""
    source: str = ""
    made_from: str = ""
    digest: str = ""
    path: Path = Path()

    @property
    def identity(self) -> str:
        """Of all that a painting with it depends on."""
        return f"{self.digest} {self.phrase} {self.meaning}"


def notes_of(lora: Lora, others: Mapping[str, str]) -> dict[str, str]:
    """What its file says. others: that it said already, which stays."""
    date = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
    own = {
        "modelspec.title": lora.title,
        "modelspec.trigger_phrase": lora.phrase,
        "modelspec.license": lora.licence,
        "modelspec.hash_sha256": f"0x{lora.digest}",
        "ss_output_name": lora.word,
        "ss_network_dim": str(lora.rank) if lora.rank else "Dynamic",
        "overpaint.word": lora.word,
        "overpaint.meaning": lora.meaning,
        "overpaint.kind": lora.kind.value,
        "overpaint.family": lora.family,
        "overpaint.source": lora.source,
        "overpaint.made_from": lora.made_from,
    }
    usual = {
        "format": "pt",
        "modelspec.sai_model_spec": "1.0.0",
        "modelspec.implementation": "diffusers",
        "modelspec.date": date,
        "ss_network_module": "networks.lora",
        "ss_network_alpha": str(lora.rank) if lora.rank else "Dynamic",
    }
    return {**usual, **others, **{name: text for name, text in own.items() if text}}


def word_from(text: str) -> str:
    """A word made of any text: its letters and digits, of whatever script, in lower case, dashes between them."""
    word = name_from(text).replace(".", "-").strip("-_")[:LONGEST_WORD].strip("-_")
    return f"my-{word}" if not word or word.isdigit() else word


def check_word(text: str) -> str:
    """The word as it is kept. Raises bad-request for what can be none."""
    asked = unicodedata.normalize("NFC", text.strip()).lower()
    if not asked or asked != word_from(asked):
        raise OverpaintError(
            Code.BAD_REQUEST,
            f"“{line(text)}” cannot be a word to teach." if asked else "It has no word to be called by.",
            f"Use one of up to {LONGEST_WORD} letters and digits, with dashes between them, and not digits alone.",
        )
    return asked


class LoraStore:
    """The LoRAs in ``root`` (``Home.loras``), each a file named after its word; those of ``behind`` are used where
    they have other words, and never written to."""

    def __init__(self, root: Path, behind: LoraStore | None = None) -> None:
        self.root = root
        self._behind = behind
        self._read: dict[Path, tuple[tuple[int, ...], Lora | None]] = {}

    @classmethod
    def of(cls, root: Path, guest: str) -> LoraStore:
        """guest: the key of the machine that asks, empty for this user's own. A guest may use what is here, as it may
        the models; what it teaches is its own, which nobody else sees."""
        own = cls(root)
        if not guest:
            return own
        return cls(own.root / _GUESTS / hashlib.blake2b(guest.encode(), digest_size=16).hexdigest(), own)

    def all(self) -> tuple[Lora, ...]:
        """By word. What cannot be read is left out, with a line in the log."""
        behind = self._behind.all() if self._behind else ()
        found = {lora.word: lora for lora in (*behind, *self._own())}
        return tuple(found[word] for word in sorted(found))

    def find(self, word: str) -> Lora:
        """Raises bad-request when there is none."""
        asked = unicodedata.normalize("NFC", word.strip()).lower()
        for lora in self.all():
            if lora.word == asked:
                return lora
        known = ", ".join(lora.word for lora in self.all())
        raise OverpaintError(
            Code.BAD_REQUEST,
            f"Nothing was taught or imported as “{line(word)}”.",
            f"There are: {line(known)}." if known else "Teach something first, or “overpaint loras import FILE”.",
        )

    def free(self, word: str) -> str:
        """The word as it is kept. Raises bad-request for one that is none, or is taken."""
        word = check_word(word)
        if any(lora.word == word for lora in self._own()):
            raise OverpaintError(
                Code.BAD_REQUEST,
                f"The word “{word}” is taken already.",
                f"Choose another, or first “overpaint loras remove {word}”.",
            )
        return word

    def put(self, file: Path, lora: Lora) -> Lora:
        """A copy of ``file`` is called ``lora.word`` from now on, whole or not at all; what had the word is replaced.
        Raises ``OverpaintError`` for a file that is not sound."""
        private_folder(self.root)
        notes = safetensors.read(file).metadata
        word, digest = check_word(lora.word), safetensors.content_digest(file)
        lora = replace(lora, word=word, title=lora.title or word, digest=digest, path=self._path(word))
        handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=self.root)
        os.close(handle)
        part = Path(name)
        try:
            safetensors.copy_with(file, part, notes_of(lora, notes))
            part.replace(lora.path)
            sync_folder(self.root)
        finally:
            part.unlink(missing_ok=True)
        return lora

    def rename(self, word: str, to: str) -> Lora:
        """It is called ``to`` from now on. Raises bad-request."""
        old, to = self._own_one(word), self.free(to)
        phrase, title = (to if text == old.word else text for text in (old.phrase, old.title))
        new = replace(old, word=to, phrase=phrase, title=title)
        put = self.put(old.path, new)
        old.path.unlink()
        return put

    def remove(self, word: str) -> None:
        """Raises bad-request when there is none."""
        self._own_one(word).path.unlink()

    def stamp(self) -> str:
        """Another text as soon as one comes, goes, or is another."""
        seen = sorted(f"{path.parent.name}/{path.name} {_mark(path)}" for path in self.root.rglob(f"*{WEIGHTS}"))
        return "\n".join(seen)

    def _own(self) -> Iterator[Lora]:
        for path in sorted(self.root.glob(f"*{WEIGHTS}")):
            lora = self._reading(path)
            if lora is not None:
                yield lora

    def _own_one(self, word: str) -> Lora:
        lora = self.find(word)
        if lora.path.parent != self.root:
            raise OverpaintError(Code.BAD_REQUEST, f"“{lora.word}” belongs to the machine that you use.", "")
        return lora

    def _path(self, word: str) -> Path:
        return self.root / f"{word}{WEIGHTS}"

    def _reading(self, path: Path) -> Lora | None:
        """What the file says, read anew only when it has changed."""
        mark = _mark(path)
        known = self._read.get(path)
        if known is None or known[0] != mark:
            known = self._read[path] = (mark, _read(path))
        return known[1]


def header_of(path: Path) -> SafetensorsHeader:
    """Of a file that may hold a LoRA. Raises ``OverpaintError`` for one that is not sound."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
    if _LARGEST_NOTES < length <= path.stat().st_size:
        raise OverpaintError(
            Code.BAD_REQUEST,
            f"{path.name} has notes of {length >> 20} MB; at most {_LARGEST_NOTES >> 20} are read.",
            "Save it again without its trainer's notes.",
        )
    return safetensors.read(path)


def described(header: SafetensorsHeader) -> Lora:
    """What a file's notes say, in the length of a line, without what a terminal or a dialog would obey."""
    said = {name: line(text) for name, text in header.metadata.items() if len(name) < 100 and name.startswith(_READ)}
    word = word_from(said.get("overpaint.word") or said.get("ss_output_name") or header.path.stem)
    kind = said.get("overpaint.kind", "")
    return Lora(
        word=word,
        phrase=said.get("modelspec.trigger_phrase", "")[:_LONGEST_PHRASE] or word,
        meaning=said.get("overpaint.meaning", ""),
        kind=Taught(kind) if kind in set(Taught) else Taught.STYLE,
        family=said.get("overpaint.family", ""),
        rank=_rank(header),
        title=said.get("modelspec.title", ""),
        licence=said.get("modelspec.license", ""),
        source=said.get("overpaint.source", ""),
        made_from=said.get("overpaint.made_from", ""),
        digest=said.get("modelspec.hash_sha256", "").removeprefix("0x"),
        path=header.path,
    )


_READ = ("overpaint.", "modelspec.", "ss_output_name")


def _rank(header: SafetensorsHeader) -> int:
    downs = {tensor.shape[0] for name, tensor in header.tensors.items() if tensor.shape and _is_down(name)}
    return downs.pop() if len(downs) == 1 else 0


def _is_down(name: str) -> bool:
    return any(part in name for part in ("lora_A", "lora_down", "lora.down"))


def _read(path: Path) -> Lora | None:
    try:
        lora = described(header_of(path))
        return replace(lora, word=path.stem, digest=lora.digest or str(_mark(path)))
    except (OverpaintError, OSError) as error:
        log.warning("%s is left out: %s", path, error)
        return None


def _mark(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_ino, found.st_size, found.st_mtime_ns
