#!/usr/bin/env python3
"""Overpaint in GIMP: Filters ▸ Overpaint, and the same as procedures for scripts.

GIMP starts this file once to ask for its procedures and once for each run. Nothing is imported for the question that
the answer does not need: no server is looked for, and a broken installation still shows its menu (and says what is
wrong when it is used).
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER))

import gi  # noqa: E402  # our own folder has to come first

gi.require_version("Gimp", "3.0")
from gi.repository import Gimp, GLib, GObject  # noqa: E402
from settings import READING, REFERENCES, Argument, Kind, arguments, combining, reading, recipe, values  # noqa: E402
from words import label, purpose  # noqa: E402

from server.client.translation import tr  # noqa: E402
from server.wire.words import mark  # noqa: E402

if TYPE_CHECKING:
    from canvas.source import GimpSource
    from request import Origin

    from server.client.blocking import Client

EARLIER = "earlier"
WITHOUT_ARGUMENTS = ("run-again", "another", EARLIER)
"""Procedures that take everything from a layer that Overpaint made, or from the server."""

FURTHER_MENU = "/_Further"
"""The menu of what there may be no method for: GIMP asks for its entries long before a server has answered."""

FURTHER = tuple(kind.value for kind in Kind if not kind.selects and not kind.form.usual)

SELECT_MENU = "/_Select"

SELECTING = tuple(kind.value for kind in Kind if kind.selects)

WIDE = 2**31 - 1
"""GIMP's own ends of a number. Beyond narrower ones a script's value would be dropped in silence, so ours are checked
when the procedure runs."""

UNEXPECTED_HINT = mark("Try again; if it stays, tell us what you did.")

READWRITE = GObject.ParamFlags.READWRITE

NOT_KEPT = 1 << (GObject.PARAM_USER_SHIFT + 1)
"""GIMP_PARAM_DONT_SERIALIZE of libgimp; what GIMP 3.0 gives Python by that name has lost the shift."""


class Overpaint(Gimp.PlugIn):
    """The plug-in as GIMP knows it."""

    def do_set_i18n(self, name: str) -> bool:
        return False  # translation.py speaks GIMP's language itself

    def do_query_procedures(self) -> list[str]:
        return [*(_procedure_name(kind) for kind in Kind), *(f"overpaint-{key}" for key in WITHOUT_ARGUMENTS)]

    def do_create_procedure(self, name: str) -> Gimp.Procedure:
        key = next((kind.value for kind in Kind if _procedure_name(kind) == name), name.removeprefix("overpaint-"))
        procedure = Gimp.ImageProcedure.new(self, name, Gimp.PDBProcType.PLUGIN, self.run, key)
        procedure.set_image_types("*")
        # Without a layer the menu stays sensitive: the sentence that says what to do is worth more than a gray entry.
        some = Gimp.ProcedureSensitivityMask
        procedure.set_sensitivity_mask(some.DRAWABLE | some.DRAWABLES | some.NO_DRAWABLES)
        procedure.set_menu_label(label(f"menu-{key}"))
        below = FURTHER_MENU if key in FURTHER else SELECT_MENU if key in SELECTING else ""
        procedure.add_menu_path(f"<Image>/Filters/Overpaint{below}")
        procedure.set_documentation(
            label(f"blurb-{key}") if key in WITHOUT_ARGUMENTS else purpose(Kind(key)),
            tr(
                "The answer arrives as a new layer above the chosen one, which is never changed. The work is done by "
                "the Overpaint server on this machine, which is started when it does not run. -1 means: chosen for "
                "you."
            ),
            name,
        )
        procedure.set_attribution("The Overpaint authors", "The Overpaint authors", "2026")
        if key not in WITHOUT_ARGUMENTS:
            for argument in arguments(Kind(key)):
                _add(procedure, argument, Kind(key))
            _add_references(procedure)
        procedure.add_core_object_array_return_value(
            "layers", tr("The new layers"), tr("The new layers"), Gimp.Layer.__gtype__, READWRITE
        )
        return procedure

    def run(
        self,
        procedure: Gimp.Procedure,
        mode: Gimp.RunMode,
        image: Gimp.Image,
        drawables: list[Gimp.Drawable],
        config: Gimp.ProcedureConfig,
        key: str,
    ) -> Gimp.ValueArray:
        """One run; whatever goes wrong comes back as a sentence, never as a traceback in a dialog."""
        try:
            return _run(procedure, mode, image, drawables, config, key)
        except ImportError as error:
            why = tr("Overpaint's installation is not complete: {why}.", why=error)
            return _failed(procedure, mode, f"{why} {tr('Run: python3 install.py doctor')}")
        except (GLib.Error, OSError) as error:
            why, hint = tr("Overpaint met something unexpected: {why}", why=error), tr(UNEXPECTED_HINT)
            return _failed(procedure, mode, f"{why} {hint}")


def _run(
    procedure: Gimp.Procedure,
    mode: Gimp.RunMode,
    image: Gimp.Image,
    drawables: list[Gimp.Drawable],
    config: Gimp.ProcedureConfig,
    key: str,
) -> Gimp.ValueArray:
    from server.client import bootstrap

    bootstrap.prepare(FOLDER)
    import task
    from canvas import talk
    from request import Origin

    from server.client.blocking import Client
    from server.client.wording import sentence
    from server.wire.errors import Code, OverpaintError
    from server.wire.paths import Home

    try:
        with Client("gimp", Home.of_user()) as client:
            if key == EARLIER:
                layers = task.earlier(image, client)
            elif key in WITHOUT_ARGUMENTS:
                layers = task.again(image, drawables, client, same_seed=key == "run-again")
            else:
                layers = _edit(procedure, mode, Origin(Kind(key), image, drawables), config, client)
    except OverpaintError as error:
        if error.code is Code.CANCELLED:
            return procedure.new_return_values(Gimp.PDBStatusType.CANCEL, None)
        return _failed(procedure, mode, sentence(error))
    answer = procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, None)
    answer.remove(1)
    answer.insert(1, talk.as_value(procedure, layers))
    return answer


def _edit(
    procedure: Gimp.Procedure,
    mode: Gimp.RunMode,
    origin: Origin,
    config: Gimp.ProcedureConfig,
    client: Client,
) -> list[Gimp.Layer]:
    import task
    from canvas import paths, references, remembered

    from server.client import roles

    kind, interactive = origin.kind, mode == Gimp.RunMode.INTERACTIVE
    if interactive:
        config.set_property(READING.name, remembered.reading().value)
    if interactive and kind.asks:
        import dialog

        dialog.ask(procedure, config, origin, client)
        remembered.remember(reading(values(config, kind)))
    method = config.get_property("method") or kind.method
    # What is usual needs what its menu says; of any other method the server knows that.
    usual = not config.get_property("method") and kind.form.usual
    offers = client.offers if usual else client.hello().methods
    origin = replace(origin, references=references.layers_in(config, REFERENCES))
    source = origin.source(reading(values(config, kind)), method, offers)
    given = values(config, kind)
    wanted = replace(recipe(given), method=method)
    if not wanted.points and roles.points_out(method, offers):
        wanted = replace(wanted, points=paths.clicks(origin.image))
    if interactive:
        offers = task.offers(kind, client)
        if roles.explores(roles.chosen(kind.role, wanted, offers).method, offers):
            return _explore(config, kind, source, client)
    return task.edit(kind, source, wanted, client, how=combining(given))


def _explore(config: Gimp.ProcedureConfig, kind: Kind, source: GimpSource, client: Client) -> list[Gimp.Layer]:
    """The layers that a person keeps after the picture has been learned. The strength that was kept last is where the
    slider begins the next time, and what *Repeat* takes."""
    import strength_dialog
    import task
    from renders import Renders

    from server.client.strengths import swept
    from server.wire.recipe import USUAL_ETA

    wanted = recipe(values(config, kind))
    shown = wanted.eta[0] if wanted.eta else USUAL_ETA
    asked, first = task.learned(kind, source, swept(wanted, shown), client)
    kept = strength_dialog.choose(asked, Renders(client, asked.request, first, shown))
    if kept.eta is not None:
        config.set_property("eta", f"{kept.eta:g}")
    return kept.layers


def _failed(procedure: Gimp.Procedure, mode: Gimp.RunMode, text: str) -> Gimp.ValueArray:
    """A script gets an error. A person gets the sentence alone: GIMP would put "Execution error for procedure …" before
    the text of an error, as if something had broken."""
    if mode != Gimp.RunMode.NONINTERACTIVE:
        Gimp.message(text)
        return procedure.new_return_values(Gimp.PDBStatusType.CANCEL, None)
    error = GLib.Error.new_literal(Gimp.PlugIn.error_quark(), text, 0)
    return procedure.new_return_values(Gimp.PDBStatusType.EXECUTION_ERROR, error)


def _procedure_name(kind: Kind) -> str:
    return f"overpaint-{kind.value}-selection" if kind.needs_selection else f"overpaint-{kind.value}"


def _add_references(procedure: Gimp.Procedure) -> None:
    """With the flags of the drawables that every procedure gets: without them GIMP takes no empty array, and no
    procedure could be called without this argument. GLib is not to warn of one, nor GIMP to keep layers of this image
    for another."""
    title, tip, flags = label(REFERENCES), label(f"{REFERENCES}-tip"), procedure.find_argument("drawables").flags
    more = flags | GObject.ParamFlags.LAX_VALIDATION | GObject.ParamFlags(NOT_KEPT)
    procedure.add_core_object_array_argument(REFERENCES, title, tip, Gimp.Layer.__gtype__, more)


def _add(procedure: Gimp.Procedure, argument: Argument, kind: Kind) -> None:
    name, default = argument.name, argument.default
    key = kind.question if name == "prompt" else name
    title, tip = label(key), label(f"{key}-tip")
    if isinstance(default, str):
        procedure.add_string_argument(name, title, tip, default, READWRITE)
    elif isinstance(default, float):
        procedure.add_double_argument(name, title, tip, -WIDE, WIDE, default, READWRITE)
    else:
        procedure.add_int_argument(name, title, tip, -WIDE - 1, WIDE, default, READWRITE)


Gimp.main(Overpaint.__gtype__, sys.argv)
