"""A learned picture on its slider of edit strengths, in Krita: with small pictures of the answers."""

from __future__ import annotations

from . import canvas
from .qt import QImage, QObject, QPainter, pyqtSignal
from .server.client import events
from .server.client.explorer import Explorer
from .server.client.link import Link
from .server.client.strengths import Point
from .server.client.submission import Submission
from .server.wire.geometry import Bounds
from .server.wire.results import ResultBlob, ResultKind
from .tasks import Task


class ExploringSignals(QObject):
    changed = pyqtSignal()


class Exploring(Explorer[QImage]):
    """``changed`` (a signal) follows every change of what is shown. before: a small picture of ``part`` of the
    document, as it is now; pixels: what was read of it."""

    def __init__(
        self, link: Link, request: Submission, pixels: canvas.Pixels, part: Bounds, before: QImage, first: Point
    ) -> None:
        self._signals = ExploringSignals()
        self.changed = self._signals.changed
        super().__init__(link, request, first, self.changed.emit)
        self.before = before
        self._space, self._part = pixels.space, part
        self._veil = pixels.fit.veil if pixels.fit is not None else None

    def receive(self, arrived: events.Arrived) -> Task:
        """An answer came: its layers are drawn small, then taken."""
        views = []
        for one in arrived.results:
            veil = self._veil if continues(one.result) else None
            above = yield from canvas.picture(self._space, one.result.raster, one.data, self._part, veil)
            views.append(over(self.before, above))
        self.take(arrived, views)


def continues(result: ResultBlob) -> bool:
    """Whether it shows only where what was read does; else it is a picture of its own."""
    return result.kind is ResultKind.REPAINT


def over(below: QImage, above: QImage) -> QImage:
    """What the layer will look like over the picture."""
    seen = below.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
    painter = QPainter(seen)
    painter.drawImage(0, 0, above)
    painter.end()
    return seen
