"""Rows of GIMP's dialogs: a label with its letter, and beside it the field of one argument of the procedure."""

from __future__ import annotations

import gi

gi.require_version("GimpUi", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gimp, GimpUi, Gtk  # noqa: E402  # gi wants its versions before
from settings import Argument  # noqa: E402
from words import label  # noqa: E402

from server.client.combining import Combining  # noqa: E402
from server.client.reading import Reading  # noqa: E402
from server.client.translation import tr  # noqa: E402

SPACE = 6
WIDE_CHARS = 44
ID, TITLE = 0, 1
"""Columns of a list to choose from; an empty id is *Automatic*."""

Row = tuple[Gtk.Widget, Gtk.Widget]
"""The label and its field."""


class Fields:
    """Their values stand in ``config``. All labels are equally wide, in whatever grid they are."""

    def __init__(self, config: Gimp.ProcedureConfig) -> None:
        self._config = config
        self._labels = Gtk.SizeGroup(mode=Gtk.SizeGroupMode.HORIZONTAL)
        self.rows: dict[str, Row] = {}

    def attach(self, to: Gtk.Grid, at: int, name: str, widget: Gtk.Widget, focus: Gtk.Widget | None = None) -> Row:
        """A row of the grid ``to``, at the place ``at``. focus: what in ``widget`` the keyboard goes to."""
        beside = Gtk.Label(label=label(name), use_underline=True, xalign=0, mnemonic_widget=focus or widget)
        self._labels.add_widget(beside)
        widget.set_hexpand(True)
        for one in (beside, widget):
            one.set_tooltip_text(label(f"{name}-tip"))
        to.attach(beside, 0, at, 1, 1)
        to.attach(widget, 1, at, 1, 1)
        self.rows[name] = beside, widget
        return beside, widget

    def choose(self, to: Gtk.Grid, at: int, name: str, entries: Gtk.ListStore) -> Row:
        """A list to choose from, with the columns ``ID`` and ``TITLE``."""
        return self.attach(to, at, name, GimpUi.prop_string_combo_box_new(self._config, name, entries, ID, TITLE))

    def all_of(self, arguments: list[Argument]) -> Gtk.Grid:
        """A row for each."""
        made = grid()
        for at, argument in enumerate(arguments):
            text = isinstance(argument.default, str)
            widget = GimpUi.prop_entry_new(self._config, argument.name, -1) if text else self._spin(argument)
            widget.set_activates_default(True)
            self.attach(made, at, argument.name, widget)
        return made

    def _spin(self, argument: Argument) -> Gtk.SpinButton:
        digits = 2 if isinstance(argument.default, float) else 0
        spin = GimpUi.prop_spin_button_new(self._config, argument.name, argument.step, 10 * argument.step, digits)
        spin.set_range(argument.low, argument.high)
        if argument.low < 0:
            _name_the_lowest(spin, tr("New each time") if argument.name == "seed" else tr("Automatic"))
        return spin


def listed(choices: type[Reading] | type[Combining]) -> Gtk.ListStore:
    """All ``choices``, for ``Fields.choose``."""
    rows = Gtk.ListStore(str, str)
    for each in choices:
        rows.append([each.value, each.label])
    return rows


def grid() -> Gtk.Grid:
    return Gtk.Grid(row_spacing=SPACE, column_spacing=2 * SPACE)


def note(*, dim: bool = False, width: int = WIDE_CHARS) -> Gtk.Label:
    """A sentence that wraps, hidden until it has something to say."""
    made = Gtk.Label(xalign=0, wrap=True, max_width_chars=width, no_show_all=True)
    if dim:
        made.get_style_context().add_class("dim-label")
    return made


def show_text(shown: Gtk.Label, text: str) -> None:
    """``text`` in a ``note``, which is hidden where that is empty."""
    shown.set_text(text)
    shown.set_visible(bool(text))


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
