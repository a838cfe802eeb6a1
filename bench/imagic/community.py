"""The recipe that the community's Imagic pipelines share, written from its description, to be compared with.

Single precision throughout; 500 steps on the embedding at 1e-3, then 1000 on the whole denoiser at 2e-6, each on one
noisy copy of the picture, whose noise and timestep are drawn on the host; nothing is kept, so that every prompt begins
anew; then one picture of 50 steps.
"""

from __future__ import annotations

import copy
import time

import torch
from torch import Tensor, nn

from server.editing.edit import Scene
from server.editing.painting import ModelInput
from server.methods.sdedit import redraw
from server.models.runtime.adapter import Adapter
from server.models.runtime.conditioning import Conditioning
from server.tuning.dataset import TuningDataset
from server.tuning.loss import NoiseDraw, diffusion_loss
from server.wire.recipe import Recipe

_WORDS_STEPS, _WORDS_RATE = 500, 1e-3
_WEIGHTS_STEPS, _WEIGHTS_RATE = 1000, 2e-6
_PAINTING_STEPS, _GUIDANCE, _PROMPT = 50, 7.5, "woman waving"


class Community:
    """``steps`` of each phase are timed. first_layer_s: of the whole recipe. sample_s: of one fine-tuning step, which
    sees one sample."""

    def __init__(self, adapter: Adapter, where: Scene, steps: int) -> None:
        recipe = Recipe("imagic", _PROMPT, strength=1.0, steps=_PAINTING_STEPS, guidance=_GUIDANCE)
        self._adapter = adapter
        self._view = ModelInput.of(where, recipe, adapter)
        self._encoded = adapter.encode_for_training(self._view.image, self._view.mask)
        self._words = Conditioning(
            {name: nn.Parameter(part) for name, part in adapter.condition(_PROMPT).parts.items()}
        )
        parts = list(self._words.parts.values())
        words_s = self._seconds_per_step(torch.optim.Adam(parts, _WORDS_RATE, foreach=False), parts, steps)
        own = copy.deepcopy(adapter.network.state_dict())
        weights = [weight.requires_grad_(True) for weight in adapter.network.parameters()]
        try:
            optimizer = torch.optim.Adam(weights, _WEIGHTS_RATE, foreach=False)
            self.sample_s = self._seconds_per_step(optimizer, weights, steps)
        finally:
            adapter.network.requires_grad_(False)
            adapter.network.load_state_dict(own)
        began = time.perf_counter()
        redraw(adapter, [self._view.request(recipe, 0)], lambda *_: None)
        painted = time.perf_counter() - began
        self.first_layer_s = _WORDS_STEPS * words_s + _WEIGHTS_STEPS * self.sample_s + painted

    def _seconds_per_step(self, optimizer: torch.optim.Adam, learned: list[Tensor], steps: int) -> float:
        self._step(optimizer, learned)
        began = time.perf_counter()
        for _ in range(steps):
            self._step(optimizer, learned)
        return (time.perf_counter() - began) / steps

    def _step(self, optimizer: torch.optim.Adam, learned: list[Tensor]) -> None:
        adapter, clean = self._adapter, self._encoded.clean
        noise = torch.randn(clean.shape).to(clean.device)
        at = torch.randint(len(adapter.schedule), (1,)).to(clean.device)
        alone = torch.zeros_like(at)
        loss = diffusion_loss(adapter, TuningDataset(self._encoded), self._words, NoiseDraw(noise, at, alone, alone))
        for one, gradient in zip(learned, torch.autograd.grad(loss, learned), strict=True):
            one.grad = gradient
        optimizer.step()
        loss.item()
