"""A catalogue of translations as people edit it (``.po``), compiled to what gettext reads (``.mo``). Stdlib only: the
installer compiles the catalogues that a plugin carries, and a checkout without compiled ones reads them as they are."""

from __future__ import annotations

import ast
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_MAGIC = 0x950412DE
_HEAD = struct.Struct("<7I")
_AT = struct.Struct("<2I")


@dataclass
class _Entry:
    """texts: what stands behind ``msgid``, ``msgid_plural``, ``msgctxt`` and ``msgstr`` (or ``msgstr[0]`` …)."""

    fuzzy: bool = False
    texts: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """As gettext looks it up."""
        name = "\0".join(self.texts[word] for word in ("msgid", "msgid_plural") if word in self.texts)
        return f"{self.texts['msgctxt']}\x04{name}" if "msgctxt" in self.texts else name

    @property
    def translation(self) -> str:
        return "\0".join(text for word, text in self.texts.items() if word.startswith("msgstr"))


def compile_folder(source: Path, target: Path) -> None:
    """A ``.mo`` in ``target`` for every ``.po`` in ``source``."""
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.glob("*.po")):
        (target / f"{path.stem}.mo").write_bytes(compiled(path.read_text(encoding="utf-8")))


def compiled(text: str) -> bytes:
    """The ``.mo`` of a ``.po``'s ``text``, in the GNU layout (gettext manual, "The Format of GNU MO Files"). Entries
    that are not translated, or marked as fuzzy, are left out, so that their English is shown. Raises ``ValueError`` or
    ``SyntaxError`` for what is no catalogue."""
    messages = {entry.key.encode(): entry.translation.encode() for entry in _entries(text) if _serves(entry)}
    keys = sorted(messages)
    at = _HEAD.size + 2 * _AT.size * len(keys)
    places, data = b"", b""
    for part in (*keys, *(messages[key] for key in keys)):
        places += _AT.pack(len(part), at + len(data))
        data += part + b"\0"
    second = _HEAD.size + _AT.size * len(keys)
    return _HEAD.pack(_MAGIC, 0, len(keys), _HEAD.size, second, 0, at) + places + data


def messages(mo: bytes) -> dict[str, str]:
    """The translation of each text in what ``compiled`` gave."""
    count, keys, translations = struct.unpack_from("<3I", mo, 8)

    def text(table: int, number: int) -> str:
        length, at = _AT.unpack_from(mo, table + _AT.size * number)
        return mo[at : at + length].decode()

    return {text(keys, number): text(translations, number) for number in range(count)}


def _serves(entry: _Entry) -> bool:
    return bool(entry.translation.strip("\0")) and not (entry.fuzzy and entry.key)


def _entries(text: str) -> Iterator[_Entry]:
    for block in re.split(r"\n\s*\n", text):
        entry = _entry(block)
        if entry.texts:
            yield entry


def _entry(block: str) -> _Entry:
    entry, word = _Entry(), ""
    for line in (line.strip() for line in block.splitlines()):
        if line.startswith("#"):
            entry.fuzzy |= line.startswith("#,") and "fuzzy" in line
        elif line.startswith('"'):
            entry.texts[word] += ast.literal_eval(line)
        elif line:
            word, quoted = line.split(maxsplit=1)
            if word in entry.texts:
                raise ValueError(f"no empty line before {line}")
            entry.texts[word] = ast.literal_eval(quoted)
    return entry
