"""Run by ``test_qt6.py`` with PyQt6: the docker is used as a person uses it, and what came of it is printed as JSON.

The window has no screen; the server is real.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

from krita import SIDE, Document, Krita, Selection
from PyQt6.QtCore import QByteArray, QRect, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

sys.path.insert(0, sys.argv[1])
application = QApplication(sys.argv[:1])

PATIENCE = 900


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, [panel._hint.text(), panel.learning.forecast, *(job.line for job in desk.jobs)]
        application.processEvents()
        time.sleep(0.005)


def picture() -> Document:
    document = Document()
    ink = document.createNode("Ink", "paintlayer")
    ink.setPixelData(QByteArray(bytes((40, 80, 200, 255)) * SIDE * SIDE), 0, 0, SIDE, SIDE)
    document.root.addChildNode(ink, None)
    document.active, document.chosen = ink, Selection(QRect(12, 12, 20, 20))
    Krita.instance().open.append(document)
    return document


document = picture()

from overpaint.desk import the_desk  # noqa: E402  # Krita has a document by the time a docker is made
from overpaint.panel import Panel  # noqa: E402

desk = the_desk()
panel = Panel(desk)
panel.resize(240, 700)
panel.show()
desk.greet()
until(lambda: desk.link.welcome is not None)
panel._form._fields()["steps"].show_value(2)
panel._form._fields()["feather"].show_value(0)
panel.ask("ponder")
QTest.keyClicks(panel.prompt, "a red door")
until(lambda: "takes about" in panel.learning.forecast)
forecast = panel.learning.forecast
QTest.keyClick(panel.prompt, Qt.Key.Key_Return)
until(lambda: desk.jobs and desk.jobs[0].phase.settled)
job = desk.jobs[0]
assert job.exploring is not None, job.line
(card,) = panel._cards.values()
pane = card._pane
assert pane is not None
before = [node.name() for node in document.root.childNodes()]
pane.eta.setValue(120)
until(lambda: job.exploring.strengths.complete)
QTest.mouseClick(pane.keep, Qt.MouseButton.LeftButton)
until(lambda: not job.exploring.placing)
QTest.mouseClick(pane.keep_all, Qt.MouseButton.LeftButton)
until(lambda: not job.exploring.placing)
panel.grab().save(sys.argv[2])
layers = document.root.childNodes()
kept = bytes(layers[1].pixelData(0, 0, SIDE, SIDE))
card._button.click()
until(lambda: not panel._cards)

# Cancel in the moment in which the answer has come and is not yet shown.
panel.ask("ponder")
panel.prompt.setText("a red door")
panel.run()
late = desk.jobs[0]
late.changed.connect(lambda: desk.cancel(late) if late.phase.name == "PLACING" else None)
until(lambda: late not in desk.jobs)
assert late.phase.name == "CANCELLED", late.phase
assert document.root.childNodes() == layers

print(json.dumps({
    "forecast": forecast,
    "before": before,
    "after": [[node.name(), [one.name() for one in node.childNodes()]] for node in layers],
    "alpha": sorted({kept[4 * (y * SIDE + x) + 3] for y in range(12, 32) for x in range(12, 32)}),
    "alpha_outside": kept[3],
}))  # fmt: skip
desk.link.close()
