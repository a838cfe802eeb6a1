"""What becomes of the selection that was there when another one is answered. The same in every host."""

from __future__ import annotations

from enum import Enum

from .translation import tr


class Combining(str, Enum):
    """A person's choice."""

    REPLACE = "replace"
    """The usual one."""
    ADD = "add"
    SUBTRACT = "subtract"
    INTERSECT = "intersect"

    @property
    def label(self) -> str:
        """For a list to choose from."""
        return {
            Combining.REPLACE: tr("Replace the selection"),
            Combining.ADD: tr("Add to the selection"),
            Combining.SUBTRACT: tr("Take from the selection"),
            Combining.INTERSECT: tr("Keep what both have"),
        }[self]
