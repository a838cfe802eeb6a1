"""A learned picture in the docker: how it looks at an edit strength, the slider, and *Keep*. Nothing of it is in the
document until it is kept."""

from __future__ import annotations

from . import canvas, settings
from .buttons import small_button
from .controller import Controller
from .job import KritaJob
from .labels import Label, QuietLabel
from .qt import (
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QIcon,
    QImage,
    QLabel,
    QPixmap,
    QPushButton,
    QResizeEvent,
    QScrollArea,
    QSize,
    QSizePolicy,
    QSlider,
    Qt,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from .server.client.strengths import HIGHEST, LOWEST, Point
from .server.client.translation import tr
from .server.wire.errors import OverpaintError

LARGEST, SMALLEST = 320, 96
"""Of the picture's height and width, in pixels."""


class StrengthPane(QWidget):
    def __init__(self, controller: Controller, job: KritaJob) -> None:
        super().__init__()
        assert job.exploring is not None
        self._controller, self._job, self._exploring = controller, job, job.exploring
        self._drawn: tuple[QImage, QSize] | None = None
        self.picture = _Picture()
        self.eta = QSlider(Qt.Orientation.Horizontal)
        self.number = QDoubleSpinBox()
        self.variation = QComboBox()
        self.another = small_button("⚄", tr("Another variation"), self._another)
        self.status = Label()
        self.note = QuietLabel()
        self.retry = QToolButton()
        self.keep = QPushButton(tr("Keep"))
        self.keep_all = QPushButton(tr("Keep the range"))
        self.put_here = QPushButton(tr("Put into this picture"))
        self._set_up()
        self._lay_out()
        self._exploring.changed.connect(self.refresh)
        self.refresh()

    def _set_up(self) -> None:
        wanted = self._exploring.strengths.wanted.eta
        self.eta.setRange(round(100 * LOWEST), round(100 * HIGHEST))
        self.eta.setPageStep(10)
        self.eta.setTickPosition(QSlider.TickPosition.TicksBelow)
        self.eta.setTickInterval(50)
        self.eta.setValue(round(100 * wanted))
        self.number.setRange(LOWEST, HIGHEST)
        self.number.setSingleStep(0.01)
        self.number.setValue(wanted)
        for widget in (self.eta, self.number):
            widget.setToolTip(
                tr(
                    "How far to go towards your words: 0 is the picture as it was learned, "
                    "1 what the words alone ask for"
                )
            )
            widget.setAccessibleName(tr("Edit strength"))
        self.variation.setAccessibleName(tr("Variation"))
        self.variation.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.retry.setText(tr("Try again"))
        self.keep.setToolTip(tr("Make this one a layer"))
        self.keep_all.setToolTip(tr("Makes a group of layers, one for each edit strength that was painted first"))
        self.picture.pressed.connect(self.refresh)
        self.picture.released.connect(self.refresh)
        self.eta.valueChanged.connect(lambda value: self.number.setValue(value / 100))
        self.number.valueChanged.connect(self._moved)
        self.variation.activated.connect(self._chosen)
        self.retry.clicked.connect(lambda _checked=False: self._exploring.again())
        self.keep.clicked.connect(lambda _checked=False: self._controller.arrivals.keep_shown(self._job))
        self.keep_all.clicked.connect(lambda _checked=False: self._controller.arrivals.keep_sweep(self._job))
        self.put_here.clicked.connect(lambda _checked=False: self._put_here())

    def _lay_out(self) -> None:
        rows = QGridLayout()
        rows.setVerticalSpacing(3)
        rows.setColumnStretch(0, 1)
        self.eta.setMinimumWidth(40)
        rows.addWidget(QLabel(tr("Edit strength")), 0, 0, 1, 2)
        rows.addWidget(self.eta, 1, 0)
        rows.addWidget(self.number, 1, 1)
        rows.addWidget(self.variation, 2, 0)
        rows.addWidget(self.another, 2, 1, Qt.AlignmentFlag.AlignRight)
        told = QHBoxLayout()
        told.addWidget(self.status, 1)
        told.addWidget(self.retry)
        self.status.setMinimumHeight(self.fontMetrics().height() + 2)
        buttons = QHBoxLayout()
        buttons.addWidget(self.keep, 1)
        buttons.addWidget(self.keep_all, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.picture)
        column.addLayout(rows)
        column.addLayout(told)
        column.addLayout(buttons)
        column.addWidget(self.put_here)
        column.addWidget(self.note)

    # --- what the user does ------------------------------------------------------------------------

    def _moved(self, eta: float) -> None:
        self.eta.blockSignals(True)
        self.eta.setValue(round(100 * eta))
        self.eta.blockSignals(False)
        self._exploring.move(Point(self._exploring.strengths.wanted.seed, eta))

    def _chosen(self, index: int) -> None:
        self._exploring.move(Point(self._exploring.strengths.seeds[index], self.number.value()))

    def _another(self) -> None:
        self._exploring.move(Point(settings.new_seed(), self.number.value()))

    def _put_here(self) -> None:
        document, node = canvas.active()
        try:
            self._controller.arrivals.settle(self._job, canvas.spot(document, node))
        except OverpaintError as error:
            self._exploring.refuse(error)

    # --- what is shown -----------------------------------------------------------------------------

    def refresh(self) -> None:
        """Shows the slider's place as it is now."""
        exploring = self._exploring
        shown = exploring.strengths.shown
        if shown is not None:
            self._draw(exploring.before if self.picture.isDown() else shown[1].view)
        self.status.setText(exploring.line)
        self.retry.setVisible(exploring.trouble)
        self.note.setText(exploring.note)
        self.note.setVisible(bool(exploring.note))
        free = shown is not None and not exploring.placing
        self.keep.setEnabled(free)
        self.keep_all.setEnabled(free)
        self.put_here.setVisible(canvas.find_document(self._job.source.document_id) is None)
        self._list_variations()

    def _list_variations(self) -> None:
        seeds = self._exploring.strengths.seeds
        for index in range(self.variation.count(), len(seeds)):
            self.variation.addItem(tr("Variation {number}", number=index + 1))
        self.variation.setEnabled(len(seeds) > 1)
        wanted = self._exploring.strengths.wanted.seed
        if wanted in seeds:
            self.variation.setCurrentIndex(seeds.index(wanted))

    def _draw(self, image: QImage) -> None:
        room = QSize(max(48, min(LARGEST, self.width() - 12)), self._height())
        if self._drawn is None or self._drawn[0] is not image or self._drawn[1] != room:
            self._drawn = image, room
            self.picture.show_image(image, room)

    def _height(self) -> int:
        """The picture's at most: what the docker has beside the slider and the buttons, which stay in sight with it."""
        above = self.parentWidget()
        while above is not None and not isinstance(above, QScrollArea):
            above = above.parentWidget()
        beside = self.sizeHint().height() - self.picture.sizeHint().height() + 20
        return max(SMALLEST, min(LARGEST, above.viewport().height() - beside)) if above is not None else SMALLEST

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  # Qt's name
        super().resizeEvent(event)
        self.refresh()


class _Picture(QToolButton):
    """Held, it is as it was before."""

    def __init__(self) -> None:
        super().__init__()
        self.setAutoRaise(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)  # it must not widen the docker
        self.setToolTip(tr("Hold to see it as it was before"))
        self.setAccessibleName(tr("Preview"))

    def show_image(self, image: QImage, room: QSize) -> None:
        """As large as there is ``room``."""
        self.setIcon(QIcon(QPixmap.fromImage(image)))
        self.setIconSize(image.size().scaled(room, Qt.AspectRatioMode.KeepAspectRatio))
