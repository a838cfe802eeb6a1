"""The soft mask: when a latent pixel joins the denoising, and what it is until then."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from diffusers import DDIMScheduler, FlowMatchEulerDiscreteScheduler

from server.models.runtime.differential import ChangeMap, CleanLatents, shrink, support
from server.models.runtime.sampling import Trajectory

pytestmark = pytest.mark.torch

STEPS = 10


def start(scheduler: Any) -> tuple[CleanLatents, torch.Tensor, Trajectory]:
    scheduler.set_timesteps(STEPS)
    generator = torch.Generator().manual_seed(0)
    clean, noise, painted = (torch.randn(1, 4, 2, 2, generator=generator) for _ in range(3))
    return CleanLatents(clean, noise), painted, Trajectory(scheduler, STEPS)


def joined(value: float) -> list[bool]:
    """After which steps a pixel of this value is the model's."""
    picture, painted, trajectory = start(DDIMScheduler())
    change = ChangeMap(torch.full((1, 1, 2, 2), value), picture, trajectory)
    return [torch.equal(change.apply(painted, step), painted) for step in range(STEPS)]


def test_white_is_always_the_models() -> None:
    assert joined(1.0) == [True] * STEPS


def test_black_never_is() -> None:
    assert joined(0.0) == [False] * STEPS


def test_grey_joins_for_its_share_of_the_steps() -> None:
    assert joined(0.35) == [False] * 6 + [True] * 4


def test_black_ends_as_the_picture_itself() -> None:
    picture, painted, trajectory = start(DDIMScheduler())
    assert torch.equal(ChangeMap(torch.zeros(1, 1, 2, 2), picture, trajectory).apply(painted, STEPS - 1), picture.clean)


def test_black_is_noised_to_the_level_of_the_next_step() -> None:
    scheduler = DDIMScheduler()
    picture, painted, trajectory = start(scheduler)
    kept = ChangeMap(torch.zeros(1, 1, 2, 2), picture, trajectory).apply(painted, 3)
    expected = scheduler.add_noise(picture.clean, picture.noise, scheduler.timesteps[4:5])
    assert torch.equal(kept, expected)


def test_flow_matching_mixes_picture_and_noise_in_a_line() -> None:
    scheduler = FlowMatchEulerDiscreteScheduler()
    picture, painted, trajectory = start(scheduler)
    for step in range(4):  # such a scheduler counts the steps of its run
        trajectory.step(painted, trajectory.timesteps[step], painted)
    kept = ChangeMap(torch.zeros(1, 1, 2, 2), picture, trajectory).apply(painted, 3)
    sigma = scheduler.sigmas[4]
    assert torch.allclose(kept, sigma * picture.noise + (1 - sigma) * picture.clean)


def test_the_hard_mask_covers_every_latent_pixel_that_may_change() -> None:
    mask = torch.zeros(1, 1, 16, 16)
    mask[..., 7, 7] = 0.01
    hard = support(shrink(mask, 8), 8)
    assert hard[..., :8, :8].min() == 1
    assert hard.sum() == 64
