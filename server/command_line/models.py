"""``overpaint models``: what is installed and what can be had."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from server.models.store.card import Card, line
from server.models.store.catalogue import CATALOGUE, CatalogueEntry
from server.models.store.store import ModelStore
from server.wire.paths import Home
from server.wire.text import printable


def as_json(home: Home) -> dict[str, Any]:
    cards = ModelStore(home.models).cards()
    return {"installed": [_installed(card) for card in cards], "available": [_available(one) for one in _others(cards)]}


def show(home: Home) -> None:
    store = ModelStore(home.models)
    cards = store.cards()
    console = Console()
    rows = [
        (card.name, line(f"{card.title}: {card.good_for}"), line(card.licence), _gb(card.memory_gb)) for card in cards
    ]
    nothing = "No models are installed. Erase works without one."
    console.print(_table("Installed", ("name", "good for", "licence", "memory"), rows) if rows else nothing)
    others = [
        (one.name, f"{one.title}: {one.good_for}", one.licence, _gb(one.download_gb), _gb(one.memory_gb))
        for one in _others(cards)
    ]
    for trouble in store.unreadable():
        console.print(Text(trouble))
    columns = ("name", "good for", "licence", "download", "memory")
    console.print(_table("\nTo be had with “overpaint models pull NAME”", columns, others))


def _table(title: str, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> Table:
    table = Table(*columns, title=title, title_justify="left", box=None)
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))  # as they are: brackets are no markup here
    return table


def _gb(size: float) -> str:
    return f"{size:g} GB"


def _others(cards: tuple[Card, ...]) -> list[CatalogueEntry]:
    names = {card.name for card in cards}
    return [one for one in CATALOGUE if one.name not in names]


def _installed(card: Card) -> dict[str, Any]:
    return {
        "name": card.name,
        "title": card.title,
        "family": card.family,
        "licence": card.licence,
        "good_for": card.good_for,
        "memory_gb": card.memory_gb,
        "source": card.source,
    }


def _available(one: CatalogueEntry) -> dict[str, Any]:
    return {
        "name": one.name,
        "title": one.title,
        "family": one.family,
        "licence": one.licence,
        "good_for": one.good_for,
        "download_gb": one.download_gb,
        "memory_gb": one.memory_gb,
        "gated": one.gated,
    }
