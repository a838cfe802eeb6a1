"""One phase of learning: Adam on the diffusion loss, step by step, so that it can be watched, stopped and resumed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn

from server.models.families.learning import TuningPhase
from server.models.runtime.adapter import Adapter
from server.models.runtime.conditioning import Conditioning
from server.models.runtime.weights import worn_by

from .adam8 import PACKED, WHOLE, Adam8, packed, unpacked
from .dataset import TuningDataset
from .loss import NoiseDraw, diffusion_loss, draw
from .plan import Demand, Plan, casts, kept_for_one, precision
from .state import TuningState

_SMOOTHING = 0.7
_READ_EVERY = 5
"""Steps between two readings of the loss: on a GPU each waits for all that was queued."""

OnStep = Callable[[], None]
"""Called after each step, when the state says where it stands. What it raises ends the run for now."""


def minimise(
    model: Adapter, dataset: TuningDataset, state: TuningState, phase: TuningPhase, plan: Plan, on_step: OnStep
) -> None:
    """Steps of Adam on L(x, e, θ), over the embedding and the weights as far as the phase has rates for them, from
    where ``state`` stands to the phase's end. The noise of each step follows from its number alone."""
    variables = _variables(state, phase)
    adam = _optimizer(variables, plan)
    by_name = {name: one for _, named in variables for name, one in named.items()}
    learned = list(by_name.values())
    _take_up(adam, by_name, state)
    with worn_by(model.network, state.weights), plan.prepared(model):
        while state.step < phase.steps and not _fitted(state, phase):
            drawn = draw(model, dataset, phase.batch, _seed(state))
            loss = _descend(model, dataset, state.conditioning, drawn, plan, learned)
            adam.step()
            state.step += 1
            if state.step % _READ_EVERY == 1:
                _note(state, float(loss))
            state.moments = dict(_moments(adam, by_name))
            on_step()


def demand(model: Adapter, dataset: TuningDataset, state: TuningState, phase: TuningPhase) -> Demand:
    """What the steps of the phase will take; one sample goes through the denoiser to be counted."""
    variables = _variables(state, phase)
    drawn = draw(model, dataset, 1, 0)

    def one_loss() -> Tensor:
        with precision(model):
            return diffusion_loss(model, dataset, state.conditioning, drawn)

    with worn_by(model.network, state.weights):
        kept, copies = kept_for_one(model, state, one_loss), casts(model)
    numbers = sum(one.numel() for _, named in variables for one in named.values())
    return Demand(phase.batch, numbers, max(kept - copies, 0), copies)


def _variables(state: TuningState, phase: TuningPhase) -> list[tuple[float, dict[str, nn.Parameter]]]:
    """What the phase learns, by name, with its rates. The words become variables of their own, whatever they were."""
    found: list[tuple[float, dict[str, nn.Parameter]]] = []
    state.conditioning = state.conditioning.detach()
    if phase.words_rate:
        parts = {name: nn.Parameter(part) for name, part in state.conditioning.parts.items()}
        state.conditioning = Conditioning(parts, state.conditioning.masks)
        found.append((phase.words_rate, {f"words.{name}": part for name, part in parts.items()}))
    if phase.weights_rate:
        if state.weights is None:
            raise ValueError("there are no weights to learn")
        named = {f"weights.{name}": tensor for name, tensor in state.weights.tensors.items()}
        found.append((phase.weights_rate, named))
    return found


def _descend(
    model: Adapter,
    dataset: TuningDataset,
    conditioning: Conditioning,
    drawn: NoiseDraw,
    plan: Plan,
    learned: Sequence[nn.Parameter],
) -> Tensor:
    """Sets the gradients of the mean loss over all that was drawn; returns that."""
    count = len(drawn.at)
    total = torch.zeros((), device=drawn.noise.device)
    for one in learned:
        one.grad = None
    for begin in range(0, count, plan.portion):
        part = drawn.part(begin, min(begin + plan.portion, count))
        with precision(model):
            loss = diffusion_loss(model, dataset, conditioning, part) * (len(part.at) / count)
        # adds each gradient as it comes: never are there two of all
        torch.autograd.backward(loss, inputs=learned)
        total += loss.detach()
    return total


def _seed(state: TuningState) -> int:
    return (state.phase << 32) + state.step


def _note(state: TuningState, loss: float) -> None:
    if not state.begun_at:
        state.begun_at = state.loss = loss
    state.loss = _SMOOTHING * state.loss + (1 - _SMOOTHING) * loss


def _fitted(state: TuningState, phase: TuningPhase) -> bool:
    return state.loss < phase.fitted * state.begun_at


def _optimizer(variables: Sequence[tuple[float, dict[str, nn.Parameter]]], plan: Plan) -> torch.optim.Optimizer:
    groups = [{"params": [*named.values()], "lr": rate} for rate, named in variables]
    return Adam8(groups) if plan.eight_bit else torch.optim.Adam(groups, fused=True)


def _take_up(adam: torch.optim.Optimizer, learned: Mapping[str, nn.Parameter], state: TuningState) -> None:
    """Convert stored moments to this optimizer's format, one variable after the other, because there may be no room
    for all of them twice."""
    as_kept = packed if isinstance(adam, Adam8) else unpacked
    kinds = dict.fromkeys((*WHOLE, *PACKED))
    for name, one in learned.items():
        noted = {kind: state.moments.pop(key) for kind in kinds if (key := f"{kind}.{name}") in state.moments}
        if noted:
            adam.state[one] = as_kept(noted)
            state.moments |= {f"{kind}.{name}": tensor for kind, tensor in adam.state[one].items()}


def _moments(adam: torch.optim.Optimizer, learned: Mapping[str, nn.Parameter]) -> Iterator[tuple[str, Tensor]]:
    for name, one in learned.items():
        for kind, tensor in adam.state[one].items():
            yield f"{kind}.{name}", tensor
