"""What a method asks of a network that segments, whatever the network: by points, by words, or for the edge."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import cv2
import numpy as np
import torch
from torch import Tensor

from server.models.families.families import family
from server.models.runtime.adapter import Placement, Resident
from server.models.runtime.autoencoder import as_batch
from server.models.store.card import Card
from server.models.store.store import Installed
from server.pixels.picture import F32
from server.pixels.sizes import resample
from server.wire.geometry import Bounds, Extent

Point = tuple[float, float]
"""x and y in pixels of the picture."""


@dataclass(frozen=True)
class Pointing:
    """What a person showed of a thing: points in it, points beside it, and a box around it; any of them may be
    missing."""

    inside: tuple[Point, ...] = ()
    outside: tuple[Point, ...] = ()
    box: Bounds | None = None


@dataclass(frozen=True)
class Norm:
    """What the channels of a picture are brought to before a network sees it."""

    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]


IMAGENET = Norm((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
HALVES = Norm((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


class Segmenter(Resident):
    """A network of transformers in memory, in single precision everywhere: these are small, and half of it moves an
    edge. folder: of its files."""

    multiple = 1
    network_class: type[Any]

    def __init__(self, card: Card, network: Any, place: Placement, folder: Path) -> None:
        self.card, self.place = card, place
        self.native = card.native or family(card.family).native
        self._network = network.requires_grad_(False).eval().to(place.device)

    @classmethod
    def load(cls, model: Installed, place: Placement) -> Self:
        place = replace(place, dtype=torch.float32, offload=False)
        network = cls.network_class.from_pretrained(
            model.weights,
            dtype=torch.float32,
            use_safetensors=True,
            local_files_only=True,
            variant=model.card.variant or None,
        )
        return cls(model.card, network, place, model.weights)

    @property
    def nbytes(self) -> int:
        return sum(weight.numel() * weight.element_size() for weight in self._network.state_dict().values())

    def shown(self, image: F32, size: Extent, norm: Norm) -> Tensor:
        """(H, W, 3), 0..1 → (1, 3, h, w) at ``size``, as the network was trained to see pictures."""
        mean, deviation = (torch.tensor(values).view(1, 3, 1, 1) for values in (norm.mean, norm.deviation))
        return ((as_batch(resample(image, size)) - mean) / deviation).to(self.place.device)


class PointSegmenter(Segmenter):
    """Finds the thing that is pointed at."""

    @abstractmethod
    def outline(self, image: F32, pointing: Pointing) -> F32:
        """(H, W, 3), 0..1 → (H, W): how surely each pixel belongs to it, 0..1."""


class WordSegmenter(Segmenter):
    """Finds what words name."""

    @abstractmethod
    def found(self, image: F32, words: str) -> F32:
        """(H, W, 3), 0..1 → (H, W): how surely each pixel belongs to something that is called so, 0..1."""


class BoxFinder(Segmenter):
    """Finds the boxes around what words name."""

    @abstractmethod
    def boxes(self, image: F32, words: str) -> tuple[Bounds, ...]:
        """(H, W, 3), 0..1 → boxes within the picture, the surest first."""


class Matting(Segmenter):
    """Says how opaque the pixels of an edge are."""

    @abstractmethod
    def matte(self, image: F32, trimap: F32) -> F32:
        """image (H, W, 3), 0..1; trimap (H, W): 1 where it surely is the thing, 0 where surely not, 0.5 where nobody
        knows → alpha (H, W), 0..1."""


def enlarged(scores: Tensor, extent: Extent) -> F32:
    """(h, w) of any device → (H, W) of the picture. Smoothly: a network answers at a quarter of what it is shown."""
    small = scores.detach().to("cpu", torch.float32).numpy()
    return cv2.resize(small, (extent.width, extent.height), interpolation=cv2.INTER_LINEAR).astype(
        np.float32, copy=False
    )


def extent_of(image: F32) -> Extent:
    return Extent(image.shape[1], image.shape[0])
