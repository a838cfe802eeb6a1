"""The lists of GIMP's dialog that the server fills: the ways to do it, and the models for that."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import gi

gi.require_version("Gtk", "3.0")
from fields import Fields, grid, listed, note, show_text  # noqa: E402  # gi wants its versions before
from gi.repository import Gimp, Gtk  # noqa: E402
from layer_list import LayerList  # noqa: E402
from settings import COMBINING, EXTRAS, READING, REFERENCES, Kind  # noqa: E402

from server.client import roles  # noqa: E402
from server.client.combining import Combining  # noqa: E402
from server.client.translation import tr  # noqa: E402
from server.wire.messages import Welcome  # noqa: E402
from server.wire.offers import Answers, MethodOffer, PresetOffer  # noqa: E402

ALWAYS_SHOWN = ("method", "preset", READING.name)
"""Rows that belong to no method."""


class Choices:
    """``changed`` is called when another way is taken. What is chosen stands in ``config``; empty: *Automatic*."""

    def __init__(
        self,
        config: Gimp.ProcedureConfig,
        kind: Kind,
        fields: Fields,
        layers: LayerList,
        changed: Callable[[], object],
    ) -> None:
        self._config, self._kind, self._fields, self._changed = config, kind, fields, changed
        self._welcome: Welcome | None = None
        names = ("method", "preset", "model")
        self._lists = {name: Gtk.ListStore(str, str) for name in names}
        self._purposes = {name: note(dim=True) for name in names if name != "model"}
        self.grid = grid()
        for at, name in enumerate(names):
            fields.choose(self.grid, 2 * at, name, self._lists[name])
            if name in self._purposes:
                self.grid.attach(self._purposes[name], 1, 2 * at + 1, 1, 1)
        self._no_model = note()
        self._no_model.set_selectable(True)
        self.grid.attach(self._no_model, 1, 2 * len(names) - 1, 1, 1)
        if kind.selects:
            fields.choose(self.grid, 2 * len(names), COMBINING.name, listed(Combining))
        fields.attach(self.grid, 2 * len(names) + 1, REFERENCES, layers.widget, layers.list)
        config.connect("notify::model", lambda *_: self._model_changed())
        config.connect("notify::method", lambda *_: self._method_changed())
        config.connect("notify::preset", lambda *_: self._explain("preset", self._presets))

    def offer(self, welcome: Welcome | None) -> None:
        """Fill the lists with what there is; a choice of last time that is no longer there becomes *Automatic*."""
        self._welcome = welcome
        self._fill("method", [(offer.name, tr(offer.title)) for offer in self._suitable])
        self._show("method", len(self._suitable) > 1)
        self._method_changed()

    @property
    def method(self) -> MethodOffer | None:
        """What will do it, as far as that is known."""
        named = [offer for offer in self._suitable if offer.name == self._config.get_property("method")]
        return next(iter(named or self._suitable), None)

    @property
    def looks(self) -> bool:
        """Whether what will do it looks at further layers."""
        model = self._config.get_property("model") or ""
        return self.method is not None and self.method.takes_references(model)

    @property
    def explores(self) -> bool:
        """Whether a slider of edit strengths follows."""
        return roles.explores(*self._method_of())

    @property
    def estimates(self) -> bool:
        """Whether it can be said beforehand how long it takes."""
        return roles.estimates(*self._method_of())

    def _method_of(self) -> tuple[str, tuple[MethodOffer, ...]]:
        """The name of what will do it, and what is offered."""
        offers = self._welcome.methods if self._welcome is not None else ()
        chosen = self._config.get_property("method") or roles.best(self._kind.role, offers)
        return self.method.name if self.method is not None else chosen, offers

    @property
    def _suitable(self) -> list[MethodOffer]:
        """What it is chosen from, the best first; nothing before the server has answered."""
        offers = roles.suitable(self._kind.role, self._welcome.methods) if self._welcome is not None else []
        return [offer for offer in offers if self._kind.method in ("", offer.name)]

    @property
    def _presets(self) -> Sequence[PresetOffer]:
        return self.method.presets if self.method is not None else ()

    def _method_changed(self) -> None:
        self._fit()
        self._explain("method", self._suitable)
        self._fill("preset", [(preset.name, tr(preset.title)) for preset in self._presets])
        self._show("preset", len(self._presets) > 1)
        self._explain("preset", self._presets)
        self._offer_models()
        self._changed()

    def _model_changed(self) -> None:
        self._show(REFERENCES, self.looks)
        self._changed()

    def _explain(self, name: str, offered: Sequence[MethodOffer | PresetOffer]) -> None:
        """The purpose of what is chosen, below its list."""
        taken = [each for each in offered if each.name == self._config.get_property(name)]
        if name in self._purposes:
            show_text(self._purposes[name], tr(taken[0].purpose) if taken else "")

    def _offer_models(self) -> None:
        """Those of the method that is chosen; while none is, those of all that may do it."""
        chosen = self._config.get_property("method")
        offers = [self.method] if chosen and self.method is not None else self._suitable
        known = {model.name: model.title for model in self._welcome.models} if self._welcome is not None else {}
        names = dict.fromkeys(name for offer in offers for name in offer.models)
        self._fill("model", [(name, known.get(name, name)) for name in names])
        ready = self._welcome is None or any(offer.ready for offer in offers)
        missing = f"{tr('No model for this is installed yet.')} {tr('See what there is with: overpaint models list')}"
        show_text(self._no_model, "" if ready else missing)

    def _fill(self, name: str, entries: list[tuple[str, str]]) -> None:
        chosen = self._config.get_property(name) or ""
        rows = self._lists[name]
        rows.clear()
        rows.append(["", tr("Automatic")])
        for entry in entries:
            rows.append(list(entry))
        kept = chosen if self._welcome is None or chosen in dict(entries) else ""
        self._config.set_property(name, kept)

    def _show(self, name: str, shown: bool) -> None:
        for widget in self._fields.rows[name]:
            widget.set_visible(shown)

    def _fit(self) -> None:
        """Shows the settings that the method reads, and no others; all of them while that is not known. What a slider
        asks for afterwards is not asked for before."""
        method = self.method
        elsewhere = roles.ON_THE_SLIDER if self.explores else ()
        for name in self._fields.rows:
            if name in ALWAYS_SHOWN:
                continue
            used = self.looks if name == REFERENCES else method is None or _of_use(name, method)
            self._show(name, used and name not in elsewhere)
        if method is not None and method.own:
            told = "; ".join(f"{own.name}: {tr(own.tip)}" for own in method.own)
            self._fields.rows[EXTRAS.name][1].set_tooltip_text(told)


def _of_use(name: str, method: MethodOffer) -> bool:
    """Whether ``method`` does anything with the row ``name``."""
    if name == COMBINING.name:
        return method.answers is Answers.SELECTION
    if name == EXTRAS.name:
        return bool(method.own)
    if name == "model":
        return bool(method.models) or not method.ready
    return name in method.settings or any(own.name == name for own in method.own)
