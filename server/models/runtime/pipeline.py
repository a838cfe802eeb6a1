"""What the adapters of all diffusers families share: one inpainting pipeline, driven from outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

import diffusers
import numpy as np
import torch
import transformers

from server.models.families.families import family
from server.models.store.card import Card
from server.models.store.store import Installed
from server.pixels.picture import F32

from . import memory
from .adapter import Adapter, Defaults, OnStep, Painting, Place
from .denoiser import Sitter, Words
from .differential import ChangeMap, shrink, support
from .preview import Colours
from .schedule import Schedule

diffusers.utils.logging.disable_progress_bar()
transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]

_SMALLEST_NATIVE = 256
"""A model that paints less than this at once gives nothing of use."""


class PipelineAdapter(Adapter):
    """``pipe``: a ``Remembering`` inpainting pipeline of diffusers. A family says how it is built and called."""

    pipe_class: Any
    family_defaults: Defaults
    absent: Mapping[str, Any] = MappingProxyType({})
    """Parts of the pipeline that are not loaded, as keyword arguments of ``from_pretrained``."""

    reads_long_prompts = False
    """Whether there is a text encoder beside CLIP, whose 77 tokens are about fifty words."""

    rounds_up = False
    """Whether the pipeline rounds ``strength * steps`` up to whole steps."""

    def __init__(self, card: Card, pipe: Any, place: Place) -> None:
        self.card = card
        self.pipe = pipe
        self.place = place
        self.native = card.native or family(card.family).native
        self.multiple = self.latent_factor * self.patch
        self.defaults = self.family_defaults
        self._colours = Colours(self.encode)
        self.denoiser.requires_grad_(False)
        self._measures = self._economies()
        pipe.set_progress_bar_config(disable=True)
        self._settle()

    @classmethod
    def load(cls, model: Installed, place: Place) -> PipelineAdapter:
        return cls(model.card, cls._open(model, place), place)

    @classmethod
    def _open(cls, model: Installed, place: Place) -> Any:
        """The pipeline, still in main memory."""
        if model.card.single_file:
            return cls.pipe_class.from_single_file(
                str(model.weights),
                config=str(model.configs),
                dtype=place.dtype,
                local_files_only=True,
                **cls.absent,
            )
        return cls.pipe_class.from_pretrained(
            model.weights,
            dtype=place.dtype,
            variant=model.card.variant or None,
            use_safetensors=True,
            local_files_only=True,
            **cls.absent,
        )

    @property
    def latent_factor(self) -> int:
        """Pixels of the picture per latent pixel, along one side."""
        return int(self.pipe.vae_scale_factor)

    @property
    def patch(self) -> int:
        """Latent pixels that the denoiser takes at once, along one side."""
        return 1

    @property
    def nbytes(self) -> int:
        modules = (part for part in self.pipe.components.values() if isinstance(part, torch.nn.Module))
        return sum(weight.numel() * weight.element_size() for part in modules for weight in part.state_dict().values())

    def repaint(self, painting: Painting, on_step: OnStep) -> F32:
        return self.repaint_all([painting], on_step)[0]

    def repaint_all(self, paintings: Sequence[Painting], on_step: OnStep) -> list[F32]:
        first, count = paintings[0], len(paintings)
        mask = torch.from_numpy(np.ascontiguousarray(first.mask))[None, None]
        values = shrink(mask, self.latent_factor)
        change = ChangeMap(self._as_latents(values.to(self.place.device)))

        def after_step(
            pipe: Any, step: int, _timestep: Any, tensors: dict[str, torch.Tensor]
        ) -> dict[str, torch.Tensor]:
            latents = change.apply(tensors["latents"], pipe.known, pipe, step)
            on_step(step + 1, pipe.num_timesteps, self._preview(latents[:1], first))
            return {"latents": latents}

        # The picture once for each, so that each generator is asked for the same draws as it would be alone.
        images = self.pipe(
            **self._words(paintings),
            image=as_batch(first.image).repeat(count, 1, 1, 1),
            mask_image=support(values, self.latent_factor).repeat(count, 1, 1, 1),
            height=first.image.shape[0],
            width=first.image.shape[1],
            strength=self._whole_steps(first.strength, first.steps),
            num_inference_steps=first.steps,
            guidance_scale=first.guidance,
            generator=[torch.Generator().manual_seed(painting.seed) for painting in paintings],
            output_type="pt",
            callback_on_step_end=after_step,
        ).images
        return [as_picture(image[None]) for image in images]

    @property
    def denoiser(self) -> Any:
        return self.pipe.unet if hasattr(self.pipe, "unet") else self.pipe.transformer

    @cached_property
    def schedule(self) -> Schedule:
        return Schedule.of(self.pipe.scheduler).to(self.place.device)

    @torch.no_grad()
    def embed(self, prompt: str) -> Words:
        return Words({name: part.float() for name, part in self._embedded(prompt).items()})

    @torch.no_grad()
    def sit(self, image: F32, mask: F32) -> Sitter:
        given = self._given(as_batch(image), torch.from_numpy(np.ascontiguousarray(mask))[None, None])
        return Sitter(self._as_latents(self.encode(image)).float(), tuple(part.float() for part in given))

    def predict(self, noisy: torch.Tensor, at: torch.Tensor, words: Words, sitter: Sitter) -> torch.Tensor:
        count, dtype = len(noisy), self.place.dtype
        batch = Words({name: _times(part, count).to(dtype) for name, part in words.parts.items()})
        given = [_times(part, count).to(dtype) for part in sitter.given]
        predicted = self._predicted(noisy.to(dtype), self.schedule.timesteps[at], batch, given)
        return predicted.float()

    @torch.no_grad()
    def encode(self, image: F32) -> torch.Tensor:
        with self._steady_vae() as vae:
            encoded = vae.encode((2 * as_batch(image) - 1).to(self.place.device, vae.dtype))
        latents = encoded.latent_dist.mode() if hasattr(encoded, "latent_dist") else encoded.latents
        return self._scaled(latents)

    @torch.no_grad()
    def decode(self, latents: torch.Tensor) -> F32:
        with self._steady_vae() as vae:
            decoded = vae.decode(self._unscaled(latents).to(self.place.device, vae.dtype), return_dict=False)[0]
        return as_picture((decoded / 2 + 0.5).clamp(0, 1))

    @contextmanager
    def denoiser_alone(self) -> Iterator[None]:
        place = self.place
        if place.device.type == "cpu" or place.offload:  # nowhere else to go, or gone already
            yield
            return
        parts = [part for part in self.pipe.components.values() if isinstance(part, torch.nn.Module)]
        others = [part for part in parts if part is not self.denoiser]
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
        tokens = tokenizer(prompt).input_ids
        if self.reads_long_prompts or len(tokens) <= tokenizer.model_max_length:
            return ""
        return str(tokenizer.decode(tokens[tokenizer.model_max_length - 1 : -1])).strip()

    @contextmanager
    def _steady_vae(self) -> Iterator[Any]:
        """The autoencoder in a precision in which it does not overflow (SDXL's does in half)."""
        vae, dtype = self.pipe.vae, self.pipe.vae.dtype
        widen = dtype == torch.float16 and vae.config.get("force_upcast", False)
        if widen:
            vae.to(torch.float32)
        try:
            yield vae
        finally:
            if widen:
                vae.to(dtype)

    def _scaled(self, latents: torch.Tensor) -> torch.Tensor:
        config = self.pipe.vae.config
        scaled: torch.Tensor = (latents - (config.get("shift_factor") or 0.0)) * config.scaling_factor
        return scaled

    def _unscaled(self, latents: torch.Tensor) -> torch.Tensor:
        config = self.pipe.vae.config
        unscaled: torch.Tensor = latents / config.scaling_factor + (config.get("shift_factor") or 0.0)
        return unscaled

    def reduce_memory(self) -> bool:
        return next(self._measures, False)

    def _economies(self) -> Iterator[bool]:
        """Measures against too little memory, each taken when it is asked for; the mildest first."""
        self._tile()
        yield True
        if self.place.device.type != "cpu" and not self.place.offload:
            self.place = replace(self.place, offload=True)
            self.pipe.to("cpu")
            self._settle()
            yield True
        while not self.close_up and self.native // 2 >= max(_SMALLEST_NATIVE, 8 * self.multiple):
            self.native //= 2
            yield True

    def _tile(self) -> None:
        """The autoencoder, which takes the most at once, works on quarters of what it was trained on."""
        vae = self.pipe.vae
        vae.enable_tiling()
        for tile in ("tile_sample_min_size", "tile_latent_min_size"):
            if hasattr(vae, tile):
                setattr(vae, tile, max(1, int(getattr(vae, tile)) // 2))

    def _settle(self) -> None:
        """Bring the loaded pipeline to its place."""
        if self.place.offload:
            self.pipe.enable_model_cpu_offload(device=self.place.device)
        else:
            self.pipe.to(self.place.device)

    def _whole_steps(self, strength: float, steps: int) -> float:
        """A strength for which the pipeline takes ``strength * steps`` steps, rounded down, and at least one: it would
        refuse less. Half a step away from where its own rounding could go either way."""
        count = max(1, int(strength * steps + 1e-6))
        return 1.0 if count >= steps else (count + (-0.5 if self.rounds_up else 0.5)) / steps

    def _words(self, paintings: Sequence[Painting]) -> dict[str, Any]:
        """What the pipeline is told to paint and not to paint."""
        first = paintings[0]
        if first.words is None:
            prompts = [painting.prompt for painting in paintings]
            return {"prompt": prompts, "negative_prompt": [first.negative] * len(prompts) if first.negative else None}
        painted = self._batched([painting.words for painting in paintings if painting.words is not None])
        avoided = self._batched([self._unwanted(first.negative)] * len(paintings))
        return {**painted, **{f"negative_{name}": part for name, part in avoided.items()}}

    def _batched(self, words: Sequence[Words]) -> dict[str, torch.Tensor]:
        return {name: part.to(self.place.dtype) for name, part in Words.stacked(words).parts.items()}

    def _embedded(self, prompt: str) -> dict[str, torch.Tensor]:
        """The parts of ``Words``."""
        raise NotImplementedError

    def _unwanted(self, negative: str) -> Words:
        """What guidance leads away from."""
        return self.embed(negative)

    def _given(self, image: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """image (1, 3, H, W), 0..1, mask (1, 1, H, W): what the denoiser sees beside the noisy latents."""
        return ()

    def _predicted(
        self, noisy: torch.Tensor, timesteps: torch.Tensor, words: Words, given: Sequence[torch.Tensor]
    ) -> torch.Tensor:
        """All in the denoiser's own type, (B, …)."""
        raise NotImplementedError

    def _masked(self, image: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The hard mask (1, 1, H, W) and what is left of the picture, -1..1, as the inpainting pipelines make them."""
        hard = support(shrink(mask, self.latent_factor), self.latent_factor)
        return hard, (2 * image - 1) * (hard < 0.5)

    def _as_latents(self, values: torch.Tensor) -> torch.Tensor:
        """A map (1, 1, h, w) in the layout in which the pipeline hands out its latents."""
        return values

    def _preview(self, latents: torch.Tensor, painting: Painting) -> F32:
        return self._colours.show(latents)


def _times(part: torch.Tensor, count: int) -> torch.Tensor:
    """(1, …) or (count, …) → (count, …)."""
    return part.expand(count, *part.shape[1:])


def as_batch(image: F32) -> torch.Tensor:
    """(H, W, 3) → (1, 3, H, W)."""
    return torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1)[None]


def as_picture(images: torch.Tensor) -> F32:
    """The first of (B, 3, H, W), as (H, W, 3), wherever it was."""
    return np.ascontiguousarray(images[0].permute(1, 2, 0).to("cpu", torch.float32).numpy())
