"""One edit in Krita: the job that is followed, with the layers and small pictures of its document."""

from __future__ import annotations

from . import canvas
from .exploring import Exploring
from .qt import QImage, QObject, pyqtSignal
from .server.client import events
from .server.client.combining import Combining
from .server.client.followed import FollowedJob, Then
from .server.client.submission import Submission
from .server.wire.geometry import Bounds
from .server.wire.recipe import Recipe
from .server.wire.results import ResultKind


class JobSignals(QObject):
    changed = pyqtSignal()
    settled = pyqtSignal()


class KritaJob(FollowedJob):
    """``changed`` (a signal) follows every change of what is shown; ``settled`` comes when nothing more happens by
    itself.

    nodes: the layers that were made; node_ids: their names in their document. exploring: the slider of edit strengths,
    once there is one. references: the layers that are looked at. combining: what becomes of the selection that is
    there, where the answer is one.
    kind: what the answer is, once it is here. selection: what is selected after it. document: the larger picture.
    """

    def __init__(
        self,
        recipe: Recipe,
        source: canvas.KritaSource,
        crop: Bounds,
        then: Then = Then.CHOOSE,
        combining: Combining = Combining.REPLACE,
        references: tuple[canvas.KritaReference, ...] = (),
    ) -> None:
        self._signals = JobSignals()
        self.changed, self.settled = self._signals.changed, self._signals.settled
        super().__init__(recipe, then, self.changed.emit, self.settled.emit)
        self.source = source
        self.crop = crop
        self.combining = combining
        self.references = references
        self.preview: QImage | None = None
        self.pixels: canvas.Pixels | None = None
        self.submission: Submission | None = None
        self.arrived: events.Arrived | None = None
        self.kind: ResultKind | None = None
        self.nodes: list[canvas.Node] = []
        self.node_ids: list[str] = []
        self.selection: canvas.Selection | None = None
        self.document: canvas.Document | None = None
        self.before: QImage | None = None
        self.afters: list[QImage] = []
        self.kept: set[int] = set()
        self.exploring: Exploring | None = None
        self.acknowledged = False

    def hear(self, event: events.Event) -> None:
        if isinstance(event, events.Progressed) and event.preview is not None:
            row = 3 * event.preview_width
            shown = QImage(event.preview, event.preview_width, event.preview_height, row, QImage.Format.Format_RGB888)
            self.preview = shown.copy()  # the bytes are not ours to keep
        super().hear(event)
