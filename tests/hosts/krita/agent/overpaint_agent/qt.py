"""Qt as this Krita has it: PyQt5 in Krita 5, PyQt6 in Krita 6."""

from __future__ import annotations

try:
    from PyQt6.QtCore import QByteArray, QEventLoop, QItemSelectionModel, QModelIndex, QPoint, Qt, QTimer
    from PyQt6.QtTest import QTest
    from PyQt6.QtWidgets import QAbstractItemView, QApplication, QDockWidget, QTreeView, QWidget
except ImportError:
    from PyQt5.QtCore import QByteArray, QEventLoop, QItemSelectionModel, QModelIndex, QPoint, Qt, QTimer
    from PyQt5.QtTest import QTest
    from PyQt5.QtWidgets import QAbstractItemView, QApplication, QDockWidget, QTreeView, QWidget

__all__ = [
    "QAbstractItemView",
    "QApplication",
    "QByteArray",
    "QDockWidget",
    "QEventLoop",
    "QItemSelectionModel",
    "QModelIndex",
    "QPoint",
    "QTest",
    "QTimer",
    "QTreeView",
    "QWidget",
    "Qt",
]
