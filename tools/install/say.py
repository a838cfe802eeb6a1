"""What the installer prints, and the one error it ends with."""

from __future__ import annotations

import sys


class InstallError(Exception):
    """Something a person has to put right; the text says what and how."""


def say(line: str) -> None:
    print(line, flush=True)


def warn(line: str) -> None:
    print(f"! {line}", file=sys.stderr, flush=True)
