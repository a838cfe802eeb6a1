"""Fields for numbers, which say their range where one beyond it is typed."""

from __future__ import annotations

import re

from . import canvas
from .buttons import small_button
from .qt import QDoubleSpinBox, QHBoxLayout, QLineEdit, QSpinBox, QValidator, QWidget, pyqtSignal
from .server.client.translation import tr
from .server.wire.recipe import RANGES
from .settings import new_seed

HIGHEST_SEED = round(RANGES["seed"].high)


class Whole(QSpinBox):
    """Lets a number beyond its range be typed, to say what the range is instead of dropping digits silently."""

    refused = pyqtSignal()

    def validate(self, text: str, at: int) -> tuple[QValidator.State, str, int]:
        return _typed(self, super().validate(text, at), text)

    def fixup(self, text: str) -> str:
        return _fixed(self, text)


class Decimal(QDoubleSpinBox):
    """The same for numbers with a point."""

    refused = pyqtSignal()

    def validate(self, text: str, at: int) -> tuple[QValidator.State, str, int]:
        return _typed(self, super().validate(text, at), text)

    def fixup(self, text: str) -> str:
        return _fixed(self, text)


def _fixed(spin: Whole | Decimal, text: str) -> str:
    """Qt asks for "Auto", too, which is no number, with the unit behind it."""
    if text.removesuffix(spin.suffix()) == spin.specialValueText():
        return spin.specialValueText()
    spin.refused.emit()
    return spin.textFromValue(spin.value())


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
        self._spin.setKeyboardTracking(False)  # half a number is not a value
        self._spin.setSuffix(unit)
        if auto:
            self._spin.setSpecialValueText(tr("Auto"))
        self._spin.valueChanged.connect(lambda _value: self.changed.emit())
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._spin)
        self.setFocusProxy(self._spin)

    def value(self) -> float | None:
        if self._auto and self._spin.value() <= self._spin.minimum():
            return None
        return self._spin.value()

    def finish(self) -> bool:
        """Takes what is being typed; False where that is out of range and was refused."""
        good = self._spin.hasAcceptableInput()
        self._spin.interpretText()
        return good

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
        self._number.setPlaceholderText(tr("Auto"))
        self._number.textChanged.connect(self._digits)
        self._die = small_button("⚄", tr("Another seed"), self.draw)
        self.lock = small_button("", tr("Keep this seed for the next edits"), lambda: None)
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
            self.refused.emit(refusal(self.accessibleName(), *self.range))

    def _show_lock(self, locked: bool) -> None:
        self.lock.setIcon(canvas.icon("layer-locked" if locked else "layer-unlocked"))

    def draw(self) -> None:
        self._number.setText(str(new_seed()))

    def value(self) -> int | None:
        return int(self._number.text()) if self._number.text() else None

    def show_value(self, value: int | None) -> None:
        self._number.setText("" if value is None else str(value))


def refusal(name: str, low: str, high: str) -> str:
    return tr("{name}: {low} to {high}.", name=name, low=low, high=high)
