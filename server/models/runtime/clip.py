"""A CLIP model in memory: words and pictures as vectors that can be compared, with gradients to the pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from transformers import CLIPImageProcessorPil, CLIPModel, CLIPTokenizer

from server.models.families.families import family
from server.models.store.card import Card
from server.models.store.store import Installed

from .adapter import Placement, Resident

_MULTIPLE = 8


class Clip(Resident):
    """side: of the squares that it is shown. In single precision everywhere: gradients go through it."""

    multiple = _MULTIPLE

    def __init__(self, card: Card, model: CLIPModel, tokenizer: Any, processor: Any, place: Placement) -> None:
        self.card, self.place = card, place
        self.native = card.native or family(card.family).native
        seen: Any = model.config.vision_config
        self.side, self._patch = int(seen.image_size), int(seen.patch_size)
        network: Any = model  # typed by its library as if its methods were functions
        self._model = network.requires_grad_(False).to(place.device)
        self._tokenizer = tokenizer
        self._mean, self._deviation = (
            torch.tensor(values, device=place.device).view(1, 3, 1, 1)
            for values in (processor.image_mean, processor.image_std)
        )

    @classmethod
    def load(cls, model: Installed, place: Placement) -> Clip:
        place = replace(place, dtype=torch.float32, offload=False)
        folder = model.weights
        network = CLIPModel.from_pretrained(
            folder, dtype=torch.float32, use_safetensors=True, local_files_only=True, variant=model.card.variant or None
        )
        tokenizer = CLIPTokenizer.from_pretrained(folder, local_files_only=True)
        processor = CLIPImageProcessorPil.from_pretrained(folder, local_files_only=True)
        return cls(model.card, network, tokenizer, processor, place)

    @property
    def nbytes(self) -> int:
        return sum(weight.numel() * weight.element_size() for weight in self._model.state_dict().values())

    @torch.no_grad()
    def words(self, several: Sequence[str]) -> Tensor:
        """(N, D) of length 1; what is too long for it is cut."""
        tokens = self._tokenizer(list(several), padding=True, truncation=True, return_tensors="pt").to(
            self.place.device
        )
        found = self._model.text_model(input_ids=tokens.input_ids, attention_mask=tokens.attention_mask)
        return functional.normalize(self._model.text_projection(found.pooler_output), dim=-1)

    def pictures(self, several: Tensor) -> Tensor:
        """(B, 3, side, side), 0..1 → (B, D) of length 1."""
        found = self._model.vision_model(pixel_values=self._normed(several))
        return functional.normalize(self._model.visual_projection(found.pooler_output), dim=-1)

    def places(self, pictures: Tensor) -> Tensor:
        """(B, 3, H, W), 0..1, of any size → what its deepest layer makes of each of its patches, (B, D, N)."""
        patches = [
            max(1, round(side * self.side / min(pictures.shape[-2:]) / self._patch)) for side in pictures.shape[-2:]
        ]
        size = [self._patch * count for count in patches]
        fitted = functional.interpolate(pictures, size, mode="bilinear", antialias=True, align_corners=False)
        found = self._model.vision_model(pixel_values=self._normed(fitted), interpolate_pos_encoding=True)
        tokens: Tensor = found.last_hidden_state[:, 1:]
        return tokens.transpose(1, 2)

    def _normed(self, pictures: Tensor) -> Tensor:
        return (pictures - self._mean) / self._deviation
