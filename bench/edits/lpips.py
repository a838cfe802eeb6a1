"""How different two pictures look to a network: LPIPS (Zhang et al., "The Unreasonable Effectiveness of Deep Features
as a Perceptual Metric", arXiv 1801.03924), with AlexNet, as published in version 0.1.

The weights are the authors' own and torchvision's, which everybody fetches for himself; without them there is no LPIPS.
"""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from server.models.runtime.autoencoder import as_batch
from server.pixels.picture import F32

NETWORK, LINEAR = "alexnet-owt-7be5be79.pth", "alex.pth"
"""torchvision's AlexNet, and the weights of its layers as the authors' package carries them."""

_TAPPED = (1, 4, 7, 9, 11)
"""After which modules of AlexNet's ``features`` the pictures are compared: every ReLU."""

_SHIFT = torch.tensor([-0.030, -0.088, -0.188]).view(1, 3, 1, 1)
_SCALE = torch.tensor([0.458, 0.448, 0.450]).view(1, 3, 1, 1)
"""What AlexNet was trained on, of pictures in -1..1."""

_CHANNELS = (64, 192, 384, 256, 256)


class Lpips(nn.Module):
    """0: the same; about 0.5 and more: another picture."""

    def __init__(self) -> None:
        super().__init__()
        one, two, three, four, five = _CHANNELS
        self.features = nn.Sequential(
            nn.Conv2d(3, one, 11, stride=4, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2),
            nn.Conv2d(one, two, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2),
            nn.Conv2d(two, three, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(three, four, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(four, five, 3, padding=1),
            nn.ReLU(),
        )
        self.linear = nn.ParameterList([nn.Parameter(torch.zeros(1, width, 1, 1)) for width in _CHANNELS])

    @classmethod
    def found(cls, folder: Path) -> Lpips | None:
        """From the two files in ``folder``; None where one is missing."""
        if not all((folder / name).is_file() for name in (NETWORK, LINEAR)):
            return None
        made = cls()
        network = torch.load(folder / NETWORK, "cpu", weights_only=True)
        wanted = made.features.state_dict()
        made.features.load_state_dict({name: network[f"features.{name}"] for name in wanted})
        linear = torch.load(folder / LINEAR, "cpu", weights_only=True)
        for number, weight in enumerate(made.linear):
            weight.data = linear[f"lin{number}.model.1.weight"]
        return made.eval()

    @torch.no_grad()
    def distance(self, one: F32, other: F32) -> float:
        """Of two pictures (H, W, 3), 0..1, of one size, with sides of 64 pixels at least."""
        pairs = zip(self._seen(one), self._seen(other), self.linear, strict=True)
        return float(sum((weight * (a - b) ** 2).sum(1).mean() for a, b, weight in pairs))

    def _seen(self, picture: F32) -> list[Tensor]:
        """What each layer sees, of length 1 at every place."""
        found, here = [], (2 * as_batch(picture) - 1 - _SHIFT) / _SCALE
        for number, module in enumerate(self.features):
            here = module(here)
            if number in _TAPPED:
                found.append(functional.normalize(here, dim=1, eps=1e-10))
        return found
