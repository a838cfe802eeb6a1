"""How a command ends when it cannot do what it was asked: in words, never with a traceback."""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from server.command_line import lines
from server.wire.errors import Code, OverpaintError
from server.wire.files import private_folder
from server.wire.paths import Home
from server.wire.trouble import of_os

FAILED, CANCELLED = 1, 130
"""Exit statuses: it could not be done; Ctrl-C. A wrong command line is 2."""


@contextmanager
def reporting_errors(as_json: bool = False) -> Iterator[None]:
    """An error is told on standard error as a sentence with a hint, with ``as_json`` also as JSON on the output."""
    try:
        yield
    except (typer.Exit, typer.Abort, typer.BadParameter):
        raise
    except KeyboardInterrupt:
        lines.complain("Cancelled.")
        raise typer.Exit(CANCELLED) from None
    except BrokenPipeError:  # whoever read the output has had enough
        _close_output()
        raise typer.Exit(FAILED) from None
    except OverpaintError as error:
        raise _tell(error, as_json) from None
    except OSError as error:
        home = Home.if_any()
        raise _tell(of_os(error, home.path if home else None), as_json) from None
    except Exception as error:  # noqa: BLE001 - the last resort: a sentence, and the rest into the log
        raise _tell(_our_fault(error), as_json) from None


@contextmanager
def command(as_json: bool = False) -> Iterator[Home]:
    """``reporting_errors``, with Overpaint's folder of this user: here it is read from the environment, once for each
    command."""
    with reporting_errors(as_json):
        yield Home.of_user()


def _tell(error: OverpaintError, as_json: bool) -> typer.Exit:
    lines.complain(f"{error.sentence} {error.hint}".strip())
    if as_json:
        about = {"code": error.code.value, "sentence": error.sentence, "hint": error.hint}
        lines.print_json({"error": about})
    return typer.Exit(CANCELLED if error.code is Code.CANCELLED else FAILED)


def _our_fault(error: Exception) -> OverpaintError:
    sentence = f"This is a fault of Overpaint's own ({type(error).__name__})."
    try:
        path = private_folder(Home.of_user().logs) / "command-line.log"
        with path.open("a", encoding="utf-8", errors="backslashreplace") as log:
            log.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} ERROR\n{traceback.format_exc()}\n")
    except (OSError, OverpaintError):
        return OverpaintError(Code.INTERNAL, sentence, "Try again; if it stays, please report it.")
    return OverpaintError(Code.INTERNAL, sentence, f"Try again; if it stays, please report it, with {path}.")


def run(app: typer.Typer) -> None:
    """The whole of a command, to the last word on its output. Does not return."""
    lines.make_steady()
    status = FAILED
    try:
        with reporting_errors():
            try:
                app(prog_name="overpaint")
            except SystemExit as end:
                status = end.code if isinstance(end.code, int) else FAILED
            if status == 0:
                lines.flush()
    except typer.Exit as end:
        status = end.exit_code
    if status:
        _close_output()
    sys.exit(status)


def _close_output() -> None:
    """What can still be written is; what cannot, Python shall not try once more at its end, and complain."""
    try:
        lines.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
