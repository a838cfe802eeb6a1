"""What a person sees while a command works: on standard error, so that results on standard output stay clean."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from server.client import events, wording
from server.client.translation import tr
from server.models.store.download import DownloadProgress
from server.wire.text import printable


class JobBar:
    """One line with the stage in words, a bar and the time left."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def __call__(self, event: events.Event) -> None:
        if isinstance(event, events.Connecting):
            self._show(tr("Starting…") if event.starting else "Looking for the server")
        elif isinstance(event, events.Uploading):
            self._show("Sending", event.fraction)
        elif isinstance(event, events.Queued):
            self._show(wording.place_line(event.place))
        elif isinstance(event, events.Progressed):
            self._show(wording.stage_line(event.stage, event.seconds_left), event.step / event.of if event.of else None)
        elif isinstance(event, events.Downloading):
            self._show("Receiving", event.fraction)
        elif isinstance(event, events.Interrupted):
            self._show(event.error.sentence)

    def transferred(self, transfer: DownloadProgress) -> None:
        amount = f"{transfer.done / 1e9:.2f} of {transfer.total / 1e9:.2f} GB"
        self._show(f"{amount} · {transfer.file}", transfer.done / transfer.total if transfer.total else None)

    def _show(self, words: str, fraction: float | None = None) -> None:
        self._progress.update(self._task, description=printable(words), total=1.0 if fraction is not None else None)
        self._progress.update(self._task, completed=fraction or 0.0)


@contextmanager
def job_bar() -> Iterator[JobBar]:
    console = Console(stderr=True)
    columns = (BarColumn(bar_width=30), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=console, transient=True) as progress:
        yield JobBar(progress, progress.add_task("", total=None))
