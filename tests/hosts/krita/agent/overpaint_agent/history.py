"""Krita's undo history, as its own docker *Undo History* shows it: libkis does not tell it."""

from __future__ import annotations

from krita import Krita

from .documents import at_rest
from .qt import QAbstractItemView
from .waiting import until


def _view() -> QAbstractItemView:
    docker = next(one for one in Krita.instance().dockers() if one.objectName() == "History")
    return docker.findChild(QAbstractItemView)


def steps() -> list[str]:
    """What was done to the document under test and not undone, the first step first."""
    view = _view()
    return [view.model().index(row, 0).data() for row in range(1, view.currentIndex().row() + 1)]


def undo(times: int = 1) -> None:
    """Undoes so many steps, one after the other, each once the one before is done."""
    for _ in range(times):
        _step("edit_undo", -1)


def redo(times: int = 1) -> None:
    for _ in range(times):
        _step("edit_redo", 1)


def _step(action: str, by: int) -> None:
    """Krita does neither while it is busy with the picture, and says nothing of it."""
    at_rest()
    wanted = len(steps()) + by
    Krita.instance().action(action).trigger()
    until(lambda: len(steps()) == wanted, 30)
    at_rest()
