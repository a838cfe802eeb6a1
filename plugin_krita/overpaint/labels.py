"""Text in the docker: wraps, never makes it wider, and follows the palette."""

from __future__ import annotations

from .qt import QColor, QEvent, QLabel, QPalette, QSizePolicy, Qt

QUIET = 0.72
"""How much of the text colour is left in what is read second; the rest is the background's."""


class Label(QLabel):
    def __init__(self, text: str = "", bold: bool = False) -> None:
        super().__init__(text)
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setMinimumWidth(1)
        font = self.font()
        font.setBold(bold)
        self.setFont(font)


class QuietLabel(Label):
    """For what is read second."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        self._soften()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802  # Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.ApplicationPaletteChange:
            self._soften()

    def _soften(self) -> None:
        self.setPalette(QPalette())
        palette = self.palette()
        text = palette.color(QPalette.ColorRole.WindowText)
        back = palette.color(QPalette.ColorRole.Window)
        mixed = [QUIET * a + (1 - QUIET) * b for a, b in zip(text.getRgb()[:3], back.getRgb()[:3], strict=True)]
        palette.setColor(QPalette.ColorRole.WindowText, QColor(*map(round, mixed)))
        self.setPalette(palette)
