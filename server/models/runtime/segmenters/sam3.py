"""SAM 3 ("SAM 3: Segment Anything with Concepts", arXiv 2511.16719): everything in a picture that words name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import CLIPTokenizer, Sam3Model

from server.models.runtime.adapter import Placement
from server.models.store.card import Card
from server.pixels.picture import F32
from server.wire.geometry import Extent

from .segmenter import HALVES, WordSegmenter, enlarged, extent_of

SURE = 0.5
"""Score from which something counts as what the words name, as its makers show it."""

_TOKENS = 32
"""To which the words were always filled up."""


class Sam3(WordSegmenter):
    network_class = Sam3Model

    def __init__(self, card: Card, network: Any, place: Placement, folder: Path) -> None:
        super().__init__(card, network, place, folder)
        side = network.config.vision_config.image_size
        self._side = int(side if isinstance(side, int) else side[0])
        self._tokenizer = CLIPTokenizer.from_pretrained(folder, local_files_only=True)

    @torch.no_grad()
    def found(self, image: F32, words: str) -> F32:
        """All things together; 0 everywhere where it is sure of none."""
        tokens = self._tokenizer(words, padding="max_length", truncation=True, max_length=_TOKENS, return_tensors="pt")
        shown = self.shown(image, Extent(self._side, self._side), HALVES)
        ids, counts = tokens.input_ids.to(shown.device), tokens.attention_mask.to(shown.device)
        answer = self._network(pixel_values=shown, input_ids=ids, attention_mask=counts)
        scores = answer.pred_logits[0].sigmoid() * answer.presence_logits[0].sigmoid()
        things = answer.pred_masks[0].sigmoid() * (scores >= SURE)[:, None, None]
        return enlarged(things.amax(0), extent_of(image))
