"""As much of libkis as the plugin calls, in memory: it stands for the Krita that has PyQt6, of which there is no
package to test in yet. Pixels are 8-bit BGRA, in documents of one flat stack of layers."""

from __future__ import annotations

import os
import zipfile

from PyQt6.QtCore import QByteArray, QRect, QUuid
from PyQt6.QtGui import QIcon
from PyQt6.QtWidgets import QDockWidget

PROFILE = "sRGB-elle-V2-srgbtrc.icc"


class Node:
    def __init__(self, name: str, kind: str) -> None:
        self._name, self._kind, self._id = name, kind, QUuid.createUuid()
        self._parent: Node | None = None
        self._children: list[Node] = []
        self._pixels: dict[tuple[int, int], bytes] = {}

    def name(self) -> str:
        return self._name

    def type(self) -> str:
        return self._kind

    def uniqueId(self) -> QUuid:  # noqa: N802
        return self._id

    def parentNode(self) -> Node | None:  # noqa: N802
        return self._parent

    def childNodes(self) -> list[Node]:  # noqa: N802
        return list(self._children)

    def addChildNode(self, child: Node, above: Node | None) -> bool:  # noqa: N802
        at = self._children.index(above) + 1 if above is not None else len(self._children)
        self._children.insert(at, child)
        child._parent = self
        return True

    def locked(self) -> bool:
        return False

    def visible(self) -> bool:
        return True

    def setVisible(self, shown: bool) -> None:  # noqa: N802
        pass

    def colorModel(self) -> str:  # noqa: N802
        return "RGBA"

    def colorDepth(self) -> str:  # noqa: N802
        return "U8"

    def colorProfile(self) -> str:  # noqa: N802
        return PROFILE

    def bounds(self) -> QRect:
        return QRect(0, 0, SIDE, SIDE) if self._pixels else QRect()

    def pixelData(self, x: int, y: int, w: int, h: int) -> QByteArray:  # noqa: N802
        clear = bytes(4)
        return QByteArray(b"".join(self._pixels.get((i, j), clear) for j in range(y, y + h) for i in range(x, x + w)))

    def setPixelData(self, data: QByteArray, x: int, y: int, w: int, h: int) -> bool:  # noqa: N802
        raw = bytes(data)
        for number in range(w * h):
            self._pixels[x + number % w, y + number // w] = raw[4 * number : 4 * number + 4]
        return True


SIDE = 48
"""Of every document, in pixels."""


class Selection:
    def __init__(self, bounds: QRect | None = None) -> None:
        self._bounds = bounds or QRect()

    def duplicate(self) -> Selection:
        return Selection(self._bounds)

    def x(self) -> int:
        return self._bounds.x()

    def y(self) -> int:
        return self._bounds.y()

    def width(self) -> int:
        return self._bounds.width()

    def height(self) -> int:
        return self._bounds.height()

    def pixelData(self, x: int, y: int, w: int, h: int) -> QByteArray:  # noqa: N802
        inside = self._bounds.contains
        return QByteArray(bytes(255 * inside(i, j) for j in range(y, y + h) for i in range(x, x + w)))


class Document:
    def __init__(self) -> None:
        self.root = Node("root", "grouplayer")
        self.chosen: Selection | None = None
        self.active: Node | None = None
        self.notes: dict[str, bytes] = {}

    def rootNode(self) -> Node:  # noqa: N802
        return self.root

    def activeNode(self) -> Node | None:  # noqa: N802
        return self.active

    def setActiveNode(self, node: Node) -> None:  # noqa: N802
        self.active = node

    def selection(self) -> Selection | None:
        return self.chosen

    def nodeByUniqueID(self, wanted: QUuid) -> Node | None:  # noqa: N802
        within = [inner for node in self.root.childNodes() for inner in (node, *node.childNodes())]
        return next((node for node in within if node.uniqueId() == wanted), None)

    def createNode(self, name: str, kind: str) -> Node:  # noqa: N802
        return Node(name, kind)

    def xOffset(self) -> int:  # noqa: N802
        return 0

    yOffset = xOffset  # noqa: N815

    def width(self) -> int:
        return SIDE

    height = width
    colorModel, colorDepth, colorProfile = Node.colorModel, Node.colorDepth, Node.colorProfile  # noqa: N815

    def annotationTypes(self) -> list[str]:  # noqa: N802
        return list(self.notes)

    def annotation(self, kind: str) -> QByteArray:
        return QByteArray(self.notes[kind])

    def setAnnotation(self, kind: str, title: str, data: QByteArray) -> None:  # noqa: N802
        self.notes[kind] = bytes(data)

    def setBatchmode(self, on: bool) -> None: ...  # noqa: N802
    def setModified(self, on: bool) -> None: ...  # noqa: N802
    def refreshProjection(self) -> None: ...  # noqa: N802
    def waitForDone(self) -> None: ...  # noqa: N802
    def close(self) -> None: ...

    def saveAs(self, path: str) -> bool:  # noqa: N802
        """As Krita does it: the profile lies in the file."""
        with zipfile.ZipFile(path, "w") as file:
            file.write(os.environ["LIBKIS_PROFILE"], "test/annotations/icc")
        return True


class Krita:
    _one: Krita | None = None

    def __init__(self) -> None:
        self.settings: dict[str, str] = {}
        self.open: list[Document] = []

    @classmethod
    def instance(cls) -> Krita:
        cls._one = cls._one or Krita()
        return cls._one

    def activeDocument(self) -> Document | None:  # noqa: N802
        return self.open[-1] if self.open else None

    def documents(self) -> list[Document]:
        return list(self.open)

    def createDocument(self, *_settings: object) -> Document:  # noqa: N802
        return Document()

    def readSetting(self, group: str, name: str, otherwise: str) -> str:  # noqa: N802
        return self.settings.get(name, otherwise)

    def writeSetting(self, group: str, name: str, value: str) -> None:  # noqa: N802
        self.settings[name] = value

    def icon(self, name: str) -> QIcon:
        return QIcon()

    def getAppDataLocation(self) -> str:  # noqa: N802
        return "/nowhere"

    def version(self) -> str:
        return "6.0"

    def addDockWidgetFactory(self, factory: object) -> None: ...  # noqa: N802
    def addExtension(self, extension: object) -> None: ...  # noqa: N802


class DockWidget(QDockWidget):
    pass


class Extension:
    def __init__(self, parent: object) -> None: ...


class DockWidgetFactoryBase:
    class DockPosition:
        DockRight = 0


class DockWidgetFactory:
    def __init__(self, *_settings: object) -> None: ...


class Window:
    pass
