"""Grounding DINO (Liu et al., "Grounding DINO: Marrying DINO with Grounded Pre-Training for Open-Set Object Detection",
arXiv 2303.05499): boxes around what words name."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch
from transformers import BertTokenizer, GroundingDinoForObjectDetection

from server.models.runtime.adapter import Placement
from server.models.store.card import Card
from server.pixels.picture import F32
from server.wire.geometry import Bounds, Extent

from .segmenter import IMAGENET, BoxFinder, extent_of

SURE = 0.4
"""Score from which a box counts, as its makers show it."""

_LONGEST = 5 / 3
"""So many times the shorter side that it is shown the longer one may be: 800 and 1333."""


class GroundingDino(BoxFinder):
    network_class = GroundingDinoForObjectDetection

    def __init__(self, card: Card, network: Any, place: Placement, folder: Path) -> None:
        super().__init__(card, network, place, folder)
        self._tokenizer = BertTokenizer.from_pretrained(folder, local_files_only=True)

    @torch.no_grad()
    def boxes(self, image: F32, words: str) -> tuple[Bounds, ...]:
        extent = extent_of(image)
        tokens = self._tokenizer(_phrase(words), truncation=True, return_tensors="pt").to(self.place.device)
        answer = self._network(pixel_values=self.shown(image, self._fitted(extent), IMAGENET), **tokens)
        scores = answer.logits[0].sigmoid().amax(-1)
        order = [int(at) for at in scores.argsort(descending=True) if scores[at] >= SURE]
        found = (_bounds(answer.pred_boxes[0, at].tolist(), extent) for at in order)
        return tuple(box for box in found if not box.empty)

    def _fitted(self, extent: Extent) -> Extent:
        shorter = min(extent.width, extent.height)
        scale = min(self.native / shorter, _LONGEST * self.native / extent.longest)
        return Extent(max(1, round(extent.width * scale)), max(1, round(extent.height * scale)))


def _phrase(words: str) -> str:
    """As it was taught: in small letters, with a full stop after each thing."""
    return f"{words.lower().strip().rstrip('.')}."


def _bounds(box: list[float], extent: Extent) -> Bounds:
    """box: its middle, width and height, as shares of the picture's sides."""
    x, y, width, height = box
    left, top = math.floor((x - width / 2) * extent.width), math.floor((y - height / 2) * extent.height)
    right, bottom = math.ceil((x + width / 2) * extent.width), math.ceil((y + height / 2) * extent.height)
    return Bounds(left, top, right - left, bottom - top).intersect(Bounds(0, 0, extent.width, extent.height))
