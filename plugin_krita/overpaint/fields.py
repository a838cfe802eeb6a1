"""The folded settings: one row each, with a tooltip of one sentence and a way back to the default."""

from __future__ import annotations

from . import canvas, settings
from .buttons import small_button
from .numbers import Number, Seed
from .qt import QGridLayout, QLabel, QSizePolicy, Qt, QToolButton, QVBoxLayout, QWidget, pyqtSignal
from .server.client.combining import Combining
from .server.client.reading import Reading
from .server.client.translation import tr
from .server.wire.offers import Answers, MethodOffer, ModelOffer
from .server.wire.recipe import Extra, Recipe
from .server.wire.setting import Group, Setting, SettingKind
from .settings import ASKED, Settings
from .values import ModelList, Ways, field_of


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


class SettingsForm(QWidget):
    """All settings that the method to come reads, its own too; the rarer ones folded once more. ``settings()`` is what
    they say now. ``refused``: a value that was typed is out of its range, which it says."""

    refused = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[str, SettingRow] = {}
        self._own: dict[str, tuple[Setting, SettingRow, SettingRows]] = {}
        self._offer: MethodOffer | None = None
        first, more = (SettingRows(), SettingRows())
        for setting in ASKED:
            rows = first if setting.group is Group.FIRST else more
            self._rows[setting.name] = rows.add(
                SettingRow(setting, field_of(setting), getattr(Recipe(""), setting.name))
            )
            if setting.name == "model":
                self._readings = first.add(SettingRow(READING, Ways(Reading), Reading.LAYER))
                self._combinings = first.add(SettingRow(COMBINING, Ways(Combining), Combining.REPLACE))
        self._first, self._more = first, more
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 0, 0, 0)
        layout.addWidget(first)
        layout.addWidget(Fold(tr("More"), more, "more"))
        self._show(settings.load(canvas.setting("settings")))
        self._combinings.setVisible(False)
        for row in (*self._rows.values(), self._readings, self._combinings):
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
        own = {name: row.field for name, (_, row, _) in self._own.items()}
        ways = {"reading": self._readings.field, "combining": self._combinings.field}
        return {**{name: row.field for name, row in self._rows.items()}, **ways, **own}

    def settings(self) -> Settings:
        chosen = {name: row.field.value() for name, row in self._rows.items()}
        extras = tuple(
            Extra(name, _as_text(row.field.value()))
            for name, (setting, row, _) in self._own.items()
            if row.field.value() not in (None, "", setting.default)
        )
        return Settings(
            Recipe("", **chosen, extras=extras), self._readings.field.value(), self._combinings.field.value()
        )

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
        self._combinings.setVisible(offer is not None and offer.answers is Answers.SELECTION)
        for _, row, rows in self._own.values():
            rows.remove(row)
        self._own = {setting.name: self._added(setting) for setting in (offer.own if offer is not None else ())}

    def _added(self, setting: Setting) -> tuple[Setting, SettingRow, SettingRows]:
        rows = self._first if setting.group is Group.FIRST else self._more
        row = rows.add(SettingRow(setting, field_of(setting), _shown(setting)))
        row.field.show_value(_shown(setting))
        self._follow(row.field)
        return setting, row, rows

    def ran(self) -> None:
        """An edit was begun with these settings: a seed that is not locked served this once."""
        if not self._seed.lock.isChecked():
            self._seed.show_value(None)

    def _show(self, wanted: Settings) -> None:
        for name, row in self._rows.items():
            row.field.show_value(getattr(wanted.chosen, name))
        self._readings.field.show_value(wanted.reading)
        self._combinings.field.show_value(wanted.combining)
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
COMBINING = Setting("combining", SettingKind.CHOICE, "Selection", "What becomes of the selection that is there")
