"""GIMP's own procedure dialog for our arguments: what to paint first, the rest folded away, one line about the server.

It opens at once. The server is looked for (and started) meanwhile, and what it offers fills the lists when it answers.
"""

from __future__ import annotations

import time
from dataclasses import replace

import gi

gi.require_version("GimpUi", "3.0")
gi.require_version("Gtk", "3.0")
from canvas import references  # noqa: E402  # gi wants its versions before
from choices import Choices  # noqa: E402
from estimate import PolledEstimate  # noqa: E402
from fields import SPACE, Fields, grid, listed, note, show_text  # noqa: E402
from gi.repository import Gimp, GimpUi, GLib, Gtk  # noqa: E402
from layer_list import LayerList  # noqa: E402
from request import Origin, order  # noqa: E402
from settings import READING, REFERENCES, SIDE_ARGUMENTS, Kind, arguments, reading, recipe, values  # noqa: E402
from words import label, title  # noqa: E402

from server.client import roles  # noqa: E402
from server.client.blocking import Client  # noqa: E402
from server.client.events import Event  # noqa: E402
from server.client.reading import Reading  # noqa: E402
from server.client.submission import Submission  # noqa: E402
from server.client.translation import tr  # noqa: E402
from server.client.wording import sentence, server_line  # noqa: E402
from server.wire.errors import Code, OverpaintError  # noqa: E402
from server.wire.messages import Welcome  # noqa: E402
from server.wire.offers import Need  # noqa: E402
from server.wire.recipe import Recipe  # noqa: E402

WIDTH = 460
POLL_MS = 50

SHOWN_ABOVE = ("prompt", "method", "preset", "model", "reading", "combining", *(side.name for side in SIDE_ARGUMENTS))
"""Not among the settings that unfold."""

ESTIMATE_CROP = ("reading", "grow", "feather")
"""What is sent depends on these."""

ESTIMATE_NEEDS = ("prompt", "method", "preset", "model", *ESTIMATE_CROP)
"""What learning takes may depend on these."""


def ask(procedure: Gimp.Procedure, config: Gimp.ProcedureConfig, origin: Origin, client: Client) -> None:
    """Lets a person fill in ``config``. Raises ``OverpaintError``: cancelled when the person does not want to, or why
    there is nothing to work on, whatever is read."""
    matters = [matter for each in Reading if (matter := _matter(origin, each, "", client)) is not None]
    if len(matters) == len(Reading):
        raise matters[0]
    GimpUi.init("overpaint")
    dialog = GimpUi.ProcedureDialog.new(procedure, config, title(origin.kind))
    dialog.set_ok_label(label(f"button-{origin.kind.value}"))
    form = DialogForm(dialog, config, origin, client)
    watching = GLib.timeout_add(POLL_MS, form.watch)
    wanted = dialog.run()
    GLib.source_remove(watching)
    dialog.destroy()
    config.set_core_object_array(REFERENCES, list(form.looked_at))
    if not wanted:
        raise OverpaintError(Code.CANCELLED, tr("Cancelled."))


def _matter(origin: Origin, reading: Reading, method: str, client: Client) -> OverpaintError | None:
    """Why there is nothing to work on."""
    try:
        origin.source(reading, method, client.offers)
    except OverpaintError as error:
        return error
    return None


class DialogForm:
    """What stands in the dialog."""

    def __init__(
        self, dialog: GimpUi.ProcedureDialog, config: Gimp.ProcedureConfig, origin: Origin, client: Client
    ) -> None:
        self._dialog, self._config, self._origin, self._client = dialog, config, origin, client
        self._kind = origin.kind
        self._asked: tuple[tuple[object, ...], Submission] | None = None
        self._welcome: Welcome | None = None
        self._fields = Fields(config)
        content = dialog.get_content_area()
        content.set_spacing(2 * SPACE)
        parts = [self._server_row(), self._prompt_row(), self._reading_row()]
        self._layers = LayerList(config, references.choosable(origin.image, origin.drawables), self._layers_changed)
        self._choices = Choices(config, self._kind, self._fields, self._layers, self._changed)
        parts += [self._choices.grid, *self._sides(), self._folded(), self._estimate_row()]
        for part in parts:
            content.pack_start(part, False, False, 0)
        content.show_all()
        dialog.set_default_size(WIDTH, -1)
        self._offer(None)
        self._seek()

    @property
    def looked_at(self) -> tuple[Gimp.Layer, ...]:
        """The layers that are ticked, where they are looked at."""
        return self._layers.chosen if self._choices.looks else ()

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
        self._entry = GimpUi.prop_entry_new(self._config, "prompt", -1)
        self._entry.set_activates_default(True)
        self._entry.set_placeholder_text(label(f"{self._kind.question}-tip"))
        above = Gtk.Label(label=label(self._kind.question), use_underline=True, xalign=0, mnemonic_widget=self._entry)
        self._entry.connect("changed", lambda _: self._changed())
        box.pack_start(above, False, False, 0)
        box.pack_start(self._entry, False, False, 0)
        if not self._kind.takes_words:
            box.set_no_show_all(True)
        return box

    def _reading_row(self) -> Gtk.Widget:
        """What is read; below it why that cannot be, where it cannot."""
        made = grid()
        self._fields.choose(made, 0, READING.name, listed(Reading))
        self._trouble = note()
        made.attach(self._trouble, 1, 1, 1, 1)
        self._config.connect(f"notify::{READING.name}", lambda *_: self._changed())
        return made

    def _sides(self) -> list[Gtk.Widget]:
        return [self._fields.all_of(list(SIDE_ARGUMENTS))] if self._kind is Kind.EXPAND else []

    def _folded(self) -> Gtk.Widget:
        plain = [argument for argument in arguments(self._kind) if argument.name not in SHOWN_ABOVE]
        first = [argument for argument in plain if not argument.folded]
        inside = self._fields.all_of(first)
        rest = self._fields.all_of([argument for argument in plain if argument.folded])
        inside.attach(self._expander("more-settings", rest), 0, len(first), 2, 1)
        return self._expander("settings", inside)

    def _expander(self, name: str, inside: Gtk.Widget) -> Gtk.Expander:
        expander = Gtk.Expander(label=label(name), use_underline=True)
        inside.set_margin_top(SPACE)
        expander.add(inside)
        # GIMP's dialogs grow with what unfolds in them, but do not shrink again.
        expander.connect("notify::expanded", lambda *_: self._dialog.resize(WIDTH, 1))
        return expander

    def _estimate_row(self) -> Gtk.Widget:
        """How long it will take. The line keeps the room of two, so that nothing moves when the answer comes."""
        self._estimate = PolledEstimate(self._client, self._request)
        self._estimate_label = Gtk.Label(label=self._estimate.text, xalign=0, yalign=0, wrap=True, max_width_chars=50)
        height = self._estimate_label.create_pango_layout("\n").get_pixel_size()[1]
        self._estimate_label.set_size_request(-1, height)
        for name in ESTIMATE_NEEDS:
            self._config.connect(f"notify::{name}", lambda *_: self._want_estimate())
        self._want_estimate()
        return self._estimate_label

    def _layers_changed(self) -> None:
        self._want_estimate()
        self._changed()

    def _want_estimate(self) -> None:
        given = values(self._config, self._kind)
        ready = bool(str(given["prompt"] or "").strip()) and self._choices.estimates
        key = (*(given[name] for name in ESTIMATE_NEEDS), self.looked_at)
        self._estimate.want(key if ready else None, time.monotonic())

    def _request(self) -> Submission:
        """What would be sent now."""
        given, offers = values(self._config, self._kind), self._client.offers
        wanted = roles.chosen(self._kind.role, recipe(given), offers)
        key = (*(given[name] for name in ESTIMATE_CROP), self.looked_at)
        if self._asked is None or self._asked[0] != key:  # to read may take a moment, and words change nothing of it
            origin = replace(self._origin, references=self.looked_at)
            source = origin.source(reading(given), wanted.method, offers)
            self._asked = key, order(self._kind, source, wanted, offers).request
        return replace(self._asked[1], recipe=wanted)

    # --- what the server says -----------------------------------------------------------------------

    def _seek(self) -> None:
        self._retry.hide()
        self._lost = False
        self._client.link.open()

    def watch(self) -> bool:
        """Called by the dialog's loop again and again; True: go on."""
        if self._lost:
            return True
        try:
            heard = self._client.listen(wait=0, budget=0.005)
        except OverpaintError as error:
            self._lost = True
            self._server.set_text(sentence(error))
            self._retry.show()
            return True
        if self._client.welcome is not self._welcome:
            self._offer(self._client.welcome)
        self._show_estimate(heard)
        return True

    def _show_estimate(self, heard: list[Event]) -> None:
        for event in heard:
            self._estimate.hear(event)
        self._estimate.ask(time.monotonic())
        if self._estimate_label.get_text() != self._estimate.text:
            self._estimate_label.set_text(self._estimate.text)

    def _offer(self, welcome: Welcome | None) -> None:
        self._welcome = welcome
        self._server.set_text(server_line(welcome))
        self._choices.offer(welcome)
        self._want_estimate()

    def _changed(self) -> None:
        """Whether it can begin, and why not where that is no matter of words; whether it is said how long it takes."""
        self._estimate_label.set_visible(self._choices.estimates)
        given = values(self._config, self._kind)
        method = str(given["method"] or "")
        needs = roles.needs_for(self._kind.role, method, self._client.offers)
        matter = _matter(self._origin, reading(given), method, self._client) or self._nothing_to_look_at()
        show_text(self._trouble, sentence(matter) if matter is not None else "")
        worded = bool(self._entry.get_text().strip()) or Need.PROMPT not in needs
        self._dialog.set_response_sensitive(Gtk.ResponseType.OK, matter is None and worded)

    def _nothing_to_look_at(self) -> OverpaintError | None:
        offer = self._choices.method
        try:
            roles.check_references(
                Recipe(offer.name if offer is not None else ""), self._client.offers, len(self.looked_at)
            )
        except OverpaintError as error:
            return error
        return None
