"""How a command ends when it cannot do what it was asked."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from server.wire.errors import Code, OverpaintError

FAILED, CANCELLED = 1, 130
"""Exit statuses: it could not be done; Ctrl-C. A wrong command line is 2."""


@contextmanager
def told(as_json: bool = False) -> Iterator[None]:
    """An error is told on standard error as a sentence with a hint, with ``as_json`` also as JSON on the output."""
    try:
        yield
    except KeyboardInterrupt:
        print("Cancelled.", file=sys.stderr)
        raise typer.Exit(CANCELLED) from None
    except OverpaintError as error:
        print(f"{error.sentence} {error.hint}".strip(), file=sys.stderr)
        if as_json:
            about = {"code": error.code.value, "sentence": error.sentence, "hint": error.hint}
            print(json.dumps({"error": about}, ensure_ascii=False))
        raise typer.Exit(CANCELLED if error.code is Code.CANCELLED else FAILED) from None
