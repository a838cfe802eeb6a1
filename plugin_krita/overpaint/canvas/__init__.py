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
    place_of,
    room_selected,
    same,
    selected_bounds,
)
from .enlarging import LargerPicture, enlarge, holds
from .pictures import picture, selection_of
from .placing import KritaNewLayer, place, place_group
from .reading import read
from .references import KritaReference, also_selected, found_again, noted, read_reference
from .selecting import select
from .source import CaptureOptions, KritaSource, capture, nowhere, spot
from .spaces import KritaSpace
from .taking import Fit, Pixels
from .window import (
    add_docker,
    add_extension,
    icon,
    isolated,
    keep,
    kept,
    set_setting,
    setting,
    show_docker,
    show_message,
)

__all__ = [
    "CaptureOptions",
    "DockWidget",
    "Document",
    "Extension",
    "Fit",
    "KritaNewLayer",
    "KritaReference",
    "KritaSource",
    "KritaSpace",
    "LargerPicture",
    "Node",
    "Pixels",
    "Selection",
    "Window",
    "active",
    "add_docker",
    "add_extension",
    "also_selected",
    "application",
    "capture",
    "enlarge",
    "find_document",
    "find_node",
    "found_again",
    "has_selection",
    "holds",
    "icon",
    "id_of",
    "isolated",
    "keep",
    "kept",
    "noted",
    "nowhere",
    "picture",
    "place",
    "place_group",
    "place_of",
    "read",
    "read_reference",
    "room_selected",
    "same",
    "select",
    "selected_bounds",
    "selection_of",
    "set_setting",
    "setting",
    "show_docker",
    "show_message",
    "spot",
]
