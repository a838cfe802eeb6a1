"""The folded settings: one row each, with a tooltip of one sentence and a way back to the default."""

from __future__ import annotations

from . import canvas, settings
from .buttons import small_button
from .numbers import Number, Percent, Seed
from .qt import (
    QComboBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    Qt,
    QToolButton,
    QVBoxLayout,
    QWidget,
    pyqtSignal,
)
from .server.client.reading import Reading
from .server.client.translation import tr
from .server.wire.offers import MethodOffer, ModelOffer
from .server.wire.recipe import Extra, Recipe
from .server.wire.setting import Group, Setting, SettingKind
from .settings import ASKED, Settings


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


class SettingsForm(QWidget):
    """All settings that the method to come reads, its own too; the rarer ones folded once more. ``settings()`` is what
    they say now. ``refused``: a value that was typed is out of its range, which it says."""

    refused = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[str, SettingRow] = {}
        self._own: dict[str, tuple[Setting, SettingRow]] = {}
        self._offer: MethodOffer | None = None
        first, more = (SettingRows(), SettingRows())
        for setting in ASKED:
            rows = first if setting.group is Group.FIRST else more
            self._rows[setting.name] = rows.add(
                SettingRow(setting, field_of(setting), getattr(Recipe(""), setting.name))
            )
            if setting.name == "model":
                self._readings = SettingRow(READING, Readings(), Reading.LAYER)
                first.add(self._readings)
        self._more = more
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 0, 0, 0)
        layout.addWidget(first)
        layout.addWidget(Fold(tr("More"), more, "more"))
        self._show(settings.load(canvas.setting("settings")))
        for row in (*self._rows.values(), self._readings):
            self._follow(row.field)

    def _follow(self, field: QWidget) -> None:
        field.changed.connect(self._store)
        if hasattr(field, "refused"):
            field.refused.connect(self.refused)

    @property
    def _models(self) -> ModelList:
        return self._rows["model"].field

    @property
    def _seed(self) -> Seed:
        return self._rows["seed"].field

    def _fields(self) -> dict[str, QWidget]:
        own = {name: row.field for name, (_, row) in self._own.items()}
        return {**{name: row.field for name, row in self._rows.items()}, "reading": self._readings.field, **own}

    def settings(self) -> Settings:
        chosen = {name: row.field.value() for name, row in self._rows.items()}
        extras = tuple(
            Extra(name, _as_text(row.field.value()))
            for name, (setting, row) in self._own.items()
            if row.field.value() not in (None, "", setting.default)
        )
        return Settings(Recipe("", **chosen, extras=extras), self._readings.field.value())

    def finish(self) -> bool:
        """Takes what is being typed; False where something was refused."""
        return all(field.finish() for field in self._fields().values() if isinstance(field, Number))

    def models(self, offers: tuple[ModelOffer, ...]) -> None:
        self._models.fill(offers)

    def fit(self, offer: MethodOffer | None) -> None:
        """Shows what the method reads, and nothing else; all of it while that is not known."""
        if offer == self._offer:
            return
        self._offer = offer
        for name, row in self._rows.items():
            row.setVisible(offer is None or name in offer.settings)
        for _, row in self._own.values():
            self._more.remove(row)
        own = offer.own if offer is not None else ()
        self._own = {
            setting.name: (setting, SettingRow(setting, field_of(setting), _shown(setting))) for setting in own
        }
        for setting, row in self._own.values():
            self._more.add(row)
            row.field.show_value(_shown(setting))
            self._follow(row.field)

    def ran(self) -> None:
        """An edit was begun with these settings: a seed that is not locked served this once."""
        if not self._seed.lock.isChecked():
            self._seed.show_value(None)

    def _show(self, wanted: Settings) -> None:
        for name, row in self._rows.items():
            row.field.show_value(getattr(wanted.chosen, name))
        self._readings.field.show_value(wanted.reading)
        self._seed.lock.setChecked(wanted.chosen.seed is not None)

    def _store(self) -> None:
        canvas.set_setting("settings", self.settings().dump())


def _shown(setting: Setting) -> float | int | str | None:
    """Its default as its field has it."""
    if setting.range is None:
        return ""
    whole = setting.default is not None and setting.kind is SettingKind.WHOLE
    return round(setting.default) if whole and setting.default is not None else setting.default


def _as_text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


class SettingRows(QWidget):
    """Rows below each other."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnStretch(1, 1)

    def add(self, row: SettingRow) -> SettingRow:
        at = self._grid.rowCount()
        for column, widget in enumerate(row.widgets):
            self._grid.addWidget(widget, at, column)
        return row

    def remove(self, row: SettingRow) -> None:
        for widget in row.widgets:
            self._grid.removeWidget(widget)
            widget.deleteLater()


class SettingRow:
    """A label, what asks for the value, and a way back to ``default``, which keeps its place while there is nothing to
    put back."""

    def __init__(self, setting: Setting, field: QWidget, default: object) -> None:
        self.field = field
        title, tip = tr(setting.title), tr(setting.tip)
        label = QLabel(title)
        label.setBuddy(field)
        field.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        low_high = getattr(field, "range", ())
        for widget in (label, field):
            widget.setToolTip(f"{tip} ({low_high[0]} – {low_high[1]})" if low_high else tip)
        field.setAccessibleName(title)
        back = small_button("↺", tr("Back to the default"), lambda: field.show_value(default))
        back.setEnabled(False)
        field.changed.connect(lambda: back.setEnabled(field.value() != default))
        self.widgets = (label, field, back)

    def setVisible(self, shown: bool) -> None:  # noqa: N802  # Qt's name
        for widget in self.widgets:
            widget.setVisible(shown)


READING = Setting("reading", SettingKind.CHOICE, "Reads", "What of the picture is read")
