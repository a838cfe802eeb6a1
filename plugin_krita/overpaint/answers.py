"""From a server's answer to small pictures in the docker and to layers with their recipes in the document."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator

from . import canvas, record
from .exploring import Exploring, continues
from .job import KritaJob
from .qt import QImage
from .server.client.explorer import PaintedAnswer
from .server.client.link import Link
from .server.client.naming import answer_names, group_name, is_group
from .server.client.note import packing
from .server.client.reading import Veil
from .server.client.recipes import of_result
from .server.client.strengths import HIGHEST, LOWEST, Point
from .server.client.translation import tr
from .server.wire.geometry import Bounds
from .server.wire.messages import Finished
from .server.wire.recipe import USUAL_ETA
from .server.wire.results import ResultKind
from .server.wire.words import mark
from .tasks import Task


def pictures(job: KritaJob) -> Task:
    """Small pictures of the answers, and of what was there before."""
    assert job.arrived is not None and job.pixels is not None
    yield from _picture_before(job)
    for one in job.arrived.results:
        veil = _veil(job) if continues(one.result) else None
        shown = canvas.picture(job.pixels.space, one.result.raster, one.data, _seen(job), veil)
        job.afters.append((yield from shown))


def explore(job: KritaJob, link: Link) -> Task:
    """The answers are the first places on a slider, which stands where the last one was when something was kept."""
    assert job.arrived is not None and job.pixels is not None and job.submission is not None
    yield from _picture_before(job)
    assert job.before is not None
    first = Point(job.arrived.results[0].result.seed, first_shown())
    exploring = Exploring(link, job.submission, job.pixels, _seen(job), job.before, first)
    yield from exploring.receive(job.arrived)
    job.exploring = exploring


def place_all(job: KritaJob) -> Task:
    """The answer goes where it belongs: layers, what is selected, or a larger picture."""
    assert job.arrived is not None
    kind = job.arrived.results[0].result.kind
    if kind is ResultKind.SELECTION:
        return _select(job)
    if kind is ResultKind.CANVAS:
        return _enlarge(job)
    return place(job, list(range(len(job.arrived.results))))


def place(job: KritaJob, indices: list[int]) -> Task:
    """The answers of those numbers become layers; those that belong together, and those of several edit strengths, in a
    group."""
    assert job.arrived is not None
    finished = job.arrived.finished
    layers = [_new_layer(job, index) for index in indices]
    yield from _put(job, finished, indices, layers, len(indices) > 1 and is_group(finished))


def _new_layer(job: KritaJob, index: int) -> canvas.KritaNewLayer:
    assert job.arrived is not None
    one, name = job.arrived.results[index], answer_names(job.arrived.finished)[index]
    return canvas.KritaNewLayer(name, one.result.raster, one.data, continues(one.result))


def _select(job: KritaJob) -> Task:
    assert job.arrived is not None and job.pixels is not None
    (one,) = job.arrived.results
    how = job.combining
    job.selection = yield from canvas.select(job.source, job.pixels.fit, one.result.raster, one.data, how)
    if job.selection is None:
        job.notice = tr("Nothing is selected now.")


def _enlarge(job: KritaJob) -> Task:
    assert job.arrived is not None and job.pixels is not None
    (one,), new = job.arrived.results, _new_layer(job, 0)
    place_there = one.result.raster.bounds
    if one.result.scale == 1 and canvas.holds(job.source, job.pixels.fit, place_there):  # done again: there is room
        yield from place(job, [0])
        return
    larger = yield from canvas.enlarge(job.source, job.pixels.space, job.pixels.fit, new, one.result.scale)
    job.document = larger.document
    job.notice = tr("The larger picture is a document of its own: ‘{name}’ stays as it is.", name=job.source.name)
    finished = job.arrived.finished
    moved = larger.bounds.x - place_there.x, larger.bounds.y - place_there.y
    crop = finished.crop.shifted(*moved) if one.result.scale == 1 else larger.bounds
    _record(job, larger.document, finished, 0, larger.layer, crop, b"")


def place_shown(job: KritaJob) -> Task:
    """What the slider shows at this moment becomes a layer above those that were kept before."""
    exploring = job.exploring
    assert exploring is not None and exploring.strengths.shown is not None
    point, painted = exploring.strengths.shown
    canvas.set_setting("eta", f"{point.eta:g}")
    exploring.keep()
    return _keep(job, exploring, [painted], [exploring.name_of(point)], mark("Kept as the layer ‘{name}’."))


def place_sweep(job: KritaJob) -> Task:
    """All that was painted at first becomes a group of layers."""
    exploring = job.exploring
    assert exploring is not None and exploring.sweep
    names = answer_names(exploring.sweep[0].finished)
    exploring.keep()
    return _keep(job, exploring, list(exploring.sweep), names, mark("Kept as the group ‘{name}’."))


def _keep(
    job: KritaJob, exploring: Exploring, painted: list[PaintedAnswer[QImage]], names: list[str], note: str
) -> Task:
    finished, indices = painted[0].finished, [one.index for one in painted]
    layers = [
        canvas.KritaNewLayer(name, result.raster, memoryview(one.data), continues(result))
        for name, one in zip(names, painted, strict=True)
        for result in (finished.results[one.index],)
    ]
    yield from _put(job, finished, indices, layers, grouped=len(painted) > 1)
    exploring.kept(tr(note, name=names[0] if len(names) == 1 else group_name(finished)))


def first_shown() -> float:
    """The edit strength at which a new slider stands: that of the last layer that was kept from one."""
    try:
        eta = float(canvas.setting("eta") or USUAL_ETA)
    except ValueError:
        eta = USUAL_ETA
    return min(max(eta, LOWEST), HIGHEST)


def _put(
    job: KritaJob, finished: Finished, indices: list[int], layers: list[canvas.KritaNewLayer], grouped: bool
) -> Task:
    assert job.pixels is not None
    packed = (yield from packing(job.pixels.mask)) if job.pixels.mask is not None else b""
    space, fit = job.pixels.space, job.pixels.fit
    if grouped:
        group = group_name(finished)
        made = yield from canvas.place_group(job.source, space, fit, layers, group, rivals=not finished.grouped)
        for index, node in zip(indices, made, strict=True):
            _record_here(job, finished, index, node, packed)
            yield None
    else:
        for index, layer in zip(indices, layers, strict=True):
            node = yield from canvas.place(job.source, space, fit, layer)
            _record_here(job, finished, index, node, packed)  # before the next one, which goes above it
            yield None
    if canvas.isolated():
        hidden = tr("Krita shows one layer alone now: the answer is seen when you leave that (Isolate Active Layer).")
        job.notice = f"{job.notice} {hidden}".strip()


def _record_here(job: KritaJob, finished: Finished, index: int, node: canvas.Node, packed: bytes) -> None:
    document = canvas.find_document(job.source.document_id)
    position = node.position()
    crop = finished.crop.shifted(position.x(), position.y())
    _record(job, document, finished, index, node, crop, packed)


def _record(
    job: KritaJob,
    document: canvas.Document | None,
    finished: Finished,
    index: int,
    node: canvas.Node,
    crop: Bounds,
    packed: bytes,
) -> None:
    """``crop``: what was read, where that is in ``document``; ``packed``: what of it was selected."""
    node_id = canvas.id_of(node)
    job.nodes.append(node)
    job.node_ids.append(node_id)
    if document is None:
        return
    how = of_result(finished, index, job.source.name, job.source.reading)
    place, how = canvas.place_of(document, node), dataclasses.replace(how, crop=crop)
    looked_at = tuple(reference.node_id for reference in job.references)
    made = record.LayerRecord(how, job.source.node_id, place, looked_at)
    canvas.keep(document, record.kind(node_id), tr("How Overpaint made a layer"), made.dump())
    if packed:
        canvas.keep(document, record.selection_kind(node_id), tr("How Overpaint made a layer"), packed)


def _veil(job: KritaJob) -> Veil | None:
    return job.pixels.fit.veil if job.pixels is not None and job.pixels.fit is not None else None


def _picture_before(job: KritaJob) -> Generator[bool | None, None, None]:
    assert job.pixels is not None
    pixels = job.pixels
    job.before = yield from canvas.picture(pixels.space, pixels.raster, memoryview(pixels.data), _seen(job))


def _seen(job: KritaJob) -> Bounds:
    """What of the crop is worth showing: the selection with half as much around it."""
    selection = job.source.selection
    if selection is None:
        return job.crop
    part = selection.grown(max(8, (selection.width + selection.height) // 4)).intersect(job.crop)
    return job.crop if part.empty else part
