"""``overpaint methods``: what the server can do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from server.command_line.connecting import connect
from server.command_line.lines import plain
from server.wire.offers import MethodOffer
from server.wire.paths import Home
from server.wire.setting import Setting


def offered(home: Home) -> tuple[MethodOffer, ...]:
    """Raises ``OverpaintError`` where no server answers."""
    with connect(home) as client:
        return client.hello().methods


def as_json(home: Home) -> dict[str, Any]:
    return {"methods": [plain(offer) for offer in offered(home)]}


def listed(home: Home) -> Iterator[str]:
    for offer in offered(home):
        state = "" if offer.ready else "  (no model for it is installed)"
        yield f"{offer.name:14} {offer.role.value:9} {offer.title}: {offer.purpose}{state}"
        yield f"{'':24} reads {', '.join(offer.settings) or 'no settings'}"
        yield from (f"{'':24} --set {_described(setting)}" for setting in offer.own)


def _described(setting: Setting) -> str:
    choices = f" ({', '.join(setting.choices)})" if setting.choices else ""
    among = f" ({setting.range})" if setting.range is not None else choices
    return f"{setting.name}=…  {setting.tip}{among}"
