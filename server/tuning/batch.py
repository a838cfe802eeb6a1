"""All edit strengths and seeds of one answer: on a GPU painted together as far as there is room, on a processor one
after the other, so that each is bit for bit what it is when it is asked for alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile

from server.editing.edit import Report
from server.editing.painting import ModelInput, PaintingProgress, Sampler
from server.models.runtime import memory
from server.models.runtime.adapter import Adapter
from server.models.runtime.denoiser import SamplingRequest
from server.models.runtime.weights import worn_by
from server.pixels.picture import F32

from .state import TuningState

_PIXELS_AT_ONCE = 4 * 512 * 512


def paint_all(
    view: ModelInput,
    adapter: Adapter,
    learned: TuningState,
    requests: Sequence[SamplingRequest],
    report: Report,
    sample: Sampler,
) -> tuple[F32, ...]:
    """One picture (H, W, 3) of the scene's size for each request, in their order, by the model as it was fitted. Those
    are painted together that begin at one strength, with one guidance."""
    room = 1 if adapter.place.device.type == "cpu" else _PIXELS_AT_ONCE // (view.image.shape[0] * view.image.shape[1])
    at_once = max(1, room)
    images: list[F32] = []

    def painted(count: int) -> list[F32]:
        batch = requests[len(images) : len(images) + count]
        progress = PaintingProgress(report, len(images), len(batch), len(requests), view)
        return [view.placed(image) for image in sample(adapter, batch, progress.step)]

    with worn_by(adapter.network, learned.weights):
        while len(images) < len(requests):
            left = min(at_once, _alike(requests[len(images) :]))
            at_once, found = memory.first_that_fits(_halved(left), painted, adapter.place.device)
            images += found
    return tuple(images)


def _alike(requests: Sequence[SamplingRequest]) -> int:
    """How many of them, from the first, one batch can have."""
    first = (requests[0].strength, requests[0].guidance)
    return sum(1 for _ in takewhile(lambda one: (one.strength, one.guidance) == first, requests))


def _halved(count: int) -> Iterator[int]:
    """``count``, half of it, a quarter, to 1."""
    while count > 1:
        yield count
        count = (count + 1) // 2
    yield 1
