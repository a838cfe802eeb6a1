"""What a person sees and touches: Krita's actions and menu, and our docker."""

from __future__ import annotations

from krita import Krita

from .documents import current, layer_named
from .qt import QApplication, QDockWidget, QItemSelectionModel, QModelIndex, QPoint, Qt, QTest, QTreeView, QWidget
from .waiting import until, wait


def action(name: str) -> None:
    Krita.instance().action(name).trigger()
    wait(0.3)


def tools_menu() -> list[str]:
    """The entries below Tools ▸ Overpaint as a person sees them."""
    for top in Krita.instance().activeWindow().qwindow().menuBar().actions():
        for entry in top.menu().actions() if top.menu() else []:
            if entry.text().replace("&", "") == "Overpaint" and entry.menu():
                entry.menu().aboutToShow.emit()
                return [one.text().replace("&", "") for one in entry.menu().actions() if one.isVisible()]
    return []


def shortcuts() -> list[str]:
    """The names of all actions that Krita's shortcut editor knows of ours, from its own registry of .action files."""
    names = [one.objectName() for one in Krita.instance().actions()]
    return [name for name in names if name.startswith("overpaint_")]


def select_layers(names: list[str]) -> None:
    """Chosen together in Krita's own list of layers, as with Ctrl and clicks; the first becomes the active one."""
    box = next(one for one in Krita.instance().dockers() if one.objectName() == "KisLayerBox")
    tree = box.findChild(QTreeView, "listLayers")
    model, flags = tree.model(), QItemSelectionModel.SelectionFlag
    rows = {model.data(index): index for index in _indices(model)}
    tree.selectionModel().setCurrentIndex(rows[names[0]], flags.ClearAndSelect | flags.Rows)
    for name in names[1:]:
        tree.selectionModel().select(rows[name], flags.Select | flags.Rows)
    wait(0.3)


def _indices(model, parent=None):
    parent = parent or QModelIndex()
    for row in range(model.rowCount(parent)):
        index = model.index(row, 0, parent)
        yield index
        yield from _indices(model, index)


def our_docker() -> QDockWidget:
    return next(one for one in Krita.instance().dockers() if one.objectName() == "overpaint")


def show_docker(width: int = 0, alone: bool = True) -> list[int]:
    """Shows only our docker, ``width`` wide; its size."""
    docker = our_docker()
    if alone:
        for other in Krita.instance().dockers():
            if other is not docker and other.objectName() not in ("ToolBox",):
                other.setVisible(other.objectName() == "KisLayerBox")
    Krita.instance().activeWindow().qwindow().showMaximized()
    docker.setVisible(True)
    docker.raise_()
    wait(0.3)
    if width:
        window = Krita.instance().activeWindow().qwindow()
        window.resizeDocks([docker], [width], Qt.Orientation.Horizontal)
        wait(0.3)
    return [docker.width(), docker.height()]


def fresh_docker() -> None:
    """No words, no settings, no jobs."""
    from overpaint import canvas
    from overpaint.controller import the_controller
    from overpaint.settings import Settings

    desk, panel_ = the_controller(), our_docker().panel
    for one in list(desk.jobs):
        desk.cancel(one)
    until(lambda: not desk.running)
    for one in list(desk.jobs):
        desk.remove(one)
    panel_._form._show(Settings())
    canvas.set_setting("eta", "")
    panel_._told = None
    panel_._method = ""
    panel_.prompt.clear()
    unfold(False)
    panel_.refresh()


def speak(language: str) -> None:
    """A docker in that language, as a start of Krita in it would make."""
    from overpaint.controller import the_controller
    from overpaint.panel import Panel
    from overpaint.server.client.translation import use_language

    use_language(language)
    old = our_docker().panel
    our_docker().panel = Panel(the_controller())
    our_docker().setWidget(our_docker().panel)
    old.deleteLater()
    wait(0.3)


def panel() -> dict:
    """What the docker says now; ``cards``: the topmost first."""
    one = our_docker().panel
    one.refresh()
    cards = [
        {
            "job": card.job.id,
            "line": card._line.text(),
            "button": card._button.text(),
            "answers": len(card._answers),
            "preview": card._preview.isVisible(),
            "notice": card._notice.text(),
        }
        for card in sorted(one._cards.values(), key=one._jobs.indexOf)
    ]
    return {
        "button": one.button.text(),
        "enabled": one.button.isEnabled(),
        "hint": one._hint.text(),
        "server": one._server.text(),
        "cards": cards,
        "prompt": one.prompt.text(),
    }


def labels() -> list[str]:
    """Every text in the docker that is ours."""
    one = our_docker().panel
    texts = [child.text() for child in one.findChildren(QWidget) if hasattr(child, "text") and child.isVisible()]
    return [text for text in texts if text and text != one._server.text()]


def overflowing() -> list[str]:
    """What stands out of the docker to the right."""
    one = our_docker().panel
    edge = one.viewport().mapToGlobal(QPoint(one.viewport().width(), 0)).x()
    return [
        f"{type(child).__name__} {child.accessibleName()}"
        for child in one.findChildren(QWidget)
        if child.isVisible()
        and child.mapToGlobal(QPoint(child.width(), 0)).x() > edge + 1
        and one.widget().isAncestorOf(child)
    ]


def tab_order() -> list[str]:
    """The names of what Tab reaches, from the prompt on, until it comes round or leaves the docker."""
    one = our_docker().panel
    one.prompt.setFocus()
    seen = []
    widget = one.prompt
    while widget is not None and len(seen) < 60:
        widget = widget.nextInFocusChain()
        if widget is one.prompt:
            break
        if one.isAncestorOf(widget) and widget.isVisible() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            text = getattr(widget, "text", str)()
            seen.append(widget.accessibleName() or text or type(widget).__name__)
    return seen


def focus() -> str:
    return QApplication.focusWidget().accessibleName()


def write_prompt(text: str) -> None:
    our_docker().panel.prompt.setText(text)
    wait(0.05)


def press(key: str) -> None:
    """A key in the prompt."""
    QTest.keyClick(our_docker().panel.prompt, getattr(Qt.Key, f"Key_{key}"))
    wait(0.05)


def click_run() -> None:
    our_docker().panel.button.click()
    wait(0.05)


def run_method(method: str, steps: int) -> None:
    """A method from the button's menu."""
    set_field("steps", steps)
    our_docker().panel.run(method)
    wait(0.05)


def click_keep(index: int) -> None:
    card = next(card for card in our_docker().panel._cards.values() if card._answers)
    card._answers[index].keep.click()
    wait(0.5)


def skipped(node: str, **values) -> str:
    """A comparison is begun, and its first method skipped as soon as it is at work; what the button says."""
    from overpaint import api

    job = api.method("compare", current(), layer_named(node), wait=False, **values)
    until(lambda: job.line.startswith("Painting") or job.phase.settled)
    button = our_docker().panel._cards[job.id]._skip
    said = "" if button.isHidden() else button.text()
    button.click()
    return said


def click_close() -> None:
    next(iter(our_docker().panel._cards.values()))._button.click()
    wait(0.2)


def click_put_here(job_id: str) -> None:
    """Of the job of that id, until its answer is in the document."""
    from overpaint.controller import the_controller

    one = next(job for job in the_controller().jobs if job.id == job_id)
    our_docker().panel._cards[job_id]._place.click()
    until(lambda: one.phase.over, 60, lambda: f"It is {one.phase}: {one.line}")


def unfold(everything: bool) -> None:
    from overpaint.fields import Fold

    for fold in our_docker().panel.findChildren(QWidget):
        if isinstance(fold, Fold):
            fold.open(everything)
    wait(0.2)


def choose_method(method: str) -> None:
    """As a menu entry does that takes words: the button will do it."""
    our_docker().panel.ask(method)
    wait(0.2)


def run_chosen() -> None:
    our_docker().panel.run()
    wait(0.05)


def shown_settings() -> list[str]:
    """The labels of the rows that the form has now."""
    form = our_docker().panel._form
    rows = [form._readings, form._combinings, *form._rows.values(), *(row for _, row, _ in form._own.values())]
    return [row.widgets[0].text() for row in rows if not row.widgets[0].isHidden()]


def set_field(name: str, value: float) -> None:
    our_docker().panel._form._fields()[name].show_value(value)


def type_field(name: str, text: str) -> None:
    """Types ``text`` in place of what the field says, and Enter."""
    widget = our_docker().panel._form._fields()[name].focusProxy()
    widget.setFocus()
    widget.selectAll()
    QTest.keyClicks(widget, text)
    QTest.keyClick(widget, Qt.Key.Key_Return)
    wait(0.1)


def field(name: str):
    return our_docker().panel._form._fields()[name].value()


def lock_seed() -> None:
    our_docker().panel._form._seed.lock.setChecked(True)
