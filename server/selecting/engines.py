"""Which engine looks."""

from __future__ import annotations

from .offline import OfflineEngine
from .prompts import Engine


def offline() -> Engine:
    """What needs no model."""
    return OfflineEngine()
