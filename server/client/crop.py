"""What a host sends: the selection's bounds, its surroundings, and the rows of a rectangle. Stdlib tricks only."""

from __future__ import annotations

from ..wire.frames import Buffer
from ..wire.geometry import Bounds, Extent
from ..wire.recipe import Recipe

SMALLEST_CROP = 512
"""Pixels a side, where the layer has them: what the models were made for (krita-ai-diffusion uses the same)."""

_ZEROS = bytes(64 << 10)


def is_blank(mask: Buffer) -> bool:
    """Whether every byte is 0."""
    data = _bytes(mask)
    blocks = range(0, len(data), len(_ZEROS))
    return all(data.startswith(_ZEROS[: len(data) - at], at) for at in blocks)


def selected_bounds(mask: Buffer, extent: Extent, sample_bytes: int = 1) -> Bounds | None:
    """The smallest rectangle that holds every non-zero sample of a mask of ``extent`` (rows without padding, each
    sample ``sample_bytes`` long), counted from its corner; None where nothing is selected."""
    data, stride = _bytes(mask), extent.width * sample_bytes
    zeros = bytes(stride)
    rows = range(extent.height)
    top = next((row for row in rows if not data.startswith(zeros, row * stride)), None)
    if top is None or not stride:
        return None
    bottom = next(row for row in reversed(rows) if not data.startswith(zeros, row * stride))
    left, right = _columns(data, stride, range(top, bottom + 1))
    x, end = left // sample_bytes, (right - 1) // sample_bytes + 1
    return Bounds(x, top, end - x, bottom + 1 - top)


def _columns(data: bytes | bytearray, stride: int, rows: range) -> tuple[int, int]:
    """First used byte of any row, and the one after the last. Only the margins found so far are looked at again, and
    comparing with zeros is a memcmp."""
    left, right, zeros = stride, 0, bytes(stride)
    for start in range(rows.start * stride, rows.stop * stride, stride):
        if not data.startswith(zeros[:left], start):
            left -= len(data[start : start + left].lstrip(b"\0"))
        if not data.startswith(zeros[right:], start + right):
            right += len(data[start + right : start + stride].rstrip(b"\0"))
    return left, right


def default_context(layer: Extent, selection: Extent) -> int:
    """Pixels of surroundings on each side: a sixteenth of the layer's longest side or half of the selection's average
    side, whichever is more."""
    return max(layer.longest // 16, (selection.width + selection.height) // 4)


def crop_around(selection: Bounds, layer: Bounds, recipe: Recipe) -> Bounds:
    """The part of ``layer`` to send: the selection, grown and feathered, with its context; at least 512 a side where
    the layer has that much. Everything in document pixels. Empty where selection and layer do not meet."""
    inside = selection.intersect(layer)
    if inside.empty:
        return inside
    context = recipe.context if recipe.context is not None else default_context(layer.extent, inside.extent)
    wanted = inside.grown(max(context, recipe.grow + (recipe.feather or 0)))
    x, width = _widened(wanted.x, wanted.width, layer.x, layer.width)
    y, height = _widened(wanted.y, wanted.height, layer.y, layer.height)
    return Bounds(x, y, width, height)


def _widened(start: int, length: int, low: int, available: int) -> tuple[int, int]:
    """One axis: at least ``SMALLEST_CROP`` long about the same middle, moved and cut to stay in the layer."""
    end, start = min(start + length, low + available), max(start, low)
    size = min(available, max(SMALLEST_CROP, end - start))
    start -= (size - (end - start)) // 2
    return max(low, min(start, low + available - size)), size


def cut(pixels: Buffer, whole: Bounds, part: Bounds, pixel_bytes: int) -> bytes:
    """The bytes of ``part`` out of those of ``whole`` (rows without padding). ``part`` must lie inside."""
    if not whole.contains(part):
        raise ValueError(f"{part} does not lie inside {whole}")
    view, stride, count = memoryview(pixels).cast("B"), whole.width * pixel_bytes, part.width * pixel_bytes
    first = (part.y - whole.y) * stride + (part.x - whole.x) * pixel_bytes
    return b"".join([view[at : at + count] for at in range(first, first + part.height * stride, stride)])


def _bytes(buffer: Buffer) -> bytes | bytearray:
    return bytes(buffer) if isinstance(buffer, memoryview) else buffer
