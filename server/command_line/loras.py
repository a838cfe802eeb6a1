"""``overpaint loras``: what was taught or imported as a word."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from server.models.families.families import FAMILIES
from server.models.store.loras import Lora, LoraStore
from server.wire.paths import Home
from server.wire.text import printable

_COLUMNS = ("word", "what", "for", "shown as", "from", "licence")


def as_json(home: Home) -> dict[str, Any]:
    return {"loras": [_plain(lora) for lora in LoraStore(home.loras).all()]}


def show(home: Home) -> None:
    table = Table(*_COLUMNS, box=None)
    found = LoraStore(home.loras).all()
    for lora in found:
        where = lora.source or "taught here"
        cells = (lora.word, lora.kind.value, _title(lora.family), lora.phrase, where, lora.licence)
        table.add_row(*(Text(printable(cell)) for cell in cells))  # as they are: brackets are no markup here
    nothing = "No words are taught. “overpaint edit --role teach --prompt "
    Console().print(table if found else Text(f"{nothing}'rex, a dog'” teaches one from a picture."))


def _title(family: str) -> str:
    return next((known.title for known in FAMILIES if known.name == family), family)


def _plain(lora: Lora) -> dict[str, Any]:
    return {
        "word": lora.word,
        "kind": lora.kind.value,
        "phrase": lora.phrase,
        "meaning": lora.meaning,
        "family": lora.family,
        "rank": lora.rank,
        "title": lora.title,
        "licence": lora.licence,
        "source": lora.source,
        "file": str(lora.path),
    }
