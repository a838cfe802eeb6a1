"""Qt, from PyQt5 (Krita 5) or PyQt6 (Krita 6): the one place that chooses. Both take enums written in full."""

from __future__ import annotations

import sys

if "PyQt6.QtCore" in sys.modules:
    SIX = True
else:
    try:
        import PyQt5.QtCore  # noqa: F401

        SIX = False
    except ImportError:
        SIX = True

if SIX:
    from PyQt6.QtCore import (
        QBuffer,
        QByteArray,
        QCoreApplication,
        QEvent,
        QEventLoop,
        QIODevice,
        QLocale,
        QObject,
        QPoint,
        QRect,
        QSize,
        QStandardPaths,
        Qt,
        QTimer,
        QUuid,
        pyqtSignal,
    )
    from PyQt6.QtGui import (
        QAction,
        QColor,
        QIcon,
        QImage,
        QKeyEvent,
        QPainter,
        QPalette,
        QPixmap,
        QResizeEvent,
        QValidator,
    )
    from PyQt6.QtWidgets import (
        QApplication,
        QComboBox,
        QDoubleSpinBox,
        QFormLayout,
        QFrame,
        QGridLayout,
        QHBoxLayout,
        QLabel,
        QLineEdit,
        QMenu,
        QProgressBar,
        QPushButton,
        QScrollArea,
        QSizePolicy,
        QSlider,
        QSpinBox,
        QToolButton,
        QVBoxLayout,
        QWidget,
    )
else:
    from PyQt5.QtCore import (
        QBuffer,
        QByteArray,
        QCoreApplication,
        QEvent,
        QEventLoop,
        QIODevice,
        QLocale,
        QObject,
        QPoint,
        QRect,
        QSize,
        QStandardPaths,
        Qt,
        QTimer,
        QUuid,
        pyqtSignal,
    )
    from PyQt5.QtGui import QColor, QIcon, QImage, QKeyEvent, QPainter, QPalette, QPixmap, QResizeEvent, QValidator
    from PyQt5.QtWidgets import (
        QAction,
        QApplication,
        QComboBox,
        QDoubleSpinBox,
        QFormLayout,
        QFrame,
        QGridLayout,
        QHBoxLayout,
        QLabel,
        QLineEdit,
        QMenu,
        QProgressBar,
        QPushButton,
        QScrollArea,
        QSizePolicy,
        QSlider,
        QSpinBox,
        QToolButton,
        QVBoxLayout,
        QWidget,
    )

__all__ = [
    "QAction",
    "QApplication",
    "QBuffer",
    "QByteArray",
    "QColor",
    "QComboBox",
    "QCoreApplication",
    "QDoubleSpinBox",
    "QEvent",
    "QEventLoop",
    "QFormLayout",
    "QFrame",
    "QGridLayout",
    "QHBoxLayout",
    "QIODevice",
    "QIcon",
    "QImage",
    "QKeyEvent",
    "QLabel",
    "QLineEdit",
    "QLocale",
    "QMenu",
    "QObject",
    "QPainter",
    "QPalette",
    "QPixmap",
    "QPoint",
    "QProgressBar",
    "QPushButton",
    "QRect",
    "QResizeEvent",
    "QScrollArea",
    "QSize",
    "QSizePolicy",
    "QSlider",
    "QSpinBox",
    "QStandardPaths",
    "QTimer",
    "QToolButton",
    "QUuid",
    "QVBoxLayout",
    "QValidator",
    "QWidget",
    "Qt",
    "pyqtSignal",
]
