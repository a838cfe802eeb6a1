"""The soft mask: when a latent pixel joins the denoising, and what it is until then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import torch
from diffusers import DDIMScheduler, FlowMatchEulerDiscreteScheduler

from server.models.runtime.differential import ChangeMap, Known, shrink, support

pytestmark = pytest.mark.torch

STEPS = 10


@dataclass
class Run:
    """As much of a pipeline as the map looks at."""

    scheduler: Any
    num_timesteps: int = STEPS


def start() -> tuple[Run, Known, torch.Tensor]:
    scheduler = DDIMScheduler()
    scheduler.set_timesteps(STEPS)
    dice = torch.Generator().manual_seed(0)
    clean, noise, painted = (torch.randn(1, 4, 2, 2, generator=dice) for _ in range(3))
    return Run(scheduler), Known(clean, noise), painted


def joined(value: float) -> list[bool]:
    """After which steps a pixel of this value is the model's."""
    pipe, known, painted = start()
    change = ChangeMap(torch.full((1, 1, 2, 2), value))
    return [torch.equal(change.apply(painted, known, pipe, step), painted) for step in range(STEPS)]


def test_white_is_always_the_models() -> None:
    assert joined(1.0) == [True] * STEPS


def test_black_never_is() -> None:
    assert joined(0.0) == [False] * STEPS


def test_grey_joins_for_its_share_of_the_steps() -> None:
    assert joined(0.35) == [False] * 6 + [True] * 4


def test_black_ends_as_the_picture_itself() -> None:
    pipe, known, painted = start()
    assert torch.equal(ChangeMap(torch.zeros(1, 1, 2, 2)).apply(painted, known, pipe, STEPS - 1), known.clean)


def test_black_is_noised_to_the_level_of_the_next_step() -> None:
    pipe, known, painted = start()
    kept = ChangeMap(torch.zeros(1, 1, 2, 2)).apply(painted, known, pipe, 3)
    expected = pipe.scheduler.add_noise(known.clean, known.noise, pipe.scheduler.timesteps[4:5])
    assert torch.equal(kept, expected)


def test_flow_matching_mixes_picture_and_noise_in_a_line() -> None:
    scheduler = FlowMatchEulerDiscreteScheduler()
    scheduler.set_timesteps(STEPS)
    _, known, painted = start()
    kept = ChangeMap(torch.zeros(1, 1, 2, 2)).apply(painted, known, Run(scheduler), 4)
    sigma = scheduler.sigmas[5]
    assert torch.allclose(kept, sigma * known.noise + (1 - sigma) * known.clean)


def test_the_hard_mask_covers_every_latent_pixel_that_may_change() -> None:
    mask = torch.zeros(1, 1, 16, 16)
    mask[..., 7, 7] = 0.01
    hard = support(shrink(mask, 8), 8)
    assert hard[..., :8, :8].min() == 1
    assert hard.sum() == 64
