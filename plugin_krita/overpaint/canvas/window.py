"""What is kept in a document and in Krita's settings, and what stands around the picture."""

from __future__ import annotations

from krita import DockWidget, DockWidgetFactory, DockWidgetFactoryBase, Document, Extension, Krita

from ..qt import QByteArray, QIcon, QObject


def keep(document: Document, kind: str, title: str, data: bytes) -> None:
    """Stored in the document under ``kind`` (an annotation) and saved with it."""
    document.setAnnotation(kind, title, QByteArray(data))


def kept(document: Document, kind: str) -> bytes:
    """What ``keep`` stored; empty if nothing."""
    return bytes(document.annotation(kind)) if kind in document.annotationTypes() else b""


def setting(name: str) -> str:
    return Krita.instance().readSetting("overpaint", name, "")


def set_setting(name: str, value: str) -> None:
    Krita.instance().writeSetting("overpaint", name, value)


def add_docker(kind: type[DockWidget]) -> None:
    where = DockWidgetFactoryBase.DockPosition.DockRight
    Krita.instance().addDockWidgetFactory(DockWidgetFactory("overpaint", where, kind))


def add_extension(kind: type[Extension]) -> None:
    Krita.instance().addExtension(kind(Krita.instance()))


def icon(name: str) -> QIcon:
    return Krita.instance().icon(name)


def show_docker(object_name: str) -> QObject | None:
    """Opens and raises the docker and returns it."""
    for docker in Krita.instance().dockers():
        if docker.objectName() == object_name:
            docker.setVisible(True)
            docker.raise_()
            return docker
    return None


def show_message(text: str) -> None:
    """In the window's own way, over the canvas, for a few seconds."""
    window = Krita.instance().activeWindow()
    view = window.activeView() if window else None
    if view is not None and view.visible():
        view.showFloatingMessage(text, Krita.instance().icon("dialog-warning"), 4000, 1)


def isolated() -> bool:
    """Whether Krita shows the active layer or group alone, and nothing that is put beside it."""
    actions = (Krita.instance().action(f"isolate_active_{what}") for what in ("layer", "group"))
    return any(action is not None and action.isChecked() for action in actions)
