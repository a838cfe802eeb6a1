"""Tools ▸ Overpaint: every action by a name in Krita's own shortcut editor."""

from __future__ import annotations

from collections.abc import Callable

from . import canvas, runs
from .controller import the_desk
from .docker import OverpaintDocker
from .intent import ERASE, REPLACE, learning_method
from .qt import QMenu
from .server.client.reading import Reading
from .server.client.translation import tr
from .server.client.wording import sentence
from .server.wire.errors import OverpaintError
from .server.wire.recipe import Recipe
from .server.wire.words import mark


class OverpaintActions(canvas.Extension):
    def setup(self) -> None:
        """Nothing is needed before there is a window."""

    def createActions(self, window: canvas.Window) -> None:  # noqa: N802  # libkis' name
        # A submenu exists in Krita only once an action of its name carries it.
        head = window.createAction("overpaint", tr("Overpaint"), "tools")
        menu = QMenu("overpaint", window.qwindow())
        menu.setTitle(tr("Overpaint"))
        head.setMenu(menu)
        for name, text, does in (
            ("overpaint_replace", mark("Replace Selection…"), lambda: _ask(REPLACE)),
            ("overpaint_erase", mark("Erase Selection"), _erase),
            ("overpaint_edit_layer", mark("Edit Layer…"), lambda: _ask("")),
            ("overpaint_imagic", mark("Edit with a Prompt (Imagic)…"), _learn),
            ("overpaint_run_again", mark("Run Again"), lambda: _again(False)),
            ("overpaint_another_variation", mark("Another Variation"), lambda: _again(True)),
            ("overpaint_cancel", mark("Cancel"), _cancel),
        ):
            # Put into the menu by us: Krita 5.3 would sort the entries of a script's menu by name.
            action = window.createAction(name, tr(text), "")
            action.triggered.connect(_told(does))
            menu.addAction(action)


def _told(does: Callable[[], None]) -> Callable[[], None]:
    """Errors are said in the docker and over the canvas."""

    def run() -> None:
        try:
            does()
        except OverpaintError as error:
            docker = _docker()
            if docker is not None:
                docker.panel.tell(error)
            canvas.show_message(sentence(error))

    return run


def _docker() -> OverpaintDocker | None:
    found = canvas.show_docker("overpaint")
    return found if isinstance(found, OverpaintDocker) else None


def _ask(method: str) -> None:
    """Replace and Edit Layer need words: the docker's prompt takes them."""
    document, node = canvas.active()
    desk = the_desk()
    method = method or runs.layer_recipe(desk, "").method
    docker = _docker()
    reading = docker.panel.reading if docker is not None else Reading.LAYER
    canvas.capture(document, node, canvas.Wish(needs_selection=method == REPLACE, reading=reading))
    if docker is not None:
        docker.panel.ask(method)


def _learn() -> None:
    """The docker's prompt takes the words, and it says beforehand what learning the picture needs."""
    document, node = canvas.active()
    docker = _docker()
    canvas.capture(document, node, canvas.Wish(reading=docker.panel.reading if docker is not None else Reading.LAYER))
    if docker is not None:
        docker.panel.ask(learning_method(the_desk().offers))


def _erase() -> None:
    document, node = canvas.active()
    docker = _docker()
    reading = docker.panel.reading if docker is not None else Reading.LAYER
    runs.run(the_desk(), document, node, Recipe(ERASE), reading=reading)


def _again(another: bool) -> None:
    document, node = canvas.active()
    runs.run_again(the_desk(), document, node, another)
    _docker()


def _cancel() -> None:
    desk = the_desk()
    if desk.running:
        desk.cancel(desk.running[0])
