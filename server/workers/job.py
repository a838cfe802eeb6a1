"""One job's way in the worker: pixels → masks → edit → finished results."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from server.editing.edit import Edit, Report, Scene, Step
from server.editing.results import EditedCrop
from server.pixels import formats, masks, sizes
from server.pixels.formats import Source
from server.pixels.masks import Masks
from server.pixels.picture import F32, Picture
from server.wire import content, uploads
from server.wire.messages import Finished, Submit
from server.wire.offers import Answers
from server.wire.recipe import Click
from server.workers.finishing import finish
from server.workers.runner import JobFiles
from server.workers.speech import speaking

if TYPE_CHECKING:
    from server.models.runtime.residency import Models


MOST_LOOKED_AT = 1 << 22
"""Pixels of a reference picture: no model looks at more, and sixteen large ones would take much memory."""


class Stopwatch:
    """Seconds by stage: a stage lasts until the next one begins."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._stage = ""
        self._since = 0.0
        self._seconds: dict[str, float] = {}

    def begin(self, stage: str) -> None:
        if stage == self._stage:
            return
        now = self._clock()
        if self._stage:
            self._seconds[self._stage] = self._seconds.get(self._stage, 0.0) + now - self._since
        self._stage, self._since = stage, now

    def seconds(self) -> dict[str, float]:
        """What was measured up to now, rounded to milliseconds."""
        self.begin("")
        return {stage: round(seconds, 3) for stage, seconds in self._seconds.items()}


def run(
    submit: Submit,
    files: JobFiles,
    edit: Edit,
    models: Models,
    report: Report,
    guest: str = "",
    answers: Answers = Answers.LAYERS,
) -> Finished:
    """Do the job of ``files`` with ``edit`` and put its answer there: it lasts when this returns.

    ``report`` hears each step and may raise ``Cancelled``, which passes, as does any ``OverpaintError``. guest: the key
    of the machine whose picture it is; empty for one of this user's own. answers: what the method declares to answer.
    """
    watch = Stopwatch()
    watch.begin("reading")
    source = _read_source(submit, files)
    found = _read_masks(submit, files, source.picture.alpha)

    def timed_report(step: Step) -> None:
        watch.begin(step.stage)
        report(step)

    watch.begin("editing")
    name = content.of_guest(content.picture(submit.blobs), guest)
    references = tuple(_read_references(submit, files))
    alone = content.of_guest(content.picture(one for one in submit.blobs if one.name != uploads.MASK), guest)
    scene = Scene(source.picture, found.denoise, name, found.selected, references, tuple(_points_in(submit)), alone)
    with speaking(submit.recipe, models, guest) as said:
        answer = edit(scene, submit.recipe, models, timed_report)
    watch.begin("finishing")
    crop = EditedCrop(source, found, answer.recipe)
    results = tuple(finish(answer, answers, crop, files, report))
    finished = Finished(
        submit.job,
        answer.recipe,
        submit.layer.bounds,
        results,
        watch.seconds(),
        (*source.notices, *answer.notices, *said()),
        submit.blobs,
        grouped=answers is Answers.GROUP,
    )
    files.finish(finished)
    return finished


def _read_source(submit: Submit, files: JobFiles) -> Source:
    profile = _read_profile(submit, files, uploads.PROFILE)
    return formats.read_source(submit.layer, files.read(uploads.LAYER), profile)


def _read_references(submit: Submit, files: JobFiles) -> Iterator[Picture]:
    """Each as small as it will do before the next one is read."""
    for number, raster in enumerate(submit.references):
        profile = _read_profile(submit, files, uploads.reference_profile(number))
        picture = formats.decode(raster, files.read(uploads.reference(number)), profile)
        yield sizes.shrunk(picture, MOST_LOOKED_AT)


def _points_in(submit: Submit) -> Iterator[Click]:
    """Those that lie in what was sent, from its corner."""
    bounds = submit.layer.bounds
    for point in submit.recipe.points:
        x, y = point.x - bounds.x, point.y - bounds.y
        if 0 <= x < bounds.width and 0 <= y < bounds.height:
            yield Click(x, y, point.wanted)


def _read_profile(submit: Submit, files: JobFiles, name: str) -> bytes | None:
    return files.read(name) if any(blob.name == name and blob.nbytes for blob in submit.blobs) else None


def _read_masks(submit: Submit, files: JobFiles, alpha: F32) -> Masks:
    extent = submit.layer.bounds.extent
    if submit.mask_depth is None:
        return masks.whole(extent, alpha)
    selection = masks.decode_mask(files.read(uploads.MASK), submit.mask_depth, extent)
    return masks.derive(selection, submit.recipe.grow, submit.recipe.feather)
