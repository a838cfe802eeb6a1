"""Prompts of several encoders and lengths, stacked and mixed."""

from __future__ import annotations

import pytest
import torch

from server.models.runtime.conditioning import Conditioning

pytestmark = pytest.mark.torch


def words(length: int, value: float, *, masked: bool = False) -> Conditioning:
    parts = {"first": torch.full((1, length, 4), value), "second": torch.full((1, 3, 2), value)}
    parts["pooled"] = torch.full((1, 5), value)
    masks = {"first": torch.ones(1, length, dtype=torch.bool)} if masked else {}
    return Conditioning(parts, masks)


def test_prompts_of_one_length_are_stacked_as_they_are():
    both = Conditioning.stack([words(2, 1.0), words(2, 3.0)])
    assert [tuple(part.shape) for part in both.parts.values()] == [(2, 2, 4), (2, 3, 2), (2, 5)]
    assert not both.masks


@pytest.mark.parametrize("masked", [True, False])
def test_a_shorter_prompt_is_filled_up_with_what_does_not_count(masked: bool):
    both = Conditioning.stack([words(2, 1.0, masked=masked), words(4, 3.0, masked=masked)])
    assert both.parts["first"][0, 2:].abs().sum() == 0
    assert both.masks["first"].tolist() == [[True, True, False, False], [True] * 4]
    assert both.masks["first"].dtype == torch.bool
    assert set(both.masks) == {"first"}


def test_between_two_prompts_every_token_of_either_counts():
    between = words(2, 1.0, masked=True).lerp(words(4, 3.0, masked=True), 0.5)
    assert between.parts["first"][0, :, 0].tolist() == [2.0, 2.0, 1.5, 1.5]
    assert between.parts["pooled"][0, 0] == 2.0
    assert between.masks["first"].tolist() == [[True] * 4]


def test_beyond_the_other_prompt_one_may_go_on():
    assert words(2, 1.0).lerp(words(2, 2.0), 1.5).parts["pooled"][0, 0] == 2.5


def test_one_prompt_serves_a_batch_in_the_models_precision_and_its_mask_stays_a_mask():
    batch = words(2, 1.0, masked=True).expand(3, torch.float16)
    assert len(batch) == 3
    assert batch.parts["first"].dtype == torch.float16
    assert batch.masks["first"].dtype == torch.bool
