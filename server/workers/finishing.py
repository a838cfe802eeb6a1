"""From what a method answered to the blobs that a host puts into its document as they are."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace

from server.editing.edit import Answer, Report, Step
from server.editing.results import EditedCrop, FinishedPart, Result
from server.wire import results
from server.wire.errors import Code, OverpaintError
from server.wire.offers import Answers, Limits
from server.wire.results import ResultBlob
from server.workers.runner import JobFiles

log = logging.getLogger(__name__)


def finish(
    answer: Answer[Result], declared: Answers, crop: EditedCrop, files: JobFiles, report: Report
) -> Iterator[ResultBlob]:
    """Writes the answer, part by part, and says what each is. ``declared``: what the method says that it answers.

    Raises ``OverpaintError`` before anything is written: edit-failed for an answer of another kind, or that is none at
    all, too-large beyond the limits; and whatever the kind of result raises.
    """
    _check_kind(answer, declared, crop.recipe.method)
    parts = _named(answer.result.parts(crop))
    results.check([part.about for part in parts], Limits())
    for number, part in enumerate(parts):
        report(Step(answer.result.stage, number, len(parts)))
        files.write(part.about.blob, part.encoded())
        yield part.about


def _named(parts: Iterator[FinishedPart]) -> list[FinishedPart]:
    return [replace(part, about=replace(part.about, blob=f"result-{at}")) for at, part in enumerate(parts)]


def _check_kind(answer: Answer[Result], declared: Answers, method: str) -> None:
    if declared in getattr(answer.result, "answers", ()):
        return
    log.error("%s declares %s and answered with a %s", method, declared.value, type(answer.result).__name__)
    raise OverpaintError(
        Code.EDIT_FAILED,
        f"The method “{method}” answered with something else than it says of itself.",
        "This is a fault of the method; an update of its package may help.",
    )
