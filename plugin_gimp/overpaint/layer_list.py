"""The layers of the image in a dialog, each with a box to tick: those are looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import gi

gi.require_version("Gtk", "3.0")
from canvas import references  # noqa: E402  # gi wants its versions before
from gi.repository import Gimp, Gtk  # noqa: E402
from settings import REFERENCES  # noqa: E402

TICKED, NAME = 0, 1
HIGHEST = 120
"""Pixels; further layers are scrolled to."""


class LayerList:
    """``widget`` is what is shown, ``list`` what the keyboard goes to. What is ticked stands in ``config``."""

    def __init__(
        self, config: Gimp.ProcedureConfig, layers: Iterable[Gimp.Layer], changed: Callable[[], object]
    ) -> None:
        self._config, self._layers, self._changed = config, list(layers), changed
        self._rows = Gtk.ListStore(bool, str)
        for layer in self._layers:
            self._rows.append([False, layer.get_name()])
        self._follow()
        config.connect(f"notify::{REFERENCES}", lambda *_: self._follow())
        self.list = Gtk.TreeView(model=self._rows, headers_visible=False, search_column=NAME)
        tick = Gtk.CellRendererToggle()
        tick.connect("toggled", lambda _, path: self._toggle(path))
        self.list.connect("row-activated", lambda _, path, __: self._toggle(path))
        self.list.append_column(Gtk.TreeViewColumn("", tick, active=TICKED))
        self.list.append_column(Gtk.TreeViewColumn("", Gtk.CellRendererText(), text=NAME))
        self.widget = Gtk.ScrolledWindow(hscrollbar_policy=Gtk.PolicyType.NEVER, shadow_type=Gtk.ShadowType.IN)
        self.widget.set_propagate_natural_height(True)
        self.widget.set_max_content_height(HIGHEST)
        self.widget.add(self.list)

    @property
    def chosen(self) -> tuple[Gimp.Layer, ...]:
        return tuple(layer for layer, row in zip(self._layers, self._rows, strict=True) if row[TICKED])

    def _toggle(self, path: str | Gtk.TreePath) -> None:
        self._rows[path][TICKED] = not self._rows[path][TICKED]
        self._config.set_core_object_array(REFERENCES, list(self.chosen))
        self._changed()

    def _follow(self) -> None:
        """What stands in ``config`` is ticked: at first, and after *Reset*."""
        wanted = references.layers_in(self._config, REFERENCES)
        for layer, row in zip(self._layers, self._rows, strict=True):
            row[TICKED] = layer in wanted
