"""The folded settings: one row each, with a tooltip of one sentence and a way back to the default."""

from __future__ import annotations

from . import canvas, settings
from .buttons import small_button
from .numbers import Number, Percent, Seed
from .qt import (
    QComboBox,
    QGridLayout,
    QLabel,
    QSizePolicy,
    Qt,
    QToolButton,
    QVBoxLayout,
    QWidget,
    pyqtSignal,
)
from .server.client.reading import Reading
from .server.client.translation import tr
from .server.wire.messages import MethodOffer, ModelOffer
from .settings import Settings
from .words import label, tip


class Fold(QWidget):
    """A heading that opens and closes what is below it."""

    def __init__(self, title: str, inside: QWidget, name: str) -> None:
        super().__init__()
        self._inside, self._name = inside, name
        self.button = QToolButton()
        self.button.setText(title)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setAutoRaise(True)
        self.button.clicked.connect(lambda _checked=False: self.open(not self._opened))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.button)
        layout.addWidget(inside)
        self.open(canvas.setting(f"open-{name}") == "yes")

    def open(self, opened: bool) -> None:
        self._opened = opened
        self._inside.setVisible(opened)
        self.button.setArrowType(Qt.ArrowType.DownArrow if opened else Qt.ArrowType.RightArrow)
        canvas.set_setting(f"open-{self._name}", "yes" if opened else "")


class Models(QComboBox):
    """The models the server has, and "Best for the job"."""

    changed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.addItem(tr("Best for the job"), "")
        self.currentIndexChanged.connect(lambda _index: self.changed.emit())

    def fill(self, models: tuple[ModelOffer, ...]) -> None:
        chosen = self.value()
        self.blockSignals(True)
        self.clear()
        self.addItem(tr("Best for the job"), "")
        for model in models:
            self.addItem(model.title, model.name)
            self.setItemData(self.count() - 1, model.good_for, Qt.ItemDataRole.ToolTipRole)
        self.blockSignals(False)
        self.show_value(chosen)

    def value(self) -> str:
        return self.currentData() or ""

    def show_value(self, value: str) -> None:
        at = self.findData(value)
        if at < 0:  # chosen earlier; the server may yet say that it has it
            self.addItem(value, value)
            at = self.count() - 1
        self.setCurrentIndex(at)


class Readings(QComboBox):
    """What of the picture is read."""

    changed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for reading in Reading:
            self.addItem(reading.label, reading)
            self.setItemData(self.count() - 1, reading.purpose, Qt.ItemDataRole.ToolTipRole)
        self.currentIndexChanged.connect(lambda _index: self.changed.emit())

    def value(self) -> Reading:
        return Reading(self.currentData())

    def show_value(self, value: Reading) -> None:
        self.setCurrentIndex(list(Reading).index(value))


class SettingsForm(QWidget):
    """All settings; the rarer ones folded once more. ``settings()`` is what they say now. ``refused``: a value that was
    typed is out of its range, which it says."""

    refused = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self._models = Models()
        self._seed = Seed()
        self._first: dict[str, QWidget] = {
            "model": self._models,
            "reading": Readings(),
            "variations": Number(1, 16, 1, auto=False),
            "seed": self._seed,
            "strength": Percent(),
        }
        self._rarer: dict[str, QWidget] = {
            "steps": Number(1, 500, 1),
            "guidance": Number(0, 50, 0.5, digits=1),
            "grow": Number(0, 1024, 1, auto=False, unit=" px"),
            "feather": Number(0, 1024, 1, unit=" px"),
            "context": Number(0, 8192, 16, unit=" px"),
        }
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 0, 0, 0)
        layout.addWidget(self._rows(self._first))
        layout.addWidget(Fold(tr("More"), self._rows(self._rarer), "more"))
        self._show(settings.load(canvas.setting("settings")))
        for field in self._fields().values():
            field.changed.connect(self._store)
            if hasattr(field, "refused"):
                field.refused.connect(self.refused)

    def _fields(self) -> dict[str, QWidget]:
        return self._first | self._rarer

    def settings(self) -> Settings:
        return Settings(**{name: field.value() for name, field in self._fields().items()})

    def finish(self) -> bool:
        """Takes what is being typed; False where something was refused."""
        return all(field.finish() for field in self._fields().values() if isinstance(field, Number))

    def models(self, offers: tuple[ModelOffer, ...], _methods: tuple[MethodOffer, ...] = ()) -> None:
        self._models.fill(offers)

    def ran(self) -> None:
        """An edit was begun with these settings: a seed that is not locked served this once."""
        if not self._seed.lock.isChecked():
            self._seed.show_value(None)

    def _show(self, wanted: Settings) -> None:
        for name, field in self._fields().items():
            field.show_value(getattr(wanted, name))
        self._seed.lock.setChecked(wanted.seed is not None)

    def _store(self) -> None:
        canvas.set_setting("settings", self.settings().dump())

    def _rows(self, fields: dict[str, QWidget]) -> QWidget:
        rows = QWidget()
        grid = QGridLayout(rows)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(1, 1)
        for row, (name, field) in enumerate(fields.items()):
            beside = QLabel(label(name))
            beside.setBuddy(field)
            field.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            sentence = tip(name)
            low_high = getattr(field, "range", ())
            for widget in (beside, field):
                widget.setToolTip(f"{sentence} ({low_high[0]} – {low_high[1]})" if low_high else sentence)
            field.setAccessibleName(label(name))
            for column, widget in enumerate((beside, field, self._back(name, field))):
                grid.addWidget(widget, row, column)
        return rows

    def _back(self, name: str, field: QWidget) -> QToolButton:
        """The button that puts the default back; it keeps its place while there is nothing to put back."""
        default = getattr(Settings(), name)
        button = small_button("↺", tr("Back to the default"), lambda: field.show_value(default))
        button.setEnabled(False)
        field.changed.connect(lambda: button.setEnabled(field.value() != default))
        return button
