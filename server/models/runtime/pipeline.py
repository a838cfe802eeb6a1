"""The denoiser that a pipeline of diffusers holds: its parts loaded, placed and called. See ``Denoiser`` and
``Adapter`` for what the methods do, ``Family`` for what differs from one family to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import Any

import diffusers
import numpy as np
import torch
import transformers
from diffusers.utils.torch_utils import randn_tensor
from torch import Tensor

from server.models.families.families import family
from server.models.store.card import Card
from server.models.store.loras import Lora, LoraStore
from server.models.store.spoken import Glossary, Spoken
from server.models.store.store import Installed
from server.pixels.picture import F32
from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Extent

from . import lora as loras
from . import memory
from .adapter import Adapter, Placement
from .autoencoder import Autoencoder, as_batch
from .conditioning import Conditioning
from .denoiser import EncodedPicture, SamplingRequest
from .differential import shrink, support
from .preview import Colours
from .schedule import Schedule
from .weights import LowRank

diffusers.utils.logging.disable_progress_bar()
transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]

_SMALLEST_NATIVE = 256
"""A model that paints less than this at once gives nothing of use."""

Measure = Callable[[], bool]
"""Something that saves memory; false where there is nothing to save that way (any more)."""


class PipelineAdapter(Adapter):
    """``pipe``: a pipeline of diffusers, still in main memory."""

    def __init__(self, card: Card, pipe: Any, place: Placement) -> None:
        self.card = card
        self.pipe = pipe
        self.place = place
        self.family = family(card.family)
        self.family.prepare(pipe)
        self.native = card.native or self.family.native
        self.multiple = self.latent_factor * self.family.patch(pipe)
        self.defaults = self.family.defaults_of(pipe)
        self._autoencoder = Autoencoder(pipe.vae, self.family, place.device)
        self._colours = Colours(self.encode)
        self._measures: list[Measure] = [self._tile, self._offload, self._halve]
        self.network.requires_grad_(False)
        pipe.vae.requires_grad_(False)
        pipe.set_progress_bar_config(disable=True)
        settle(pipe, place)

    @classmethod
    def load(cls, model: Installed, place: Placement) -> PipelineAdapter:
        return cls(model.card, cls.opened(model, place), place)

    @staticmethod
    def opened(model: Installed, place: Placement) -> Any:
        """Its pipeline, in main memory."""
        entry, card = family(model.card.family), model.card
        pipeline = getattr(diffusers, entry.pipeline)
        if card.single_file:
            return pipeline.from_single_file(
                str(model.weights),
                config=str(model.configs),
                dtype=place.dtype,
                local_files_only=True,
                **entry.absent,
            )
        return pipeline.from_pretrained(
            model.weights,
            dtype=place.dtype,
            variant=card.variant or None,
            use_safetensors=True,
            local_files_only=True,
            **entry.absent,
        )

    @property
    def latent_factor(self) -> int:
        """Pixels of the picture per latent pixel, along one side."""
        return self.family.latent_factor(self.pipe)

    @property
    def sees_mask(self) -> bool:
        return self.family.sees_mask(self.pipe)

    @property
    def nbytes(self) -> int:
        return nbytes_of(self.pipe)

    @property
    def network(self) -> Any:
        return self.family.denoiser(self.pipe)

    @cached_property
    def schedule(self) -> Schedule:
        return Schedule.of(self.pipe.scheduler).to(self.place.device)

    def scheduler(self, steps: int, size: Extent) -> Any:
        fresh = type(self.pipe.scheduler).from_config(self.pipe.scheduler.config)
        fresh.set_timesteps(**self.family.timesteps(self, steps, size), device=self.place.device)
        return fresh

    def encode(self, image: F32) -> Tensor:
        return self._autoencoder.encode(_signed(image))

    def decode(self, latents: Tensor) -> list[F32]:
        images = self._autoencoder.decode(latents)
        self.pipe.maybe_free_model_hooks()  # where it is offloaded: what worked last leaves the device, too
        return images

    @contextmanager
    def differentiable(self) -> Iterator[Callable[[Tensor], Tensor]]:
        if self.place.offload:
            raise OverpaintError(
                Code.OUT_OF_MEMORY,
                "There is too little graphics memory to learn with this model: it is there in parts only.",
                "Choose a smaller model, or CLIP where it can do this.",
            )
        with self._autoencoder.differentiable() as latents:
            yield lambda images: latents(2 * images - 1)

    @torch.no_grad()
    def encode_for_training(self, image: F32, mask: F32) -> EncodedPicture:
        shown = self.family.shown(self, _signed(image), self.shrink(mask), (), self._autoencoder.encode)
        return EncodedPicture(self.encode(image).float(), tuple(part.float() for part in shown))

    @torch.no_grad()
    def encode_for_sampling(
        self, request: SamplingRequest, generators: Sequence[torch.Generator], from_noise: bool
    ) -> tuple[EncodedPicture, Tensor]:
        def drawn(picture: Tensor) -> Tensor:
            return self._autoencoder.encode(picture, generators if self.family.samples_posterior else ())

        image = _signed(request.image)
        # Where only noise is left of it, nothing is drawn of the picture for a denoiser that is shown it anyway.
        clean = self.encode(request.image) if from_noise and self.family.starts_blind(self.pipe) else drawn(image)
        clean = clean.to(self.place.dtype).expand(len(generators), *clean.shape[1:])
        noise = randn_tensor(clean.shape, list(generators), self.place.device, self.place.dtype)
        shown = self.family.shown(self, image, self.shrink(request.mask), request.references, drawn)
        return EncodedPicture(clean, tuple(_times(part, len(generators)) for part in shown)), noise

    def shrink(self, mask: F32) -> Tensor:
        whole = torch.from_numpy(np.ascontiguousarray(mask))[None, None]
        return shrink(whole, self.latent_factor).to(self.place.device)

    def masked(self, image: Tensor, mask: Tensor) -> Tensor:
        """image (1, 3, H, W), -1..1; mask (1, 1, h, w): what is left of the picture, as inpainting pipelines make it:
        gray in every latent pixel that may change at all."""
        return image * (support(mask, self.latent_factor) < 0.5).to(image.device)

    @contextmanager
    def wearing(self, spoken: Sequence[Spoken]) -> Iterator[None]:
        with loras.worn(self.pipe, spoken):
            self.glossary = Glossary(tuple(one.lora for one in spoken))
            try:
                yield
            finally:
                self.glossary = Glossary()

    def keep(self, learned: LowRank, lora: Lora, store: LoraStore) -> Lora:
        part = next(name for name, part in self.pipe.components.items() if part is self.network)
        named = {f"{part}.{name}": tensor for name, tensor in learned.plain().items()}
        return loras.keep(named, self.family.architecture(self.pipe), replace(lora, rank=learned.rank), store)

    @torch.no_grad()
    def condition(self, prompt: str) -> Conditioning:
        return self.family.condition(self, self.glossary.shown(prompt)).float()

    def words(self, prompt: str) -> slice:
        tokenizer = self.pipe.tokenizer
        tokens = tokenizer(
            self.glossary.shown(prompt), truncation=True, max_length=tokenizer.model_max_length
        ).input_ids
        return slice(1, max(2, len(tokens) - 1))  # between the token that begins and the one that ends

    @torch.no_grad()
    def unconditional(self, negative: str) -> Conditioning | None:
        if not self.family.guides(self.pipe):
            return None
        return self.family.unconditional(self, self.glossary.shown(negative)).float()

    def predict(
        self,
        noisy: Tensor,
        timesteps: Tensor,
        conditioning: Conditioning,
        encoded: EncodedPicture,
        guidance: float = 1.0,
    ) -> Tensor:
        count, dtype = len(noisy), self.place.dtype
        shown = [_times(part, count).to(dtype) for part in encoded.shown]
        predicted = self.family.predict(
            self, noisy.to(dtype), timesteps.expand(count), conditioning.expand(count, dtype), shown, guidance
        )
        return predicted.to(noisy.dtype)

    def preview(self, latents: Tensor) -> F32:
        return self._colours.show(latents)

    @contextmanager
    def denoiser_alone(self) -> Iterator[None]:
        place = self.place
        if place.device.type == "cpu" or place.offload:  # nowhere else to go, or gone already
            yield
            return
        others = [part for part in self._parts if part is not self.network]
        try:
            for part in others:
                part.to("cpu")
            memory.sweep(self.place.device)
            yield
        finally:
            for part in others:
                part.to(place.device)

    def left_out(self, prompt: str) -> str:
        tokenizer = self.pipe.tokenizer
        tokens = tokenizer(self.glossary.shown(prompt)).input_ids
        if self.family.reads_long_prompts or len(tokens) <= tokenizer.model_max_length:
            return ""
        return str(tokenizer.decode(tokens[tokenizer.model_max_length - 1 : -1])).strip()

    def reduce_memory(self) -> bool:
        while self._measures:
            measure = self._measures[0]
            if measure():
                return True
            self._measures.remove(measure)
        return False

    def _tile(self) -> bool:
        """The mildest: the autoencoder works in tiles. Once."""
        self._measures.remove(self._tile)
        self._autoencoder.tile()
        return True

    def _offload(self) -> bool:
        """Only the part that works is on the device."""
        if self.place.device.type == "cpu" or self.place.offload:
            return False
        self.place = replace(self.place, offload=True)
        self.pipe.to("cpu")
        settle(self.pipe, self.place)
        return True

    def _halve(self) -> bool:
        """The hardest: it paints half as many pixels along a side, to be enlarged."""
        if self.close_up or self.native // 2 < max(_SMALLEST_NATIVE, 8 * self.multiple):
            return False
        self.native //= 2
        return True

    @property
    def _parts(self) -> list[torch.nn.Module]:
        return networks_of(self.pipe)


def settle(pipe: Any, place: Placement) -> None:
    """Bring a loaded pipeline to its place."""
    if place.offload:
        pipe.enable_model_cpu_offload(device=place.device)
    else:
        pipe.to(place.device)


def networks_of(pipe: Any) -> list[torch.nn.Module]:
    return [part for part in pipe.components.values() if isinstance(part, torch.nn.Module)]


def nbytes_of(pipe: Any) -> int:
    """Of the weights of all its networks."""
    weights = (weight for part in networks_of(pipe) for weight in part.state_dict().values())
    return sum(weight.numel() * weight.element_size() for weight in weights)


def _signed(image: F32) -> Tensor:
    """(H, W, 3), 0..1 → (1, 3, H, W), -1..1."""
    return 2 * as_batch(image) - 1


def _times(part: Tensor, count: int) -> Tensor:
    """(1, …) or (count, …) → (count, …)."""
    return part.expand(count, *part.shape[1:])
