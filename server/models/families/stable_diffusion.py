"""Stable Diffusion 1 and 2, with 4 or 9 input channels, predicting noise or velocity."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from server.models import configs
from server.models.headers import safetensors
from server.models.headers.safetensors import SafetensorsHeader

from .family import GENERATIVE, Ability, CheckpointKind, Configs, Defaults, Family
from .learning import UNITUNE_CROSS_ATTENTION
from .single_file import EPSILON, VELOCITY, FileHeader, FilePart, PipelineFile, prediction_of, refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from server.models.runtime.conditioning import Conditioning
    from server.models.runtime.pipeline import PipelineAdapter
    from server.pixels.picture import F32

    from .family import Encode

    Weights = dict[str, Tensor]

_FILL_CHANNELS = 9
"""Of a UNet that was trained to inpaint: four of latents, the mask, four of the masked picture."""

UNET, VAE, WORDS = "model.diffusion_model.", "first_stage_model.", "cond_stage_model."
"""Beginnings of the names in a single file, in the layout of the original code."""

_WORDS_IN = "transformer_blocks.0.attn2.to_k.weight"
_WIDTHS = (768, 1024, 2048)
"""Of the words in Stable Diffusion 1, 2 and XL."""

_NATIVES = range(256, 2049, 64)
_TELLING = f"{UNET}output_blocks.11.1.transformer_blocks.0.norm1.bias"
_SPREAD = 0.09
"""Of the standard deviation of that bias: more in Stable Diffusion 2's models that predict velocity, less in its base
models; by it ComfyUI tells them apart, which differ in nothing else that the file says."""

_BESIDE = re.compile(
    r"(model_ema|safety_checker|control_model|(first_stage_model\.)?(loss|discriminator))\..*|denoiser\.\w+|v_pred|ztsnr"
    r"|scale_factor|global_step|betas|alphas_cumprod(_prev)?|(sqrt|log)_\w+|posterior_\w+|logvar|lvlb_weights"
    r"|(cond_stage_model|conditioner\.embedders\.0)\..*text_projection(\.weight)?"
    r"|cond_stage_model\.model\.transformer\.resblocks\.23\..*"
)
"""Averaged weights, other networks, schedules, marks; and what is published of the text encoders and read by nobody:
their projections, and OpenCLIP's last layer, for Stable Diffusion 2 was taught to take the one before."""


@dataclass(frozen=True)
class StableDiffusionFile(PipelineFile):
    """A whole Stable Diffusion in one file.

    configs: the shipped configuration it loads with. in_channels: of the UNet. prediction: EPSILON or VELOCITY.
    zero_snr: trained to a schedule that ends in pure noise (Lin et al., arXiv 2305.08891).
    native: side in pixels of the squares it was trained on.
    """

    configs: str
    in_channels: int
    prediction: str
    zero_snr: bool
    native: int

    beside = _BESIDE
    predicts_either = True

    def write_configs(self, folder: Path) -> None:
        configs.write(
            self.configs,
            folder,
            in_channels=self.in_channels,
            prediction=self.prediction,
            zero_snr=self.zero_snr,
            native=self.native,
        )


class UNetFamily(Family):
    """What every Stable Diffusion with a UNet has in common.

    A file from a trainer or a merger says little of how it was trained. What it says is taken from its notes
    (Stability's ``modelspec`` and kohya's ``ss_`` fields), and from the empty tensors with which fine-tunes mark
    themselves.
    """

    kinds = MappingProxyType(dict.fromkeys((CheckpointKind.BASE, CheckpointKind.FILL), GENERATIVE | {Ability.INVERT}))
    unitune = UNITUNE_CROSS_ATTENTION
    generations: Mapping[int, str]
    """The shipped configurations of the family's single files, by the width of their words."""

    def in_file(self, header: FileHeader, prediction: str = "") -> StableDiffusionFile | None:
        first = header.shape(f"{UNET}input_blocks.0.0.weight") if isinstance(header, SafetensorsHeader) else None
        if not isinstance(header, SafetensorsHeader) or first is None or len(first) != 4:
            return None
        width = _width(header)
        if width in _WIDTHS and width not in self.generations:
            return None
        configs = self.generations.get(width, "")
        _check(header, first[1], configs)
        said = prediction or _prediction(header) or self.usual_prediction(header, configs, first[1])
        zero_snr = _zero_snr(header, said, prediction)
        native = _native(header) or self.usual_native(configs, said, first[1])
        parts = (FilePart("unet", UNET, _unet), FilePart("vae", VAE, _autoencoder), *self.encoders(header))
        return StableDiffusionFile(self.name, parts, configs, first[1], said, zero_snr, native)

    def usual_prediction(self, header: SafetensorsHeader, configs: str, in_channels: int) -> str:
        """Of a file that says nothing of it."""
        return EPSILON

    def usual_native(self, configs: str, prediction: str, in_channels: int) -> int:
        """Of a file that says nothing of it."""
        return self.native

    def encoders(self, header: SafetensorsHeader) -> tuple[FilePart, ...]:
        """The text encoders in a single file."""
        raise NotImplementedError

    def kind(self, configs: Configs) -> CheckpointKind:
        return (
            CheckpointKind.FILL if configs.get("unet", {}).get("in_channels") == _FILL_CHANNELS else CheckpointKind.BASE
        )

    def denoiser(self, pipe: Any) -> Any:
        return pipe.unet

    def sees_mask(self, pipe: Any) -> bool:
        return bool(pipe.unet.config.in_channels == _FILL_CHANNELS)

    def starts_blind(self, pipe: Any) -> bool:
        return self.sees_mask(pipe)

    def shown(
        self, model: PipelineAdapter, image: Tensor, mask: Tensor, references: Sequence[F32], encode: Encode
    ) -> tuple[Tensor, ...]:
        if not self.sees_mask(model.pipe):
            return ()
        return (mask > 0).to(image), encode(model.masked(image, mask))


class StableDiffusion(UNetFamily):
    name = "sd15"
    title = "Stable Diffusion 1 and 2"
    pipelines: tuple[str, ...] = (
        "StableDiffusionPipeline",
        "StableDiffusionImg2ImgPipeline",
        "StableDiffusionInpaintPipeline",
        "StableDiffusionInpaintPipelineLegacy",
    )
    generations = MappingProxyType({768: "sd1", 1024: "sd2"})
    as_file = "a whole Stable Diffusion 1 or 2"
    native = 512
    defaults = Defaults(steps=25, guidance=7.5)
    pipeline = "StableDiffusionInpaintPipeline"
    absent = MappingProxyType({"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False})

    def usual_prediction(self, header: SafetensorsHeader, configs: str, in_channels: int) -> str:
        return _prediction_of_base_2(header) if configs == "sd2" and in_channels != _FILL_CHANNELS else EPSILON

    def usual_native(self, configs: str, prediction: str, in_channels: int) -> int:
        large = configs == "sd2" and prediction == VELOCITY and in_channels != _FILL_CHANNELS
        return 768 if large else self.native

    def encoders(self, header: SafetensorsHeader) -> tuple[FilePart, ...]:
        if header.holds(f"{WORDS}model."):
            return (open_clip("text_encoder", f"{WORDS}model."),)
        return (clip("text_encoder", f"{WORDS}transformer."),)

    def prepare(self, pipe: Any) -> None:
        pipe.scheduler = quick(pipe.scheduler)

    def architecture(self, pipe: Any) -> str:
        return f"stable-diffusion-v{1 if pipe.unet.config.cross_attention_dim == _WIDTHS[0] else 2}"

    def condition(self, model: PipelineAdapter, prompt: str) -> Conditioning:
        from server.models.runtime.conditioning import Conditioning

        embeds, _ = model.pipe.encode_prompt(prompt, model.place.device, 1, False)
        return Conditioning({"prompt_embeds": embeds})

    def predict(
        self,
        model: PipelineAdapter,
        noisy: Tensor,
        timesteps: Tensor,
        conditioning: Conditioning,
        shown: Sequence[Tensor],
        guidance: float,
    ) -> Tensor:
        import torch

        words = conditioning.parts["prompt_embeds"]
        predicted: Tensor = model.network(torch.cat([noisy, *shown], 1), timesteps, words, return_dict=False)[0]
        return predicted


def quick(scheduler: Any) -> Any:
    """PNDM, which the first models were published with, wants 50 steps; DPM-Solver++ (arXiv 2211.01095) gives as much
    in 25. Any other scheduler was somebody's choice and stays."""
    if type(scheduler).__name__ != "PNDMScheduler":
        return scheduler
    from diffusers import DPMSolverMultistepScheduler

    return DPMSolverMultistepScheduler.from_config(scheduler.config)  # type: ignore[no-untyped-call]


def _width(header: SafetensorsHeader) -> int:
    """Of what the UNet is told of the words; 0 where it is not found."""
    shapes = (header.shape(f"{UNET}input_blocks.{block}.1.{_WORDS_IN}") for block in (1, 4))
    return next((shape[-1] for shape in shapes if shape), 0)


def _check(header: SafetensorsHeader, in_channels: int, configs: str) -> None:
    if in_channels not in (4, _FILL_CHANNELS):
        raise refused(f"The model takes {in_channels} channels; Overpaint runs those with 4 or 9.")
    if not configs:
        raise refused("The model is not Stable Diffusion 1, 2 or XL.")
    if not header.holds(VAE):
        raise refused("The file holds no autoencoder, so it is only a part of a model.")
    if not header.holds(WORDS, "conditioner.embedders."):
        raise refused("The file holds no text encoder, so it is only a part of a model.")
    if header.holds("edm_"):  # CosXL, Playground 2.5: no scheduler of ours paints with them
        raise refused("The model was trained with EDM's continuous noise levels, which Overpaint cannot paint with.")


def _prediction(header: SafetensorsHeader) -> str:
    """What the file says that it predicts; empty where it says nothing."""
    kohya = {"true": VELOCITY, "false": EPSILON}.get(header.metadata.get("ss_v_parameterization", "").lower(), "")
    marked = VELOCITY if "v_pred" in header.tensors else ""
    noted = {prediction_of(header.metadata.get("modelspec.prediction_type", "")), kohya, marked} - {""}
    if len(noted) > 1:
        raise refused(
            "The file contradicts itself about what it predicts: noise, or velocity.",
            "If you know, import it with --prediction epsilon or --prediction v.",
        )
    return "".join(noted)


def _prediction_of_base_2(header: SafetensorsHeader) -> str:
    numbers = safetensors.values(header, _TELLING)
    if numbers is None or numbers.size == 0:
        return EPSILON
    return VELOCITY if float(numbers.std()) > _SPREAD else EPSILON


def _zero_snr(header: SafetensorsHeader, prediction: str, asked: str) -> bool:
    """asked: the prediction that the person says, who then knows that it cannot be so for one of noise."""
    noted = "ztsnr" in header.tensors or header.metadata.get("ss_zero_terminal_snr", "").lower() == "true"
    if noted and prediction == EPSILON and not asked:
        raise refused(
            "The file says that its noise ends in pure noise (zero terminal SNR) and that it predicts noise, "
            "which cannot both be.",
            "If you know how it was trained, import it with --prediction.",
        )
    return noted and prediction != EPSILON


def _native(header: SafetensorsHeader) -> int:
    """Side in pixels, as the notes say it; 0 where they do not."""
    noted = re.fullmatch(r"(\d{3,4})x\1", header.metadata.get("modelspec.resolution", "").strip())
    return int(noted[1]) if noted and int(noted[1]) in _NATIVES else 0


def _original() -> Any:
    """How diffusers renames what the original code wrote; without types."""
    from diffusers.loaders import single_file_utils

    return single_file_utils


def _unet(weights: Weights, network: Any) -> Weights:
    return _original().convert_ldm_unet_checkpoint(weights, network.config)  # type: ignore[no-any-return]


def _autoencoder(weights: Weights, network: Any) -> Weights:
    return _original().convert_ldm_vae_checkpoint(weights, network.config)  # type: ignore[no-any-return]


def clip(name: str, prefix: str) -> FilePart:
    """OpenAI's text encoder."""

    def renamed(weights: Weights, network: Any) -> Weights:
        return _flattened(_original().convert_ldm_clip_checkpoint(weights), network)

    return FilePart(name, prefix, renamed)


def open_clip(name: str, prefix: str) -> FilePart:
    """OpenCLIP's text encoder, which holds query, key and value in one."""

    def renamed(weights: Weights, network: Any) -> Weights:
        return _flattened(_original().convert_open_clip_checkpoint(network, weights, prefix=prefix), network)

    return FilePart(name, prefix, renamed, threefold=(".in_proj_weight", ".in_proj_bias"))


def _flattened(weights: Weights, network: Any) -> Weights:
    """Without the ``text_model.`` before each name where this version of transformers has none."""
    if hasattr(network, "text_model"):
        return weights
    return {name.removeprefix("text_model."): weight for name, weight in weights.items()}


FAMILY = StableDiffusion()
