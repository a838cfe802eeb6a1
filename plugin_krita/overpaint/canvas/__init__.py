"""The one room that calls libkis: documents, layers, selections, their pixels, and what is kept in a document.

Reading and writing pixels are generators: they yield after every strip of a few milliseconds, so that whoever drives
them lets Qt's loop go on in between and Krita's window never stands still. What they return is their result.
"""

from __future__ import annotations

from krita import DockWidget, Document, Extension, Node, Selection, Window

from .documents import (
    active,
    application,
    find_document,
    find_node,
    has_selection,
    id_of,
    same,
    selected_bounds,
)
from .placing import NewLayer, place, place_group
from .reading import Pixels, picture, read, selection_of
from .source import Source, capture, nowhere, spot
from .spaces import Space
from .window import (
    add_docker,
    add_extension,
    icon,
    keep,
    kept,
    set_setting,
    setting,
    show_docker,
    show_message,
)

__all__ = [
    "DockWidget",
    "Document",
    "Extension",
    "NewLayer",
    "Node",
    "Pixels",
    "Selection",
    "Source",
    "Space",
    "Window",
    "active",
    "add_docker",
    "add_extension",
    "application",
    "capture",
    "find_document",
    "find_node",
    "has_selection",
    "icon",
    "id_of",
    "keep",
    "kept",
    "nowhere",
    "picture",
    "place",
    "place_group",
    "read",
    "same",
    "selected_bounds",
    "selection_of",
    "set_setting",
    "setting",
    "show_docker",
    "show_message",
    "spot",
]
