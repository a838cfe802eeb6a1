"""GIMP's own procedure dialog for our arguments: what to paint first, the rest folded away, one line about the server.

It opens at once. The server is looked for (and started) meanwhile, and what it offers fills the lists when it answers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import gi

gi.require_version("GimpUi", "3.0")
gi.require_version("Gtk", "3.0")
from canvas.source import GimpSource  # noqa: E402
from estimate import PolledEstimate  # noqa: E402
from gi.repository import Gimp, GimpUi, GLib, Gtk  # noqa: E402  # gi wants its versions before
from methods import suitable, with_method  # noqa: E402
from server_link import ServerLink  # noqa: E402
from settings import EXTRAS, READING, Argument, Kind, arguments, reading, recipe, values  # noqa: E402
from task import order  # noqa: E402
from words import label  # noqa: E402

from server.client.events import Event  # noqa: E402
from server.client.reading import Reading  # noqa: E402
from server.client.submission import Submission  # noqa: E402
from server.client.translation import tr  # noqa: E402
from server.client.wording import sentence, server_line  # noqa: E402
from server.wire.errors import Code, OverpaintError  # noqa: E402
from server.wire.messages import Welcome  # noqa: E402
from server.wire.offers import MethodOffer, PresetOffer  # noqa: E402

WIDTH = 460
SPACE = 6
POLL_MS = 50
ID, TITLE = 0, 1
"""Columns of a list to choose from; an empty id is *Automatic*."""

SHOWN_ABOVE = ("prompt", "method", "preset", "model", "eta", "reading")
"""Not among the settings that unfold."""

IN_THE_OTHER_DIALOG = ("eta", "variations")
"""For a kind that learns: what is chosen after that."""

ESTIMATE_CROP = ("reading", "grow", "feather")
"""What is sent depends on these."""

ESTIMATE_NEEDS = ("prompt", "preset", "model", *ESTIMATE_CROP)
"""What learning takes may depend on these."""

Aim = Callable[[Reading], GimpSource]
"""What to start from when so much is read; raises ``OverpaintError`` where there is nothing to work on."""


def ask(procedure: Gimp.Procedure, config: Gimp.ProcedureConfig, kind: Kind, aim: Aim, line: ServerLink) -> None:
    """Lets a person fill in ``config``. Raises ``OverpaintError``: cancelled when the person does not want to, or why
    there is nothing to work on, whatever is read."""
    matters = [matter for each in Reading if (matter := _matter(aim, each)) is not None]
    if len(matters) == len(Reading):
        raise matters[0]
    GimpUi.init("overpaint")
    dialog = GimpUi.ProcedureDialog.new(procedure, config, label(f"title-{kind.value}"))
    dialog.set_ok_label(label(f"button-{kind.value}"))
    form = DialogForm(dialog, config, kind, aim, line)
    watching = GLib.timeout_add(POLL_MS, form.watch)
    wanted = dialog.run()
    GLib.source_remove(watching)
    dialog.destroy()
    if not wanted:
        raise OverpaintError(Code.CANCELLED, tr("Cancelled."))


def _matter(aim: Aim, reading: Reading) -> OverpaintError | None:
    """Why there is nothing to work on."""
    try:
        aim(reading)
    except OverpaintError as error:
        return error
    return None


class DialogForm:
    """What stands in the dialog."""

    def __init__(
        self,
        dialog: GimpUi.ProcedureDialog,
        config: Gimp.ProcedureConfig,
        kind: Kind,
        aim: Aim,
        line: ServerLink,
    ) -> None:
        self._dialog, self._config, self._kind, self._aim, self._line = dialog, config, kind, aim, line
        self._asked: tuple[tuple[object, ...], Submission] | None = None
        self._arguments = [
            argument for argument in arguments(kind) if not kind.learns or argument.name not in IN_THE_OTHER_DIALOG
        ]
        self._welcome: Welcome | None = None
        self._labels = Gtk.SizeGroup(mode=Gtk.SizeGroupMode.HORIZONTAL)
        self._rows: dict[str, tuple[Gtk.Widget, Gtk.Widget]] = {}
        self._way = "preset" if kind.learns else "method"
        self._lists = {name: Gtk.ListStore(str, str) for name in (self._way, "model")}
        content = dialog.get_content_area()
        content.set_spacing(2 * SPACE)
        parts = [self._server_row(), self._prompt_row(), self._reading_row(), self._choices(), self._folded()]
        if kind.learns:
            parts.append(self._estimate_row())
        for part in parts:
            content.pack_start(part, False, False, 0)
        content.show_all()
        dialog.set_default_size(WIDTH, -1)
        self._reading_changed()
        self._offer(None)
        self._seek()

    # --- the parts ---------------------------------------------------------------------------------

    def _server_row(self) -> Gtk.Widget:
        row = Gtk.Box(spacing=SPACE)
        self._server = Gtk.Label(label=server_line(None), xalign=0, wrap=True, max_width_chars=50)
        self._server.get_style_context().add_class("dim-label")
        self._retry = Gtk.Button(label=tr("Try again"), no_show_all=True)
        self._retry.connect("clicked", lambda _: self._seek())
        row.pack_start(self._server, True, True, 0)
        row.pack_end(self._retry, False, False, 0)
        return row

    def _prompt_row(self) -> Gtk.Widget:
        box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=SPACE)
        entry = GimpUi.prop_entry_new(self._config, "prompt", -1)
        entry.set_activates_default(True)
        entry.set_placeholder_text(label(f"{self._kind.question}-tip"))
        above = Gtk.Label(label=label(self._kind.question), use_underline=True, xalign=0, mnemonic_widget=entry)
        entry.connect("changed", self._words_changed)
        self._entry = entry
        box.pack_start(above, False, False, 0)
        box.pack_start(entry, False, False, 0)
        return box

    def _reading_row(self) -> Gtk.Widget:
        """What is read; below it why that cannot be, where it cannot."""
        grid = _grid()
        rows = Gtk.ListStore(str, str)
        for each in Reading:
            rows.append([each.value, each.label])
        combo = GimpUi.prop_string_combo_box_new(self._config, READING.name, rows, ID, TITLE)
        self._attach(grid, 0, READING.name, combo)
        self._trouble = Gtk.Label(xalign=0, wrap=True, max_width_chars=44, no_show_all=True)
        grid.attach(self._trouble, 1, 1, 1, 1)
        self._config.connect(f"notify::{READING.name}", lambda *_: self._reading_changed())
        return grid

    def _choices(self) -> Gtk.Widget:
        """The lists that the server fills."""
        self._grid = _grid()
        self._purpose = Gtk.Label(xalign=0, wrap=True, max_width_chars=44, no_show_all=True)
        self._purpose.get_style_context().add_class("dim-label")
        self._way_row = self._list(self._way, 0)
        self._grid.attach(self._purpose, 1, 1, 1, 1)
        self._list("model", 2)
        self._no_model = Gtk.Label(xalign=0, wrap=True, max_width_chars=44, no_show_all=True, selectable=True)
        self._no_model.set_text(
            f"{tr('No model for this is installed yet.')} {tr('See what there is with: overpaint models list')}"
        )
        self._grid.attach(self._no_model, 1, 3, 1, 1)
        self._config.connect(f"notify::{self._way}", lambda *_: self._way_changed())
        return self._grid

    def _list(self, name: str, row: int) -> tuple[Gtk.Widget, Gtk.Widget]:
        combo = GimpUi.prop_string_combo_box_new(self._config, name, self._lists[name], ID, TITLE)
        return self._attach(self._grid, row, name, combo)

    def _folded(self) -> Gtk.Widget:
        plain = [argument for argument in self._arguments if argument.name not in SHOWN_ABOVE]
        first = [argument for argument in plain if not argument.folded]
        grid = self._settings(first)
        more = self._expander("more-settings", self._settings([argument for argument in plain if argument.folded]))
        grid.attach(more, 0, len(first), 2, 1)
        return self._expander("settings", grid)

    def _expander(self, name: str, inside: Gtk.Widget) -> Gtk.Expander:
        expander = Gtk.Expander(label=label(name), use_underline=True)
        inside.set_margin_top(SPACE)
        expander.add(inside)
        # GIMP's dialogs grow with what unfolds in them, but do not shrink again.
        expander.connect("notify::expanded", lambda *_: self._dialog.resize(WIDTH, 1))
        return expander

    def _settings(self, arguments: list[Argument]) -> Gtk.Grid:
        grid = _grid()
        for row, argument in enumerate(arguments):
            text = isinstance(argument.default, str)
            widget = GimpUi.prop_entry_new(self._config, argument.name, -1) if text else self._spin(argument)
            widget.set_activates_default(True)
            self._rows[argument.name] = self._attach(grid, row, argument.name, widget)
        return grid

    def _spin(self, argument: Argument) -> Gtk.SpinButton:
        digits = 2 if isinstance(argument.default, float) else 0
        spin = GimpUi.prop_spin_button_new(self._config, argument.name, argument.step, 10 * argument.step, digits)
        spin.set_range(argument.low, argument.high)
        if argument.low < 0:
            _name_the_lowest(spin, tr("New each time") if argument.name == "seed" else tr("Automatic"))
        return spin

    def _attach(self, grid: Gtk.Grid, row: int, name: str, widget: Gtk.Widget) -> tuple[Gtk.Widget, Gtk.Widget]:
        beside = Gtk.Label(label=label(name), use_underline=True, xalign=0, mnemonic_widget=widget)
        self._labels.add_widget(beside)
        widget.set_hexpand(True)
        for one in (beside, widget):
            one.set_tooltip_text(label(f"{name}-tip"))
        grid.attach(beside, 0, row, 1, 1)
        grid.attach(widget, 1, row, 1, 1)
        return beside, widget

    def _estimate_row(self) -> Gtk.Widget:
        """How long it will take. The line keeps the room of two, so that nothing moves when the answer comes."""
        self._estimate = PolledEstimate(self._line, self._request)
        self._estimate_label = Gtk.Label(label=self._estimate.text, xalign=0, yalign=0, wrap=True, max_width_chars=50)
        height = self._estimate_label.create_pango_layout("\n").get_pixel_size()[1]
        self._estimate_label.set_size_request(-1, height)
        for name in ESTIMATE_NEEDS:
            self._config.connect(f"notify::{name}", lambda *_: self._want_estimate())
        self._want_estimate()
        return self._estimate_label

    def _want_estimate(self) -> None:
        given = values(self._config, self._kind)
        words = str(given["prompt"] or "").strip()
        self._estimate.want(tuple(given[name] for name in ESTIMATE_NEEDS) if words else None, time.monotonic())

    def _request(self) -> Submission:
        """What would be sent now."""
        given = values(self._config, self._kind)
        wanted = recipe(given)
        assert self._welcome is not None
        wanted, key = with_method(self._kind, wanted, self._welcome), tuple(given[name] for name in ESTIMATE_CROP)
        if self._asked is None or self._asked[0] != key:  # to read may take a moment, and words change nothing of it
            source = self._aim(reading(given))
            self._asked = key, order(self._kind, source, wanted, self._welcome).request
        return replace(self._asked[1], recipe=wanted)

    # --- what the server says -----------------------------------------------------------------------

    def _seek(self) -> None:
        self._retry.hide()
        self._lost = False
        self._line.link.open()

    def watch(self) -> bool:
        """Called by the dialog's loop again and again; True: go on."""
        if self._lost:
            return True
        try:
            heard = self._line.listen(wait=0, budget=0.005)
        except OverpaintError as error:
            self._lost = True
            self._server.set_text(sentence(error))
            self._retry.show()
            return True
        if self._line.welcome is not self._welcome:
            self._welcome = self._line.welcome
            self._offer(self._welcome)
        if self._kind.learns:
            self._show_estimate(heard)
        return True

    def _show_estimate(self, heard: list[Event]) -> None:
        for event in heard:
            self._estimate.hear(event)
        self._estimate.ask(time.monotonic())
        if self._estimate_label.get_text() != self._estimate.text:
            self._estimate_label.set_text(self._estimate.text)

    def _offer(self, welcome: Welcome | None) -> None:
        """Fill the lists with what there is; a choice of last time that is no longer there becomes *Automatic*."""
        self._server.set_text(server_line(welcome))
        ways = self._ways()
        self._fill(self._way, [(way.name, tr(way.title)) for way in ways])
        for widget in self._way_row:
            widget.set_visible(len(ways) > 1)
        self._offer_models()
        self._way_changed()

    def _ways(self) -> Sequence[MethodOffer | PresetOffer]:
        """What the first list has: the methods, or how the one that learns can do it."""
        offers = suitable(self._kind, self._welcome) if self._welcome is not None else []
        return offers[0].presets if self._kind.learns and offers else offers

    def _offer_models(self) -> None:
        known = {model.name: model.title for model in self._welcome.models} if self._welcome is not None else {}
        names = dict.fromkeys(name for offer in self._chosen_offers() for name in offer.models)
        self._fill("model", [(name, known.get(name, name)) for name in names])
        ready = any(offer.ready for offer in self._chosen_offers())
        self._no_model.set_visible(self._welcome is not None and not ready)

    def _fill(self, name: str, entries: list[tuple[str, str]]) -> None:
        chosen = self._config.get_property(name) or ""
        rows = self._lists[name]
        rows.clear()
        rows.append(["", tr("Automatic")])
        for entry in entries:
            rows.append(list(entry))
        kept = chosen if self._welcome is None or chosen in dict(entries) else ""
        self._config.set_property(name, kept)

    def _chosen_offers(self) -> list[MethodOffer]:
        offers = suitable(self._kind, self._welcome) if self._welcome is not None else []
        if self._kind.learns:
            return offers[:1]
        chosen = [offer for offer in offers if offer.name == self._config.get_property("method")]
        return chosen or offers

    def _fit(self) -> None:
        """Shows the settings that the method reads, and no others; all of them while that is not known."""
        offers = self._chosen_offers()[:1]
        for name, widgets in self._rows.items():
            shown = not offers or name in offers[0].settings or (name == EXTRAS.name and bool(offers[0].own))
            for widget in widgets:
                widget.set_visible(shown)
        if offers and offers[0].own:
            told = "; ".join(f"{own.name}: {tr(own.tip)}" for own in offers[0].own)
            self._rows[EXTRAS.name][1].set_tooltip_text(told)

    def _way_changed(self) -> None:
        self._fit()
        chosen = [way for way in self._ways() if way.name == self._config.get_property(self._way)]
        self._purpose.set_text(tr(chosen[0].purpose) if chosen else "")
        self._purpose.set_visible(bool(chosen))

    def _reading_changed(self) -> None:
        matter = _matter(self._aim, reading(values(self._config, self._kind)))
        self._ready = matter is None
        self._trouble.set_text(sentence(matter) if matter is not None else "")
        self._trouble.set_visible(matter is not None)
        self._words_changed(self._entry)

    def _words_changed(self, entry: Gtk.Entry) -> None:
        wanted = self._ready and bool(entry.get_text().strip())
        self._dialog.set_response_sensitive(Gtk.ResponseType.OK, wanted)


def _grid() -> Gtk.Grid:
    return Gtk.Grid(row_spacing=SPACE, column_spacing=2 * SPACE)


def _name_the_lowest(spin: Gtk.SpinButton, words: str) -> None:
    """Show ``words`` in place of the lowest value, -1, and step from it to 0 at once."""
    last = [spin.get_value()]

    def leap(button: Gtk.SpinButton) -> None:
        value = button.get_value()
        if -1 < value < 0:
            button.set_value(0 if value > last[0] else -1)
        last[0] = button.get_value()

    def show(button: Gtk.SpinButton) -> bool:
        if button.get_value() >= 0:
            return False
        button.set_text(words)
        return True

    # What is not a number leaves the value as it is; otherwise our words would be read as 0.
    spin.set_update_policy(Gtk.SpinButtonUpdatePolicy.IF_VALID)
    spin.set_numeric(False)
    spin.connect("value-changed", leap)
    spin.connect("output", show)
    spin.update()
