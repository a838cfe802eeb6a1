"""The folded settings: one row each, with a tooltip of one sentence and a way back to the default."""

from __future__ import annotations

import re
from collections.abc import Callable

from . import canvas, settings
from .qt import (
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QSpinBox,
    Qt,
    QToolButton,
    QValidator,
    QVBoxLayout,
    QWidget,
    pyqtSignal,
)
from .server.client.reading import Reading
from .server.wire.messages import MethodOffer, ModelOffer
from .server.wire.recipe import RANGES
from .settings import Settings, new_seed
from .words import say

HIGHEST_SEED = round(RANGES["seed"].high)


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


class Whole(QSpinBox):
    """Lets a number beyond its range be typed, to say what the range is instead of dropping digits silently."""

    refused = pyqtSignal()

    def validate(self, text: str, at: int) -> tuple[QValidator.State, str, int]:
        return _typed(self, super().validate(text, at), text)

    def fixup(self, text: str) -> str:
        self.refused.emit()
        return self.textFromValue(self.value())


class Decimal(QDoubleSpinBox):
    """The same for numbers with a point."""

    refused = pyqtSignal()

    def validate(self, text: str, at: int) -> tuple[QValidator.State, str, int]:
        return _typed(self, super().validate(text, at), text)

    def fixup(self, text: str) -> str:
        self.refused.emit()
        return self.textFromValue(self.value())


def _typed(
    spin: QSpinBox | QDoubleSpinBox, judged: tuple[QValidator.State, str, int], text: str
) -> tuple[QValidator.State, str, int]:
    number = text.removesuffix(spin.suffix()).strip().replace(",", ".")
    if judged[0] == QValidator.State.Invalid and re.fullmatch(r"-?\d{0,12}\.?\d?", number):
        return QValidator.State.Intermediate, judged[1], judged[2]
    return judged


class Number(QWidget):
    """A number or "Auto" (None), which is one step below ``low``. ``changed`` follows the user and ``show``;
    ``refused`` says the range where one beyond it was typed."""

    changed = pyqtSignal()
    refused = pyqtSignal(str)

    def __init__(
        self, low: float, high: float, step: float, *, auto: bool = True, digits: int = 0, unit: str = ""
    ) -> None:
        super().__init__()
        self._auto = auto
        self.range = f"{low:g}{unit}", f"{high:g}{unit}"
        self._spin = Decimal() if digits else Whole()
        self._spin.refused.connect(lambda: self.refused.emit(refusal(self.accessibleName(), *self.range)))
        if digits:
            self._spin.setDecimals(digits)
        self._spin.setRange(low - step if auto else low, high)
        self._spin.setSingleStep(step)
        self._spin.setSuffix(unit)
        if auto:
            self._spin.setSpecialValueText(say("auto"))
        self._spin.valueChanged.connect(lambda _value: self.changed.emit())
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._spin)
        self.setFocusProxy(self._spin)

    def value(self) -> float | None:
        if self._auto and self._spin.value() <= self._spin.minimum():
            return None
        return self._spin.value()

    def show_value(self, value: float | None) -> None:
        self._spin.setValue(self._spin.minimum() if value is None else value)


class Percent(Number):
    """Above 0 to 1, shown in percent: at 0 nothing would be done."""

    def __init__(self) -> None:
        super().__init__(1, 100, 5, unit=" %")

    def value(self) -> float | None:
        value = super().value()
        return None if value is None else value / 100

    def show_value(self, value: float | None) -> None:
        super().show_value(None if value is None else round(value * 100))


class Seed(QWidget):
    """Empty: a new seed each time. The die draws one; the lock keeps it for the edits after this one."""

    changed = pyqtSignal()
    refused = pyqtSignal(str)
    range = "0", str(HIGHEST_SEED)

    def __init__(self) -> None:
        super().__init__()
        self._last = ""
        self._number = QLineEdit()
        self._number.setPlaceholderText(say("auto"))
        self._number.textChanged.connect(self._digits)
        self._die = small_button("⚄", say("seed-die"), self.draw)
        self.lock = small_button("", say("seed-lock"), lambda: None)
        self.lock.setCheckable(True)
        self.lock.toggled.connect(self._show_lock)
        self._show_lock(False)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for widget in (self._number, self._die, self.lock):
            layout.addWidget(widget)
        self.setFocusProxy(self._number)

    def _digits(self, text: str) -> None:
        """What is no seed goes back to what was there before, and it is said why."""
        if text.isascii() and (not text or (text.isdigit() and int(text[:11]) <= HIGHEST_SEED and len(text) < 12)):
            self._last = text
            self.changed.emit()
        else:
            self._number.setText(self._last)
            self.refused.emit(refusal(say("seed"), *self.range))

    def _show_lock(self, locked: bool) -> None:
        self.lock.setIcon(canvas.icon("layer-locked" if locked else "layer-unlocked"))

    def draw(self) -> None:
        self._number.setText(str(new_seed()))

    def value(self) -> int | None:
        return int(self._number.text()) if self._number.text() else None

    def show_value(self, value: int | None) -> None:
        self._number.setText("" if value is None else str(value))


class Models(QComboBox):
    """The models the server has, and "Best for the job"."""

    changed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.addItem(say("model-auto"), "")
        self.currentIndexChanged.connect(lambda _index: self.changed.emit())

    def fill(self, models: tuple[ModelOffer, ...]) -> None:
        chosen = self.value()
        self.blockSignals(True)
        self.clear()
        self.addItem(say("model-auto"), "")
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


def refusal(name: str, low: str, high: str) -> str:
    return say("out-of-range", name=name, low=low, high=high)


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
        layout.addWidget(Fold(say("more-settings"), self._rows(self._rarer), "more"))
        self._show(settings.load(canvas.setting("settings")))
        for field in self._fields().values():
            field.changed.connect(self._store)
            if hasattr(field, "refused"):
                field.refused.connect(self.refused)

    def _fields(self) -> dict[str, QWidget]:
        return self._first | self._rarer

    def settings(self) -> Settings:
        return Settings(**{name: field.value() for name, field in self._fields().items()})

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
            label = QLabel(say(name))
            label.setBuddy(field)
            field.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            tip = say(f"{name}-tip")
            low_high = getattr(field, "range", ())
            for widget in (label, field):
                widget.setToolTip(f"{tip} ({low_high[0]} – {low_high[1]})" if low_high else tip)
            field.setAccessibleName(say(name))
            for column, widget in enumerate((label, field, self._back(name, field))):
                grid.addWidget(widget, row, column)
        return rows

    def _back(self, name: str, field: QWidget) -> QToolButton:
        """The button that puts the default back; it keeps its place while there is nothing to put back."""
        default = getattr(Settings(), name)
        button = small_button("↺", say("reset"), lambda: field.show_value(default))
        button.setEnabled(False)
        field.changed.connect(lambda: button.setEnabled(field.value() != default))
        return button


def small_button(text: str, tip: str, clicked: Callable[[], object]) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setAutoRaise(True)
    button.clicked.connect(lambda _checked=False: clicked())
    return button
