"""CLIPSeg (Lüddecke and Ecker, "Image Segmentation Using Text and Image Prompts", arXiv 2112.10003): where in a picture
is what words name. Coarse, and light."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import CLIPSegForImageSegmentation, CLIPTokenizer

from server.models.runtime.adapter import Placement
from server.models.store.card import Card
from server.pixels.picture import F32
from server.wire.geometry import Extent

from .segmenter import IMAGENET, WordSegmenter, enlarged, extent_of


class ClipSeg(WordSegmenter):
    network_class = CLIPSegForImageSegmentation

    def __init__(self, card: Card, network: Any, place: Placement, folder: Path) -> None:
        super().__init__(card, network, place, folder)
        self._tokenizer = CLIPTokenizer.from_pretrained(folder, local_files_only=True)

    @torch.no_grad()
    def found(self, image: F32, words: str) -> F32:
        tokens = self._tokenizer(words, truncation=True, return_tensors="pt").to(self.place.device)
        shown = self.shown(image, Extent(self.native, self.native), IMAGENET)
        answer = self._network(pixel_values=shown, input_ids=tokens.input_ids, attention_mask=tokens.attention_mask)
        side = int(answer.logits.shape[-1])
        return enlarged(answer.logits.sigmoid().view(side, side), extent_of(image))
