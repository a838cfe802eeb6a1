"""How a phase is computed in the memory there is: the same steps and sums, in smaller portions or with more work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from server.models.runtime.adapter import Adapter

from . import adam8
from .state import TuningState

_GRADIENT, _MOMENTS, _HALF = 4, 8, 2
"""Bytes of each number that is learned, of Adam's two for it, and of a copy in half precision."""

_CHECKPOINTED = 1 / 8
"""Of what a sample keeps for its way back: what is left of it with checkpointing, the inputs of all blocks; and as much
again is the largest block, of which all is there while it goes back. Counted by ``bench.imagic.memory``."""

_SPARE = 1.1
"""What allocators waste."""


@dataclass(frozen=True)
class Plan:
    """portion: samples that go through the denoiser at once; a step's batch is made of as many portions as it takes.
    checkpointing: what a layer computed is computed again on the way back instead of kept. eight_bit: Adam's moments
    are rounded, which learns as well but not quite the same; so it comes last."""

    portion: int
    checkpointing: bool = False
    eight_bit: bool = False

    @contextmanager
    def prepared(self, model: Adapter) -> Iterator[None]:
        """The denoiser set up for it, for a while."""
        if not self.checkpointing:
            yield
            return
        denoiser = model.network
        denoiser.enable_gradient_checkpointing()  # type: ignore[operator]  # of every denoiser in diffusers
        try:
            yield
        finally:
            denoiser.disable_gradient_checkpointing()  # type: ignore[operator]


def plans(batch: int) -> tuple[Plan, ...]:
    """From the quickest to the smallest. Checkpointing costs a third more work; portions of a few samples leave most of
    a GPU idle, so that beyond the first halving they are the dearer way."""
    halves = [batch]
    while halves[-1] > 1:
        halves.append((halves[-1] + 1) // 2)
    ways = [*((portion, False) for portion in halves[:2]), *((portion, True) for portion in halves)]
    return tuple(Plan(*way, eight_bit) for eight_bit in (False, True) for way in ways)


def from_here(plan: Plan, batch: int) -> tuple[Plan, ...]:
    """``plan``, and what is to be tried in its place when memory runs out, to the smallest."""
    known = tuple(dict.fromkeys(plans(batch)))
    return (plan, *known[known.index(plan) + 1 :]) if plan in known else (plan,)


@dataclass(frozen=True)
class Demand:
    """What the steps of a phase take beside all that is in memory when it begins. numbers: that are learned. sample:
    bytes that one sample keeps for its way back. casts: bytes of the weights' copies in half precision."""

    batch: int
    numbers: int
    sample: int
    casts: int

    def of(self, plan: Plan) -> int:
        """Bytes, at most, at any time of a step."""
        moments = int(self.numbers * (adam8.BYTES if plan.eight_bit else _MOMENTS))
        gradients = self.numbers * _GRADIENT
        kept = plan.portion * self.sample * _SPARE
        kept, block = (kept * _CHECKPOINTED, kept * _CHECKPOINTED) if plan.checkpointing else (kept, 0.0)
        turning = self.casts + kept + block
        if plan.portion < self.batch:  # the sums of earlier portions are there
            return moments + gradients + int(turning)
        return moments + int(max(turning, gradients + block))


def fitting(demand: Demand, room: int) -> Plan:
    """The quickest that takes no more than ``room`` bytes; where none does, the one that takes the least."""
    known = plans(demand.batch)
    return next((plan for plan in known if demand.of(plan) <= room), min(known, key=demand.of))


@contextmanager
def precision(model: Adapter) -> Iterator[None]:
    """Learned weights are kept in single precision; beside a model in half they are multiplied in bfloat16, which has
    the range of single."""
    place = model.place
    with torch.autocast(place.device.type, torch.bfloat16, enabled=place.dtype != torch.float32):
        yield


def casts(model: Adapter) -> int:
    """Bytes of the copies that ``precision`` makes of the denoiser's matrices, as it is now."""
    if model.place.dtype == torch.float32:
        return 0
    cast = (one for one in model.network.parameters() if one.ndim > 1 and one.dtype != torch.bfloat16)
    return sum(one.numel() * _HALF for one in cast)


def kept_for_one(model: Adapter, state: TuningState, one_loss: Callable[[], torch.Tensor]) -> int:
    """Bytes that ``one_loss``, the loss of one sample, keeps for its way back: counted, not guessed."""
    seen: set[torch.UntypedStorage] = set()

    def count(tensor: torch.Tensor) -> torch.Tensor:
        seen.add(tensor.untyped_storage())
        # Without its history: a layer that keeps its own output would be kept by it for ever, and all weights with it.
        return tensor.detach()

    weights = state.weights.tensors.values() if state.weights else ()
    own = {one.untyped_storage() for one in (*model.network.parameters(), *weights)}
    with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
        one_loss()
    return sum(storage.nbytes() for storage in seen - own)
