"""What asks for the value of one setting: ``value()``, ``show_value(…)``, and ``changed`` follows every change."""

from __future__ import annotations

from .numbers import Number, Percent, Seed
from .qt import QComboBox, QLineEdit, Qt, QWidget, pyqtSignal
from .server.client.combining import Combining
from .server.client.reading import Reading
from .server.client.translation import tr
from .server.wire.offers import ModelOffer
from .server.wire.setting import Setting, SettingKind


class ModelList(QComboBox):
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


class Ways(QComboBox):
    """One of the ways of a ``Reading`` or a ``Combining``."""

    changed = pyqtSignal()

    def __init__(self, ways: type[Reading] | type[Combining]) -> None:
        super().__init__()
        self._ways = ways
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for way in ways:
            self.addItem(way.label, way)
            self.setItemData(self.count() - 1, getattr(way, "purpose", ""), Qt.ItemDataRole.ToolTipRole)
        self.currentIndexChanged.connect(lambda _index: self.changed.emit())

    def value(self) -> Reading | Combining:
        return self._ways(self.currentData())

    def show_value(self, value: Reading | Combining) -> None:
        self.setCurrentIndex(list(self._ways).index(value))


class TextField(QLineEdit):
    """Text of a setting; ``changed`` comes with each letter."""

    changed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.textChanged.connect(lambda _text: self.changed.emit())

    def value(self) -> str:
        return self.text().strip()

    def show_value(self, value: str) -> None:
        self.setText(value)


class Choice(QComboBox):
    """One of the names that a setting has."""

    changed = pyqtSignal()

    def __init__(self, choices: tuple[str, ...]) -> None:
        super().__init__()
        self.addItem(tr("Auto"), "")
        for choice in choices:
            self.addItem(tr(choice), choice)
        self.currentIndexChanged.connect(lambda _index: self.changed.emit())

    def value(self) -> str:
        return self.currentData() or ""

    def show_value(self, value: str) -> None:
        self.setCurrentIndex(max(0, self.findData(value)))


def field_of(setting: Setting) -> QWidget:
    """What asks for it."""
    if setting.kind is SettingKind.SEED:
        return Seed()
    if setting.kind is SettingKind.SHARE:
        return Percent()
    if setting.kind is SettingKind.CHOICE:
        return Choice(setting.choices) if setting.choices else ModelList()
    if setting.range is None or setting.kind is SettingKind.NUMBERS:
        return TextField()
    digits = 1 if setting.kind is SettingKind.NUMBER else 0
    number = float if digits else int
    low, high, step = map(number, (setting.range.low, setting.range.high, setting.step))
    unit = f" {setting.unit}" if setting.unit else ""
    return Number(low, high, step, auto=setting.default is None, digits=digits, unit=unit)
