"""One job's way in the worker: pixels → masks → edit → colour match → alpha → pixels."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from server.editing.edit import Answer, Edit, Report, Scene, Step, seeds
from server.journal import (
    REQUEST,
    RESULT,
    DamagedError,
    Owner,
    read_sealed,
    read_whole,
    write_sealed,
    write_whole,
)
from server.listening.peers import guest_of
from server.pixels import blend, formats, masks
from server.pixels.formats import Source
from server.pixels.masks import Masks
from server.pixels.picture import F32
from server.wire import codec, content
from server.wire.files import sync_folder
from server.wire.messages import Finished, ResultLayer, Submit
from server.wire.recipe import Recipe

if TYPE_CHECKING:
    from server.models.runtime.residency import Models


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


def read_request(folder: Path) -> Submit:
    """Raises ``DamagedError``, also where there is none any more."""
    if not (folder / REQUEST).exists():
        raise DamagedError("What was sent")
    return codec.from_text(Submit, read_sealed(folder / REQUEST, "The request"), REQUEST)


def _guest(folder: Path) -> str:
    return guest_of(codec.from_text(Owner, read_sealed(folder / REQUEST, "The request"), REQUEST).client)


def run(submit: Submit, folder: Path, edit: Edit, models: Models, report: Report) -> Finished:
    """Do the job that lies in ``folder`` with ``edit`` and put its answer there: it is on the disk when this returns.

    ``report`` hears each step and may raise ``Cancelled``, which passes, as does any ``OverpaintError``.
    """
    watch = Stopwatch()
    watch.begin("reading")
    source = _read_source(submit, folder)
    edges = _read_masks(submit, folder, source.picture.alpha)

    def timed_report(step: Step) -> None:
        watch.begin(step.stage)
        report(step)

    watch.begin("editing")
    scene = Scene(source.picture, edges.denoise, lambda: _content(folder), edges.selected)
    answer = edit(scene, submit.recipe, models, timed_report)
    watch.begin("finishing")
    layers = tuple(_write_layers(submit, folder, source, edges, answer, report))
    finished = Finished(
        submit.job,
        answer.recipe,
        layers,
        watch.seconds(),
        (*source.notices, *answer.notices),
    )
    sync_folder(folder)
    write_sealed(folder / RESULT, codec.to_text(finished))
    sync_folder(folder)
    return finished


def _content(folder: Path) -> str:
    sent = [(name, folder / name) for name in ("layer", "mask", "icc")]
    there = ((name, _sent(path)) for name, path in sent if path.exists() and path.stat().st_size)
    return content.of_guest(content.digest(there), _guest(folder))


def _read_source(submit: Submit, folder: Path) -> Source:
    icc = folder / "icc"
    profile = _sent(icc) if icc.exists() and icc.stat().st_size else None
    return formats.read_source(submit.layer, _sent(folder / "layer"), profile)


def _sent(path: Path) -> bytes:
    try:
        return read_whole(path, "What was sent")
    except FileNotFoundError as error:
        raise DamagedError("What was sent") from error


def _read_masks(submit: Submit, folder: Path, alpha: F32) -> Masks:
    extent = submit.layer.bounds.extent
    if submit.mask_depth is None:
        return masks.whole(extent, alpha)
    selection = masks.decode_mask(_sent(folder / "mask"), submit.mask_depth, extent)
    return masks.derive(selection, submit.recipe.grow, submit.recipe.feather)


def _write_layers(
    submit: Submit, folder: Path, source: Source, edges: Masks, answer: Answer, report: Report
) -> Iterator[ResultLayer]:
    raster = formats.answer_raster(submit.layer)
    if answer.painted is not None:
        edges = masks.painted_only(edges, answer.painted, source.picture.alpha)
    for number, (image, (eta, seed)) in enumerate(zip(answer.images, _draws(answer.recipe), strict=True)):
        report(Step("Matching the colours", number, len(answer.images)))
        layer = blend.finish(source.picture, image, edges)
        write_whole(folder / f"result-{number}", formats.encode_answer(layer, source))
        yield ResultLayer(f"result-{number}", raster, seed, eta)


def _draws(recipe: Recipe) -> list[tuple[float | None, int]]:
    """Edit strength and seed of each image of the answer, in its order."""
    etas: tuple[float | None, ...] = recipe.eta or (None,)
    return [(eta, seed) for eta in etas for seed in seeds(recipe.seed or 0, recipe.variations)]
