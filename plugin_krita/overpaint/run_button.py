"""The one button of the docker."""

from __future__ import annotations

from .qt import QKeyEvent, QMenu, QSizePolicy, Qt, QToolButton
from .server.client.translation import tr


class RunButton(QToolButton):
    """The one button, with other methods under its arrow (the Down key opens them)."""

    def __init__(self) -> None:
        super().__init__()
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumHeight(self.fontMetrics().height() + 14)
        self.setToolTip(tr("The answer arrives as a new layer; your layer stays as it is"))
        self.setMenu(QMenu(self))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  # Qt's name
        if event.key() == Qt.Key.Key_Down:
            self.showMenu()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)
