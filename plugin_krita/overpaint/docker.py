"""The docker: the panel in Krita's frame."""

from __future__ import annotations

from . import canvas
from .controller import the_controller
from .panel import Panel


class OverpaintDocker(canvas.DockWidget):
    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Overpaint")
        controller = the_controller()
        self.panel = Panel(controller)
        self.setWidget(self.panel)
        self.visibilityChanged.connect(lambda visible: controller.greet() if visible else None)

    def canvasChanged(self, canvas: object) -> None:  # noqa: N802  # libkis' name
        self.panel.refresh()
