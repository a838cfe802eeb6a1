"""The menu below the button's arrow: every method that the server has."""

from __future__ import annotations

from collections.abc import Callable

from . import canvas
from .qt import QMenu
from .server.client.roles import FORMS, asks_first
from .server.client.translation import tr
from .server.wire.offers import MethodOffer, Role

USUAL = tuple(
    MethodOffer(FORMS[role].usual, FORMS[role].title, "", role, FORMS[role].needs)
    for role in (Role.REPLACE, Role.ERASE)
)
"""What a menu shows before the server has said what it has."""


def fill_menu(
    menu: QMenu,
    offers: tuple[MethodOffer, ...],
    words: bool,
    *,
    ask: Callable[[str], None],
    run: Callable[[str], None],
) -> None:
    """``words``: whether there are any. ``ask`` and ``run`` are given the name of the method that was chosen."""
    menu.clear()
    for offer in offers or USUAL:
        title, purpose = tr(offer.title), tr(offer.purpose).rstrip(".。")
        action = menu.addAction(f"{title} — {purpose}" if purpose else title)
        possible = (canvas.has_selection() or not offer.needs_selection) and (words or not offer.needs_prompt)
        action.setEnabled(offer.ready and (possible or asks_first(offer.name, offers)))
        # What takes long is not begun before it was said how long.
        does = ask if asks_first(offer.name, offers) else run
        action.triggered.connect(lambda _checked=False, name=offer.name, does=does: does(name))
