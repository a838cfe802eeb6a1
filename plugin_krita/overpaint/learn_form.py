"""What is asked before a picture is learned: how, and beside it how long that will take and how much memory."""

from __future__ import annotations

from . import canvas
from .buttons import small_button
from .controller import Controller
from .estimate import EstimateKey, LiveEstimate
from .labels import Label, QuietLabel
from .qt import QComboBox, QHBoxLayout, QLabel, QSizePolicy, Qt, QVBoxLayout, QWidget, pyqtSignal
from .server.client.reading import Reading
from .server.client.translation import tr
from .server.wire.offers import MethodOffer
from .server.wire.recipe import Recipe


class LearnForm(QWidget):
    """``left``: the person wants to do something else. ``changed``: another preset."""

    left = pyqtSignal()
    changed = pyqtSignal()

    def __init__(self, controller: Controller) -> None:
        super().__init__()
        self._controller = controller
        self._presets = QComboBox()
        self._presets.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._presets.setToolTip(tr("Quicker ways of learning the picture, and more faithful ones"))
        self._presets.setAccessibleName(tr("How to learn"))
        self._presets.currentIndexChanged.connect(lambda _index: self._chosen())
        self._purpose = QuietLabel()
        self._estimate = LiveEstimate(controller)
        self._estimated = Label(self._estimate.text)
        self._estimated.setMinimumHeight(
            4 * self.fontMetrics().lineSpacing()
        )  # so that nothing moves when the answer comes
        self._estimated.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._estimate.changed.connect(lambda: self._estimated.setText(self._estimate.text))
        self._label = QLabel(tr("How to learn"))
        self._label.setBuddy(self._presets)
        row = QHBoxLayout()
        row.addWidget(self._label)
        row.addWidget(self._presets, 1)
        below = QHBoxLayout()
        below.addWidget(self._estimated, 1)
        below.addStretch()
        below.addWidget(small_button("×", tr("Do something else"), self.left.emit), 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addLayout(row)
        column.addWidget(self._purpose)
        column.addLayout(below)
        self.offer(None)

    @property
    def preset(self) -> str:
        """Empty: the method's usual one."""
        return self._presets.currentData() or ""

    @property
    def estimate(self) -> str:
        return self._estimate.text

    def offer(self, method: MethodOffer | None) -> None:
        """Fills the list with the ways in which ``method`` learns, which has no row where there are none. A choice of
        last time that is not there any more becomes the usual one. None: the server has not said yet."""
        presets = method.presets if method is not None else ()
        for widget in (self._label, self._presets):
            widget.setVisible(method is None or bool(presets))
        self._estimated.setVisible(method is None or method.estimates)
        if tuple(self._presets.itemData(row) for row in range(self._presets.count())) == tuple(
            preset.name for preset in presets
        ):
            return
        chosen = self.preset or canvas.setting("preset")
        self._presets.blockSignals(True)
        self._presets.clear()
        for preset in presets:
            self._presets.addItem(tr(preset.title), preset.name)
            self._presets.setItemData(self._presets.count() - 1, tr(preset.purpose), Qt.ItemDataRole.ToolTipRole)
        self._presets.setCurrentIndex(max(0, self._presets.findData(chosen)))
        self._presets.blockSignals(False)
        self._presets.setEnabled(len(presets) > 1)
        self._show_purpose()

    def show_estimate(self, recipe: Recipe | None, reading: Reading) -> None:
        """What would be done now with the active layer; None: there are no words yet."""
        self._estimate.want(_key(recipe, reading) if recipe is not None else None, lambda: _capture(reading))

    def _chosen(self) -> None:
        canvas.set_setting("preset", self.preset)
        self._show_purpose()
        self.changed.emit()

    def _show_purpose(self) -> None:
        purpose = self._presets.currentData(Qt.ItemDataRole.ToolTipRole) or ""
        self._purpose.setText(purpose)
        self._purpose.setVisible(bool(purpose))


def _key(recipe: Recipe, reading: Reading) -> EstimateKey:
    document, node = canvas.active()
    place = canvas.same(document) if document is not None else ""
    node_id = canvas.id_of(node) if node is not None else ""
    return EstimateKey(recipe, place, node_id, canvas.selected_bounds(), reading)


def _capture(reading: Reading) -> canvas.KritaSource:
    document, node = canvas.active()
    return canvas.capture(document, node, canvas.CaptureOptions(reading=reading))
