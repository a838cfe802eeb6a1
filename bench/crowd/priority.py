"""Who goes first where one machine plays many."""

from __future__ import annotations

import os


def stand_back() -> None:
    """This thread, and those it starts from now on, take what the gateway leaves of the processors: hosts and devices
    that are stand-ins here have their own elsewhere."""
    if hasattr(os, "nice"):
        os.nice(19)
