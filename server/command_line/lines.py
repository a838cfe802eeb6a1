"""Lines for a person or a program: results on standard output, all else on standard error.

Nothing that came from elsewhere gets to a terminal as anything but letters.
"""

from __future__ import annotations

import io
import json
import sys
from typing import Any

import typer

from server.wire import codec
from server.wire.text import printable


def make_steady() -> None:
    """A stream of few letters (a terminal without a locale, say) gets question marks for the others, and no error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def say(line: str) -> None:
    """One line of a result."""
    typer.echo(printable(line))


def complain(line: str) -> None:
    """One line for the person, beside the result."""
    typer.echo(printable(line), err=True)


def print_json(value: dict[str, Any]) -> None:
    """One line on standard output, in letters that every terminal and program takes."""
    typer.echo(json.dumps(value).replace("\x7f", "\\u007f"))


def plain(value: object) -> dict[str, Any]:
    """A value type as JSON has it."""
    fields: dict[str, Any] = json.loads(codec.to_text(value))
    return fields


def flush() -> None:
    """Raises OSError where what was written cannot get out."""
    if sys.stdout is not None:
        sys.stdout.flush()
