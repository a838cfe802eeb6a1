"""Python imports this at start where it lies on PYTHONPATH: the tests' own methods, and a fault in how the server
writes to its disk, which ``OVERPAINT_PLANTED`` names. Whoever looks for such faults has to find it."""

import os
import runpy
from pathlib import Path

runpy.run_path(str(Path(__file__).parents[2] / "pondering" / "sitecustomize.py"))

from server.journal import checked, spool, table  # noqa: E402
from server.workers import job  # noqa: E402


def nothing(*_: object) -> None: ...


def in_place(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")


def asynchronous() -> None:
    table.SYNCHRONOUS = "OFF"


def no_file_is_synced() -> None:
    os.fsync = nothing


def no_folder_is_synced() -> None:
    spool.sync_folder = job.sync_folder = nothing


def no_pixels_are_synced() -> None:
    spool.Spool.sync_uploads = nothing


def written_in_place() -> None:
    checked.write_private = in_place


def no_rows_are_written() -> None:
    table.Table.write = nothing


{
    "": nothing,
    "asynchronous": asynchronous,
    "no file is synced": no_file_is_synced,
    "no folder is synced": no_folder_is_synced,
    "no pixels are synced": no_pixels_are_synced,
    "written in place": written_in_place,
    "no rows are written": no_rows_are_written,
}[os.environ.get("OVERPAINT_PLANTED", "")]()
