"""The lists of GIMP's dialog that the server fills: the ways to do it, and the models for that."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import gi

gi.require_version("Gtk", "3.0")
from fields import Fields, grid, listed, note, say  # noqa: E402  # gi wants its versions before
from gi.repository import Gimp, Gtk  # noqa: E402
from settings import COMBINING, EXTRAS, READING, Kind  # noqa: E402

from server.client import roles  # noqa: E402
from server.client.combining import Combining  # noqa: E402
from server.client.translation import tr  # noqa: E402
from server.wire.messages import Welcome  # noqa: E402
from server.wire.offers import Answers, MethodOffer, PresetOffer  # noqa: E402

ALWAYS_SHOWN = ("method", "preset", READING.name)
"""Rows that belong to no method."""


class Choices:
    """``changed`` is called when another way is taken. What is chosen stands in ``config``; empty: *Automatic*."""

    def __init__(self, config: Gimp.ProcedureConfig, kind: Kind, fields: Fields, changed: Callable[[], object]) -> None:
        self._config, self._kind, self._fields, self._changed = config, kind, fields, changed
        self._welcome: Welcome | None = None
        self._way = "preset" if kind.learns else "method"
        self._lists = {name: Gtk.ListStore(str, str) for name in (self._way, "model")}
        self.grid = grid()
        self._way_row = fields.choose(self.grid, 0, self._way, self._lists[self._way])
        self._purpose = note(dim=True)
        self.grid.attach(self._purpose, 1, 1, 1, 1)
        fields.choose(self.grid, 2, "model", self._lists["model"])
        self._no_model = note()
        self._no_model.set_selectable(True)
        self.grid.attach(self._no_model, 1, 3, 1, 1)
        if kind is Kind.SELECT:
            fields.choose(self.grid, 4, COMBINING.name, listed(Combining))
        config.connect(f"notify::{self._way}", lambda *_: self._way_changed())

    def offer(self, welcome: Welcome | None) -> None:
        """Fill the lists with what there is; a choice of last time that is no longer there becomes *Automatic*."""
        self._welcome = welcome
        ways = self._ways()
        self._fill(self._way, [(way.name, tr(way.title)) for way in ways])
        for widget in self._way_row:
            widget.set_visible(len(ways) > 1)
        self._offer_models()
        self._way_changed()

    @property
    def offers(self) -> tuple[MethodOffer, ...]:
        """All that the server has; none before it has answered."""
        return self._welcome.methods if self._welcome is not None else ()

    @property
    def method(self) -> MethodOffer | None:
        """What will do it, as far as that is known."""
        return next(iter(self._chosen()), None)

    def _chosen(self) -> list[MethodOffer]:
        """What it is chosen from, the best first."""
        suitable = roles.suitable(self._kind.role, self.offers)
        if self._kind.learns:
            return suitable[:1]
        return [offer for offer in suitable if offer.name == self._config.get_property("method")] or suitable

    def _ways(self) -> Sequence[MethodOffer | PresetOffer]:
        """What the first list has: the methods, or how the one that learns can do it."""
        suitable = roles.suitable(self._kind.role, self.offers)
        return suitable[0].presets if self._kind.learns and suitable else suitable

    def _offer_models(self) -> None:
        known = {model.name: model.title for model in self._welcome.models} if self._welcome is not None else {}
        names = dict.fromkeys(name for offer in self._chosen() for name in offer.models)
        self._fill("model", [(name, known.get(name, name)) for name in names])
        ready = self._welcome is None or any(offer.ready for offer in self._chosen())
        missing = f"{tr('No model for this is installed yet.')} {tr('See what there is with: overpaint models list')}"
        say(self._no_model, "" if ready else missing)

    def _fill(self, name: str, entries: list[tuple[str, str]]) -> None:
        chosen = self._config.get_property(name) or ""
        rows = self._lists[name]
        rows.clear()
        rows.append(["", tr("Automatic")])
        for entry in entries:
            rows.append(list(entry))
        kept = chosen if self._welcome is None or chosen in dict(entries) else ""
        self._config.set_property(name, kept)

    def _way_changed(self) -> None:
        self._fit()
        taken = [way for way in self._ways() if way.name == self._config.get_property(self._way)]
        say(self._purpose, tr(taken[0].purpose) if taken else "")
        self._changed()

    def _fit(self) -> None:
        """Shows the settings that the method reads, and no others; all of them while that is not known."""
        method = self.method
        for name, row in self._fields.rows.items():
            if name in ALWAYS_SHOWN:
                continue
            shown = method is None or _of_use(name, method)
            for widget in row:
                widget.set_visible(shown)
        if method is not None and method.own:
            told = "; ".join(f"{own.name}: {tr(own.tip)}" for own in method.own)
            self._fields.rows[EXTRAS.name][1].set_tooltip_text(told)


def _of_use(name: str, method: MethodOffer) -> bool:
    """Whether ``method`` does anything with the row ``name``."""
    if name == COMBINING.name:
        return method.answers is Answers.SELECTION
    if name == EXTRAS.name:
        return bool(method.own)
    return bool(method.models) or not method.ready if name == "model" else name in method.settings
