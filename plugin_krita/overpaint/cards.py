"""A job in the docker: what it is, where it stands, Cancel; then its answers to choose from."""

from __future__ import annotations

from . import canvas
from .controller import Controller
from .exploring import over
from .job import KritaJob
from .labels import Label, QuietLabel
from .qt import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QIcon,
    QImage,
    QLabel,
    QPixmap,
    QProgressBar,
    QPushButton,
    QResizeEvent,
    QSize,
    Qt,
    QTimer,
    QToolButton,
    QVBoxLayout,
    QWidget,
    pyqtSignal,
)
from .server.client.followed import Phase
from .server.client.naming import shortened
from .server.client.roles import role_of
from .server.client.translation import tr
from .server.client.wording import sentence
from .server.wire.errors import OverpaintError
from .server.wire.offers import Role
from .strength_pane import StrengthPane

PREVIEW = 150
"""Pixels on the longer side."""

COLUMNS = 2
"""Of answers, side by side."""

DONE_MS = 8000
"""How long a card that has nothing left to say stays."""


class AnswerCard(QWidget):
    """One of several answers: a small picture, held to see what was there before, and Keep."""

    def __init__(self, controller: Controller, job: KritaJob, index: int, side: int) -> None:
        super().__init__()
        self._job, self._index = job, index
        before = job.before or job.afters[index]
        self._before, self._after = _icon(before), _icon(over(before, job.afters[index]))
        self._picture = QToolButton()
        self._picture.setIcon(self._after)
        self.fit(side)
        self._picture.setToolTip(tr("Hold to see it as it was before"))
        self._picture.setAccessibleName(f"{index + 1}")
        self._picture.pressed.connect(lambda: self._picture.setIcon(self._before))
        self._picture.released.connect(lambda: self._picture.setIcon(self._after))
        self.keep = QPushButton(tr("Keep"))
        self.keep.setToolTip(tr("Make this one a layer"))
        self.keep.setAccessibleName(tr("Keep number {number}", number=index + 1))
        self.keep.clicked.connect(lambda: controller.arrivals.keep(job, index))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self._picture)
        layout.addWidget(self.keep)

    def fit(self, side: int) -> None:
        """``side`` pixels wide, as high as the picture then is, but not higher than wide."""
        whole = self._job.afters[self._index].size()
        self._picture.setIconSize(whole.scaled(QSize(side, side), Qt.AspectRatioMode.KeepAspectRatio))

    def refresh(self) -> None:
        self.keep.setEnabled(self._index not in self._job.kept)


class JobCard(QFrame):
    """Follows one job until it is over. ``grew``: there is more to see of it now, and it is this."""

    grew = pyqtSignal(QWidget)

    def __init__(self, controller: Controller, job: KritaJob) -> None:
        super().__init__()
        self._controller, self.job = controller, job
        self._answers: list[AnswerCard] = []
        self._pane: StrengthPane | None = None
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._title = Label(_title(job), bold=True)
        self._line = Label(job.line)
        self._notice = QuietLabel()
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(8)
        self._bar.setAccessibleName(tr("Working"))
        self._button = QPushButton(tr("Cancel"))
        self._button.clicked.connect(lambda: controller.cancel(job))
        self._skip = QPushButton(tr("Skip this one"))
        self._skip.setToolTip(tr("The comparison goes on with the next method"))
        self._skip.clicked.connect(lambda: controller.skip(job))
        self._place = QPushButton(tr("Put into this picture"))
        self._place.clicked.connect(self._put_here)
        self._preview = QLabel()
        self._preview.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._grid = QGridLayout()
        self._lay_out()
        self._clock = QTimer(self)
        self._clock.timeout.connect(self._tick)
        self._clock.start(500)
        job.changed.connect(self.refresh)
        self.refresh()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self._skip, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self._button, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 6, 8)
        layout.setSpacing(4)
        layout.addLayout(head)
        for widget in (self._line, self._bar, self._place, self._notice, self._preview):
            layout.addWidget(widget)
        layout.addLayout(self._grid)
        self._column = layout

    def refresh(self) -> None:
        """Shows the job as it is now."""
        job = self.job
        self._line.setText(job.line)
        self._notice.setText(job.notice)
        self._notice.setVisible(bool(job.notice))
        self._bar.setVisible(not job.phase.settled)
        self._bar.setRange(0, 0 if job.fraction is None else 1000)
        self._bar.setValue(round(1000 * (job.fraction or 0)))
        self._button.setText(self._way_out())
        self._button.setEnabled(job.phase is not Phase.CANCELLING)
        self._skip.setVisible(job.phase is Phase.WORKING and self._compares)
        self._place.setVisible(job.phase is Phase.ORPHANED)
        self._show_preview()
        if job.phase is Phase.CHOOSING:
            self._show_answers()
        if job.phase is Phase.EXPLORING and self._pane is None:
            self._pane = StrengthPane(self._controller, job)
            self._column.addWidget(self._pane)
            self.grew.emit(self._pane)
        if job.phase is Phase.DONE:
            QTimer.singleShot(DONE_MS, lambda: self._controller.remove(job))

    @property
    def _compares(self) -> bool:
        return role_of(self.job.recipe.method, self._controller.offers) is Role.COMPARE

    def _way_out(self) -> str:
        if self.job.phase is Phase.EXPLORING and not self.job.nodes:
            return tr("Discard")
        return tr("Close") if self.job.phase.settled else tr("Cancel")

    def _tick(self) -> None:
        if self.job.phase is Phase.WORKING:
            self._line.setText(self.job.line)

    def _show_preview(self) -> None:
        image = self.job.preview if not self.job.phase.settled else None
        self._preview.setVisible(image is not None)
        if image is not None:
            self._preview.setPixmap(QPixmap.fromImage(_fitted(image, PREVIEW)))

    def _show_answers(self) -> None:
        if not self._answers:
            for index in range(len(self.job.afters)):
                answer = AnswerCard(self._controller, self.job, index, self._side())
                self._grid.addWidget(answer, index // COLUMNS, index % COLUMNS, Qt.AlignmentFlag.AlignLeft)
                self._answers.append(answer)
        for answer in self._answers:
            answer.refresh()

    def _side(self) -> int:
        """Of an answer's picture: what the card's width leaves beside frames and margins."""
        return max(48, min(160, self.width() // COLUMNS - 28))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  # Qt's name
        super().resizeEvent(event)
        for answer in self._answers:
            answer.fit(self._side())

    def _put_here(self) -> None:
        document, node = canvas.active()
        try:
            self._controller.arrivals.settle(self.job, canvas.spot(document, node))
        except OverpaintError as error:
            self._line.setText(sentence(error))


def _title(job: KritaJob) -> str:
    return shortened(job.recipe.prompt) or tr(job.recipe.method.title())


def _fitted(image: QImage, side: int) -> QImage:
    keep_ratio, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    return image.scaled(side, side, keep_ratio, smooth)


def _icon(image: QImage) -> QIcon:
    return QIcon(QPixmap.fromImage(image))
