"""Buttons that are no more than a sign."""

from __future__ import annotations

from collections.abc import Callable

from .qt import QToolButton


def small_button(text: str, tip: str, clicked: Callable[[], object]) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setAutoRaise(True)
    button.clicked.connect(lambda _checked=False: clicked())
    return button
