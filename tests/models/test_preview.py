"""The cheap preview: a linear map from latents to colours that is found, not written down."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as functional

from server.models.runtime.preview import LONGEST, Colours, colour_card
from server.pixels.picture import F32

pytestmark = pytest.mark.torch


def encode(image: F32) -> torch.Tensor:
    """An autoencoder whose four latents are mixtures of the colours of eight by eight pixels."""
    small = functional.avg_pool2d(torch.from_numpy(image).permute(2, 0, 1)[None], 8)
    mixture = torch.tensor([[3.0, 1.0, 0.2], [-1.0, 2.0, 0.5], [0.3, -0.4, 2.0], [1.0, 1.0, 1.0]])
    return torch.einsum("lc,bchw->blhw", mixture, small) - 0.7


def test_the_colours_of_the_picture_come_back() -> None:
    picture = np.zeros((64, 96, 3), np.float32)
    picture[:32] = (0.9, 0.2, 0.1)
    picture[32:] = (0.1, 0.4, 0.8)
    preview = Colours(encode).show(encode(picture))
    assert preview.shape == (8, 12, 3)
    assert np.abs(preview - picture[::8, ::8]).max() < 0.03


def test_it_is_small_however_large_the_picture_is() -> None:
    preview = Colours(encode).show(torch.zeros(1, 4, 400, 1000))
    assert preview.shape == (400 * LONGEST // 1000, LONGEST, 3)


def test_the_autoencoder_is_asked_once() -> None:
    asked: list[tuple[int, ...]] = []

    def counted(image: F32) -> torch.Tensor:
        asked.append(image.shape)
        return encode(image)

    colours = Colours(counted)
    for _ in range(3):
        colours.show(torch.zeros(1, 4, 8, 8))
    assert asked == [(256, 256, 3)]


def test_the_card_has_all_kinds_of_colours() -> None:
    card = colour_card(64)
    assert card.min() >= 0
    assert card.max() <= 1
    assert np.all(card.reshape(-1, 3).std(axis=0) > 0.15)
