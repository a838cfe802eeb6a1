"""Tools ▸ Overpaint: every action by a name in Krita's own shortcut editor."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from . import canvas, runs
from .controller import Controller, the_controller
from .docker import OverpaintDocker
from .qt import QAction, QMenu
from .server.client.roles import FORMS, SELECTING, Form, asks_first, goes_on, needs_of
from .server.client.translation import tr
from .server.client.wording import sentence
from .server.wire.errors import OverpaintError
from .server.wire.offers import Need, Role
from .server.wire.recipe import Recipe
from .server.wire.words import mark
from .settings import Settings

USUAL = tuple(role for role, form in FORMS.items() if form.usual)
"""What Overpaint has methods for itself."""

FURTHER = tuple(role for role in FORMS if role not in (*USUAL, Role.SELECT))
"""Below them; in the menu where the server has a method."""

NAMES = {Role.REDRAW: "edit_layer", Role.LEARN: "imagic"}
"""Under which Krita's shortcuts know the entry of a role; the others are called like their role."""

TITLES = {Role.LEARN: mark("Edit with a Prompt (Imagic)")}
"""Where the entry says more than the form."""


class OverpaintActions(canvas.Extension):
    def setup(self) -> None:
        """Nothing is needed before there is a window."""

    def createActions(self, window: canvas.Window) -> None:  # noqa: N802  # libkis' name
        # A submenu exists in Krita only once an action of its name carries it.
        head = window.createAction("overpaint", tr("Overpaint"), "tools")
        menu = QMenu("overpaint", window.qwindow())
        menu.setTitle(tr("Overpaint"))
        head.setMenu(menu)
        entries: tuple[tuple[str, str, Callable[[], None]], ...] = (
            *(
                (f"overpaint_{NAMES.get(role, role.value)}", _title(role), partial(_begin, role))
                for role in (*USUAL, *FURTHER)
            ),
            *(
                (f"overpaint_{method}", _dotted(form), partial(_begin, Role.SELECT, method))
                for method, form in SELECTING.items()
            ),
            ("overpaint_run_again", tr("Run Again"), lambda: _again(False)),
            ("overpaint_another_variation", tr("Another Variation"), lambda: _again(True)),
            ("overpaint_cancel", tr("Cancel"), _cancel),
        )
        for name, text, does in entries:
            # Put into the menu by us: Krita 5.3 would sort the entries of a script's menu by name.
            action = window.createAction(name, text, "")
            action.triggered.connect(_reporting_errors(does))
            menu.addAction(action)
        further = dict(zip(FURTHER, menu.actions()[len(USUAL) :], strict=False))
        menu.aboutToShow.connect(lambda: _show_offered(further))


def _title(role: Role) -> str:
    return _dotted(FORMS[role], TITLES.get(role, ""), asks=role is Role.EXPAND)


def _dotted(form: Form, title: str = "", *, asks: bool = False) -> str:
    """Dots where words are asked for next, or how far."""
    shown = tr(title or form.title)
    return f"{shown}…" if asks or Need.PROMPT in form.needs else shown


def _show_offered(entries: dict[Role, QAction]) -> None:
    """Those for which the server has a method; what it had last time, until it answers."""
    offered = " ".join(sorted({offer.role.value for offer in the_controller().offers}))
    if offered:
        canvas.set_setting("roles", offered)
    for role, entry in entries.items():
        entry.setVisible(role.value in canvas.setting("roles").split())


def _reporting_errors(does: Callable[[], None]) -> Callable[[], None]:
    """Errors are said in the docker and over the canvas."""

    def run() -> None:
        try:
            does()
        except OverpaintError as error:
            docker = _docker()
            if docker is not None:
                docker.panel.show_error(error)
            canvas.show_message(sentence(error))

    return run


def _docker() -> OverpaintDocker | None:
    found = canvas.show_docker("overpaint")
    return found if isinstance(found, OverpaintDocker) else None


def _begin(role: Role, method: str = "") -> None:
    """What needs words or a size is asked for in the docker; so is what takes long, which says so first. method: the
    one to take; empty: the best of the role."""
    document, node = canvas.active()
    controller, docker = the_controller(), _docker()
    chosen = docker.panel.settings if docker is not None else Settings()
    recipe = Recipe(method) if method else runs.recipe_for(controller, role)
    if not _is_asked(controller, document, recipe.method):
        runs.begin(controller, document, node, recipe, chosen.reading, chosen.combining)
        return
    canvas.capture(document, node, runs.wish_for(controller, recipe.method, chosen.reading))
    if docker is not None:
        docker.panel.ask(recipe.method)


def _is_asked(controller: Controller, document: canvas.Document | None, method: str) -> bool:
    """How far a picture is to go on is asked for where no selection beyond the canvas says it."""
    offers = controller.offers
    if goes_on(method, offers):
        return not canvas.room_selected(document)
    return Need.PROMPT in needs_of(method, offers) or asks_first(method, offers)


def _again(another: bool) -> None:
    document, node = canvas.active()
    runs.run_again(the_controller(), document, node, another)
    _docker()


def _cancel() -> None:
    controller = the_controller()
    if controller.running:
        controller.cancel(controller.running[0])
