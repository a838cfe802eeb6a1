"""The dialog after a picture has been learned: a preview, a slider for the edit strength, and *Keep*.

Nothing is put into the image but what is kept. The image may change meanwhile; the layer that was learned is not read
again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import gi

gi.require_version("GimpUi", "3.0")
gi.require_version("Gtk", "3.0")
gi.require_version("GdkPixbuf", "2.0")
from answer import new_layer  # noqa: E402  # gi wants its versions before
from canvas.pixels import Preview, preview  # noqa: E402
from canvas.placing import GimpNewLayer, add_layers  # noqa: E402
from gi.repository import GdkPixbuf, Gimp, GimpUi, GLib, Gtk  # noqa: E402
from renders import Renders  # noqa: E402
from request import EditRequest  # noqa: E402
from settings import new_seed  # noqa: E402
from words import label  # noqa: E402

from server.client.explorer import PaintedAnswer  # noqa: E402
from server.client.strengths import HIGHEST, LOWEST, Point  # noqa: E402
from server.client.translation import tr  # noqa: E402
from server.wire.errors import OverpaintError  # noqa: E402
from server.wire.raster import Raster  # noqa: E402

SPACE = 6
POLL_MS = 30
SIDE = 400
"""Of the preview's box, in pixels; smaller pictures are enlarged to it."""

CHECK = 16
LIGHT, DARK = 0xFF999999, 0xFF666666
"""GIMP's own checks behind what is transparent."""

KEEP, ANOTHER = 1, 2


@dataclass(frozen=True)
class KeptLayers:
    """What a person took: the layers in the image, and the edit strength of the last one (None where there is none)."""

    layers: list[Gimp.Layer]
    eta: float | None


def choose(asked: EditRequest, renders: Renders) -> KeptLayers:
    """Returns when the person is done."""
    window = Window(asked, renders)
    watching = GLib.timeout_add(POLL_MS, window.watch)
    window.run()
    GLib.source_remove(watching)
    window.dialog.destroy()
    return KeptLayers(window.kept, window.kept_eta)


class Window:
    """The dialog, and the layers kept so far."""

    def __init__(self, asked: EditRequest, renders: Renders) -> None:
        self._asked, self._renders = asked, renders
        self.kept: list[Gimp.Layer] = []
        self.kept_eta: float | None = None
        self._previews: dict[Point, GdkPixbuf.Pixbuf] = {}
        self._original = _on_checks(self._preview(asked.request.layer, bytes(asked.request.pixels)))
        self._held = False
        self.dialog = self._dialog()
        content = self.dialog.get_content_area()
        content.set_spacing(2 * SPACE)
        content.set_border_width(2 * SPACE)
        for part in (self._picture(), self._comparison(), self._sliders(), self._status_row()):
            content.pack_start(part, False, False, 0)
        content.show_all()
        self._draw()

    def run(self) -> None:
        GimpUi.window_set_transient(self.dialog)
        while (response := self.dialog.run()) in (KEEP, ANOTHER):
            if response == KEEP:
                self._keep()
            else:
                self._another()
            self._draw()

    def watch(self) -> bool:
        """Called by the dialog's loop again and again; True: go on."""
        self._renders.work(time.monotonic())
        self._draw()
        return True

    # --- the parts ---------------------------------------------------------------------------------

    def _dialog(self) -> GimpUi.Dialog:
        dialog = GimpUi.Dialog(title=tr("Edit Strength"), role="overpaint-strength", resizable=False)
        dialog.add_button(tr("_Close"), Gtk.ResponseType.CLOSE)
        dialog.add_button(tr("Another _Variation"), ANOTHER)
        dialog.add_button(tr("_Keep"), KEEP)
        dialog.set_default_response(KEEP)
        return dialog

    def _picture(self) -> Gtk.Widget:
        """Pressing on it shows what was there before."""
        self._image = Gtk.Image()
        self._image.set_size_request(SIDE, SIDE)
        box = Gtk.EventBox(halign=Gtk.Align.CENTER)
        box.set_tooltip_text(tr("Holding the mouse button on the picture does the same"))
        box.connect("button-press-event", lambda *_: self._hold(True))
        box.connect("button-release-event", lambda *_: self._hold(False))
        box.add(self._image)
        return box

    def _comparison(self) -> Gtk.Widget:
        self._before = Gtk.CheckButton(
            label=tr("Show the picture _before"), use_underline=True, halign=Gtk.Align.CENTER
        )
        self._before.set_tooltip_text(tr("Holding the mouse button on the picture does the same"))
        self._before.connect("toggled", lambda _: self._draw())
        return self._before

    def _sliders(self) -> Gtk.Widget:
        grid = Gtk.Grid(row_spacing=SPACE, column_spacing=2 * SPACE)
        self._eta = Gtk.Adjustment(
            value=self._renders.strengths.wanted.eta,
            lower=LOWEST,
            upper=HIGHEST,
            step_increment=0.01,
            page_increment=0.1,
        )
        scale = Gtk.Scale(adjustment=self._eta, digits=2, draw_value=False, hexpand=True)
        for eta in self._renders.strengths.etas(self._renders.strengths.wanted.seed):
            scale.add_mark(eta, Gtk.PositionType.BOTTOM, None)
        number = Gtk.SpinButton(adjustment=self._eta, digits=2, activates_default=True)
        self._attach(grid, 0, "slider", number)
        grid.attach(scale, 1, 0, 1, 1)
        self._number = Gtk.Adjustment(value=1, lower=1, upper=1, step_increment=1, page_increment=1)
        variation = Gtk.SpinButton(adjustment=self._number, activates_default=True)
        self._variation = (self._attach(grid, 1, "variation", variation), variation)
        self._eta.connect("value-changed", lambda _: self._strength_moved())
        self._number.connect("value-changed", lambda _: self._variation_chosen())
        return grid

    def _attach(self, grid: Gtk.Grid, row: int, name: str, field: Gtk.Widget) -> Gtk.Widget:
        beside = Gtk.Label(label=label(name), use_underline=True, xalign=0, mnemonic_widget=field)
        grid.attach(beside, 0, row, 1, 1)
        grid.attach(field, 2, row, 1, 1)
        return beside

    def _status_row(self) -> Gtk.Widget:
        row = Gtk.Box(spacing=SPACE)
        self._status = Gtk.Label(xalign=0, wrap=True, max_width_chars=44)
        self._status.set_size_request(-1, self._status.create_pango_layout("\n").get_pixel_size()[1])
        self._retry = Gtk.Button(label=tr("Try A_gain"), use_underline=True, no_show_all=True)
        self._retry.connect("clicked", lambda _: self._renders.again())
        row.pack_start(self._status, True, True, 0)
        row.pack_end(self._retry, False, False, 0)
        return row

    # --- what a person does ------------------------------------------------------------------------

    def _hold(self, held: bool) -> bool:
        self._held = held
        self._draw()
        return True

    def _strength_moved(self) -> None:
        self._want(Point(self._renders.strengths.wanted.seed, self._eta.get_value()))

    def _variation_chosen(self) -> None:
        self._want(Point(self._renders.strengths.seeds[round(self._number.get_value()) - 1], self._eta.get_value()))

    def _another(self) -> None:
        """The same edit strength with another seed."""
        self._want(Point(new_seed(), self._eta.get_value()))

    def _want(self, point: Point) -> None:
        self._renders.move(point, time.monotonic())
        self._draw()

    def _keep(self) -> None:
        shown = self._renders.strengths.shown
        if shown is None:
            return
        point, painted = shown
        self._renders.keep()
        try:
            self.kept += add_layers(self._asked.source, self._asked.taken, [self._as_layer(point, painted)])
        except OverpaintError as error:
            self._renders.refuse(error)
            return
        self.kept_eta = point.eta
        self._renders.kept(tr("Kept as the layer ‘{name}’.", name=self.kept[-1].get_name()))

    def _as_layer(self, point: Point, painted: PaintedAnswer[None]) -> GimpNewLayer:
        name = self._renders.name_of(point)
        return new_layer(self._asked, painted.finished, painted.index, bytes(painted.data), name)

    # --- what a person sees ------------------------------------------------------------------------

    def _draw(self) -> None:
        """Everything that can have changed, as it is now."""
        strengths = self._renders.strengths
        shown = strengths.shown
        self.dialog.set_response_sensitive(KEEP, shown is not None)
        if self._held or self._before.get_active():
            self._show(self._original)
        elif shown is not None:
            self._show(self._composed(*shown))
        said = self._renders.line or self._renders.note
        if self._status.get_text() != said:
            self._status.set_text(said)
        self._retry.set_visible(self._renders.trouble)
        self._draw_variations(strengths.seeds, strengths.wanted.seed)

    def _draw_variations(self, seeds: tuple[int, ...], wanted: int) -> None:
        for widget in self._variation:
            widget.set_sensitive(len(seeds) > 1)
        if wanted in seeds and self._number.get_upper() != len(seeds):
            self._number.set_upper(len(seeds))
            self._number.set_value(seeds.index(wanted) + 1)

    def _show(self, picture: GdkPixbuf.Pixbuf) -> None:
        if self._image.get_pixbuf() is not picture:
            self._image.set_from_pixbuf(picture)

    def _composed(self, point: Point, painted: PaintedAnswer[None]) -> GdkPixbuf.Pixbuf:
        """The answer on what was there before, as it will lie in the image."""
        if point not in self._previews:
            answer = self._preview(painted.finished.results[painted.index].raster, bytes(painted.data))
            self._previews[point] = _over(answer, self._original)
        return self._previews[point]

    def _preview(self, raster: Raster, data: bytes) -> GdkPixbuf.Pixbuf:
        return _enlarged(preview(self._asked.taken.space, raster, data, SIDE))


def _enlarged(small: Preview) -> GdkPixbuf.Pixbuf:
    data, stride = GLib.Bytes.new(small.data), 4 * small.width
    picture = GdkPixbuf.Pixbuf.new_from_bytes(
        data, GdkPixbuf.Colorspace.RGB, True, 8, small.width, small.height, stride
    )
    scale = SIDE / max(small.width, small.height)
    width, height = max(1, round(small.width * scale)), max(1, round(small.height * scale))
    return picture.scale_simple(width, height, GdkPixbuf.InterpType.BILINEAR)


def _on_checks(picture: GdkPixbuf.Pixbuf) -> GdkPixbuf.Pixbuf:
    size = picture.get_width(), picture.get_height()
    return picture.composite_color_simple(*size, GdkPixbuf.InterpType.NEAREST, 255, CHECK, LIGHT, DARK)


def _over(upper: GdkPixbuf.Pixbuf, lower: GdkPixbuf.Pixbuf) -> GdkPixbuf.Pixbuf:
    """Both of one size."""
    picture, size = lower.copy(), (lower.get_width(), lower.get_height())
    upper.composite(picture, 0, 0, *size, 0, 0, 1, 1, GdkPixbuf.InterpType.NEAREST, 255)
    return picture
