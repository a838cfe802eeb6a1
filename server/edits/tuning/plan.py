"""How a phase is computed in the memory there is: the same steps and sums, in smaller portions or with more work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch

from server.models import memory
from server.models.adapter import Adapter

from .presets import Phase
from .study import Study

_GRADIENT, _MOMENTS = 4, 8
"""Bytes of each number that is learned."""

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

    def smaller(self) -> Plan | None:
        """The next one that takes less memory; None after the smallest."""
        if self.portion > 1:
            return replace(self, portion=(self.portion + 1) // 2)
        if not self.checkpointing:
            return replace(self, checkpointing=True)
        return None if self.eight_bit else replace(self, eight_bit=True)

    @contextmanager
    def prepared(self, model: Adapter) -> Iterator[None]:
        """The denoiser set up for it, for a while."""
        if not self.checkpointing:
            yield
            return
        denoiser = model.denoiser
        denoiser.enable_gradient_checkpointing()  # type: ignore[operator]  # of every denoiser in diffusers
        try:
            yield
        finally:
            denoiser.disable_gradient_checkpointing()  # type: ignore[operator]


@contextmanager
def precision(model: Adapter) -> Iterator[None]:
    """Learned weights are kept in single precision; beside a model in half they are multiplied in bfloat16, which has
    the range of single."""
    place = model.place
    with torch.autocast(place.device.type, torch.bfloat16, enabled=place.dtype != torch.float32):
        yield


def fitting(model: Adapter, study: Study, phase: Phase, kept_per_sample: int) -> Plan:
    """The largest that should fit into what the device has free. kept_per_sample: bytes that one sample's way through
    the denoiser leaves for the way back."""
    room = memory.free(model.place.device) - taken_by(study, phase)
    plan = Plan(phase.batch)
    while plan.portion > 1 and plan.portion * kept_per_sample * _SPARE > room:
        plan = plan.smaller() or plan
    if kept_per_sample * _SPARE > room:
        plan = replace(plan, checkpointing=True, eight_bit=room < 0)
    return plan


def taken_by(study: Study, phase: Phase) -> int:
    """Bytes of gradients and moments of all that a phase learns; what is learned is there already."""
    learned = list(study.words.parts.values()) if phase.words_rate else []
    if phase.weights_rate and study.weights is not None:
        learned += list(study.weights.tensors.values())
    return sum(one.numel() for one in learned) * (_GRADIENT + _MOMENTS)


def kept_for_one(model: Adapter, study: Study, one_loss: Callable[[], torch.Tensor]) -> int:
    """Bytes that ``one_loss``, the loss of one sample, keeps for its way back: counted, not guessed."""
    seen: dict[int, int] = {}

    def count(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        seen[storage.data_ptr()] = storage.nbytes()
        # Without its history: a layer that keeps its own output would be kept by it for ever, and all weights with it.
        return tensor.detach()

    weights = study.weights.tensors.values() if study.weights else ()
    own = {one.untyped_storage().data_ptr() for one in (*model.denoiser.parameters(), *weights)}
    with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
        one_loss()
    return sum(nbytes for place, nbytes in seen.items() if place not in own)
