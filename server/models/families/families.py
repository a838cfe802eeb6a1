"""The families of models that Overpaint can run, collected from their files and from other packages. Torch-free.

A family is one file: in this folder, its ``Family`` called ``FAMILY`` (several: ``FAMILIES``), or in another package,
which names such a value as an entry point of the group ``overpaint.families``.
"""

from __future__ import annotations

import logging
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import entry_points

from server.wire.errors import Code, OverpaintError

from . import __name__ as _here
from . import __path__ as _folder
from .family import Ability, Family

__all__ = ["FAMILIES", "Ability", "Family", "family", "family_of_pipeline"]

log = logging.getLogger(__name__)

GROUP = "overpaint.families"


def _own() -> Iterator[Family]:
    for found in sorted(pkgutil.iter_modules(_folder), key=lambda module: module.name):
        if found.name == "families":  # this file
            continue
        module = import_module(f"{_here}.{found.name}")
        yield from getattr(module, "FAMILIES", ())
        if hasattr(module, "FAMILY"):
            yield module.FAMILY


def _foreign() -> Iterator[Family]:
    """What cannot be imported is left out: one package's fault is not to stop the server."""
    for entry in entry_points(group=GROUP):
        try:
            yield entry.load()
        except Exception:
            log.exception("the model family %s of %s cannot be used", entry.name, entry.value)


def _collected() -> tuple[Family, ...]:
    """Of two families with one name, our own; then that which is found first."""
    found: dict[str, Family] = {}
    for entry in (*_own(), *_foreign()):
        found.setdefault(entry.name, entry)
    return tuple(found.values())


FAMILIES: tuple[Family, ...] = _collected()


def family(name: str) -> Family:
    """Raises ``OverpaintError`` (unknown-model) for a family this version cannot run."""
    for entry in FAMILIES:
        if entry.name == name:
            return entry
    raise OverpaintError(
        Code.UNKNOWN_MODEL,
        f"This version cannot run models of the family “{name}”.",
        f"It can run: {', '.join(entry.title for entry in FAMILIES)}.",
    )


def family_of_pipeline(class_name: str) -> Family | None:
    """The family of a diffusers folder whose model_index.json names ``class_name``; None for one we cannot run."""
    return next((entry for entry in FAMILIES if class_name in entry.pipelines), None)
