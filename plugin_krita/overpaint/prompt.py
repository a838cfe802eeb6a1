"""The field for the words: Enter runs, Esc cancels, the arrow keys walk through earlier prompts."""

from __future__ import annotations

from . import canvas
from .qt import QKeyEvent, QLineEdit, Qt, QWidget, pyqtSignal
from .server.client.history import PromptHistory
from .server.client.translation import tr


class PromptLine(QLineEdit):
    run = pyqtSignal()
    cancel = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history = PromptHistory(canvas.setting("prompts"))
        self.setPlaceholderText(tr("What should be here?"))
        self.setAccessibleName(tr("What should be here?"))
        self.setToolTip(tr("Enter runs, Esc cancels, ↑ brings back earlier words"))
        self.setClearButtonEnabled(True)

    def remember(self) -> None:
        """The prompt was run."""
        self._history.add(self.text())
        canvas.set_setting("prompts", self._history.dump())

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  # Qt's name
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.run.emit()
        elif key == Qt.Key.Key_Escape:
            self.cancel.emit()
        elif key == Qt.Key.Key_Up:
            self.setText(self._history.older(self.text()))
        elif key == Qt.Key.Key_Down:
            self.setText(self._history.newer(self.text()))
        else:
            super().keyPressEvent(event)
