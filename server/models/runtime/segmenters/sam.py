"""SAM 2 (Ravi et al., "SAM 2: Segment Anything in Images and Videos", arXiv 2408.00714): the thing under points or in a
box. The picture is encoded once and kept, so that only the first click takes long."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import Sam2Model

from server.models.runtime.adapter import Placement
from server.models.store.card import Card
from server.pixels.picture import F32
from server.wire.geometry import Extent

from .segmenter import IMAGENET, Pointing, PointSegmenter, enlarged, extent_of

_INSIDE, _OUTSIDE = 1, 0


class Sam2(PointSegmenter):
    network_class = Sam2Model

    def __init__(self, card: Card, network: Any, place: Placement, folder: Path) -> None:
        super().__init__(card, network, place, folder)
        side = network.config.prompt_encoder_config.image_size
        self._side = int(side if isinstance(side, int) else side[0])
        self._seen: tuple[bytes, list[Tensor]] | None = None

    @torch.no_grad()
    def outline(self, image: F32, pointing: Pointing) -> F32:
        """Where one point could mean a thing or a part of it, the network's own choice (§D.1 of the paper): the answer
        that it trusts most."""
        extent, several = extent_of(image), len(pointing.inside) + len(pointing.outside) < 2 and pointing.box is None
        found = self._network(
            image_embeddings=self._encoded(image), multimask_output=several, **self._asked(pointing, extent)
        )
        best = int(found.iou_scores[0, 0].argmax())
        return enlarged(found.pred_masks[0, 0, best].sigmoid(), extent)

    def _encoded(self, image: F32) -> list[Tensor]:
        shown = self.shown(image, Extent(self._side, self._side), IMAGENET)
        key = hashlib.blake2b(shown.cpu().numpy().tobytes(), digest_size=16).digest()
        if self._seen is None or self._seen[0] != key:
            self._seen = key, self._network.get_image_embeddings(shown)
        return list(self._seen[1])

    def _asked(self, pointing: Pointing, extent: Extent) -> dict[str, Tensor]:
        """As the prompt encoder takes it: in pixels of the square that it is shown."""
        across, down = self._side / extent.width, self._side / extent.height
        asked: dict[str, Tensor] = {}
        points = [*pointing.inside, *pointing.outside]
        if points:
            labels = [_INSIDE] * len(pointing.inside) + [_OUTSIDE] * len(pointing.outside)
            asked["input_points"] = torch.tensor([[[[x * across, y * down] for x, y in points]]])
            asked["input_labels"] = torch.tensor([[labels]], dtype=torch.int32)
        if (box := pointing.box) is not None:
            edges = box.x * across, box.y * down, box.right * across, box.bottom * down
            asked["input_boxes"] = torch.tensor([[edges]])
        return {name: values.to(self.place.device) for name, values in asked.items()}
