"""Tiny pipelines of the real classes with random weights, built offline and saved as a hub would hold them.

Each has the shape of its family (channels of the UNet or transformer, kinds of encoders, prediction) and a few
thousand weights, so that a whole edit takes a second. ``SIDE`` suits all of them.
"""

from __future__ import annotations

import string
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderKLFlux2,
    AutoencoderTiny,
    DDIMScheduler,
    DDPMScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    Flux2KleinPipeline,
    Flux2Transformer2DModel,
    FluxFillPipeline,
    FluxTransformer2DModel,
    PNDMScheduler,
    SD3Transformer2DModel,
    StableDiffusion3InpaintPipeline,
    StableDiffusionInpaintPipeline,
    StableDiffusionUpscalePipeline,
    StableDiffusionXLInpaintPipeline,
    UNet2DConditionModel,
)
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    CLIPConfig,
    CLIPImageProcessorPil,
    CLIPModel,
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    CLIPVisionConfig,
    PreTrainedTokenizerFast,
    Qwen2Tokenizer,
    Qwen3Config,
    Qwen3ForCausalLM,
    T5Config,
    T5EncoderModel,
    T5TokenizerFast,
)

from server.models.store import card as cards
from server.models.store.card import Card
from server.models.store.import_model import import_model
from server.models.store.store import ModelStore

SIDE = 64
FAMILIES = (
    "sd15",
    "sd15-inpainting",
    "sd15-tiny-vae",
    "sd2",
    "sdxl",
    "sdxl-inpainting",
    "sd3",
    "flux-fill",
    "flux2-klein",
)
"""Names that ``save`` takes."""

WHOLE = ("sd15", "sd2", "sdxl", "sd3", "flux2-klein")
"""Those whose denoiser sees the picture only, not the mask."""

_WIDTH = 32
_LENGTH = 77


def save(family: str, folder: Path, seed: int = 0, **saving: Any) -> Path:
    """The pipeline ``family`` in diffusers' layout in ``folder``; the same weights for the same seed.

    ``saving`` goes to ``save_pretrained`` (``variant="fp16"``, ``max_shard_size=…``).
    """
    build(family, seed).save_pretrained(folder, **saving)
    return folder


def install(family: str, shelf: ModelStore, folder: Path) -> Card:
    """Saved in ``folder`` and imported onto ``shelf``, under its own name; "clip" too."""
    saved = save_clip(folder / family) if family == "clip" else save(family, folder / family)
    card = replace(import_model(saved, shelf, name=family), native=SIDE)
    cards.write(shelf.root / family, card)  # FLUX does not say what it was trained on: else it would work at 1024
    return card


def build(family: str, seed: int = 0) -> Any:
    """The pipeline itself, in memory."""
    torch.manual_seed(seed)
    return _BUILDERS[family]()


def clip_tokenizer() -> CLIPTokenizer:
    """CLIP's own tokenizer over single letters, without merges."""
    letters = [*string.ascii_lowercase, *string.digits, *string.punctuation]
    words = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(
        vocab={word: number for number, word in enumerate(words)},
        merges=[],
        pad_token="<|endoftext|>",
        model_max_length=_LENGTH,
    )


def t5_tokenizer() -> PreTrainedTokenizerFast:
    letters = [*string.ascii_letters, *string.digits, "▁"]
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", -10.0), *((letter, -4.0) for letter in letters)]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=2))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    return T5TokenizerFast(vocab=pieces, extra_ids=0, model_max_length=_LENGTH)


def qwen2_tokenizer() -> Qwen2Tokenizer:
    letters = [*string.ascii_letters, *string.digits, *string.punctuation, "Ġ"]
    words = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", *letters]
    tokenizer = Qwen2Tokenizer(vocab={word: number for number, word in enumerate(words)}, merges=[])
    tokenizer.chat_template = "{% for message in messages %}<|im_start|>{{ message['content'] }}<|im_end|>{% endfor %}"
    return tokenizer


def qwen3() -> Qwen3ForCausalLM:
    """As many layers as FLUX.2 reads: the ninth, the eighteenth and the twenty-seventh."""
    config = Qwen3Config(
        vocab_size=len(qwen2_tokenizer()),
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=27,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=8,
    )
    return Qwen3ForCausalLM(config).eval()


def clip(width: int = _WIDTH, *, projected: bool = False) -> Any:
    tokenizer = clip_tokenizer()
    config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        projection_dim=width,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=_LENGTH,
        bos_token_id=len(tokenizer) - 2,
        eos_token_id=len(tokenizer) - 1,
        pad_token_id=len(tokenizer) - 1,
    )
    return (CLIPTextModelWithProjection if projected else CLIPTextModel)(config).eval()


def save_clip(folder: Path) -> Path:
    """CLIP itself, as transformers saves it: pictures of 32 pixels in patches of eight."""
    torch.manual_seed(0)
    words = clip(projected=True).config
    seen = CLIPVisionConfig(
        hidden_size=_WIDTH,
        intermediate_size=64,
        projection_dim=_WIDTH,
        num_hidden_layers=2,
        num_attention_heads=4,
        image_size=32,
        patch_size=8,
    )
    config = CLIPConfig(text_config=words.to_dict(), vision_config=seen.to_dict(), projection_dim=_WIDTH)
    CLIPModel(config).save_pretrained(folder)
    clip_tokenizer().save_pretrained(folder)
    CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size=32).save_pretrained(folder)
    return folder


def t5(width: int = _WIDTH) -> T5EncoderModel:
    config = T5Config(vocab_size=len(t5_tokenizer()), d_model=width, d_kv=8, d_ff=2 * width, num_layers=2, num_heads=4)
    return T5EncoderModel(config).eval()


def autoencoder(latent_channels: int = 4, widths: tuple[int, ...] = (8, 8, 16, 16), **settings: Any) -> AutoencoderKL:
    """Eight pixels a latent, as nearly every real one here."""
    return AutoencoderKL(
        block_out_channels=widths,
        norm_num_groups=4,
        latent_channels=latent_channels,
        down_block_types=("DownEncoderBlock2D",) * len(widths),
        up_block_types=("UpDecoderBlock2D",) * len(widths),
        sample_size=SIDE,
        **settings,
    ).eval()


def tiny_autoencoder() -> AutoencoderTiny:
    return AutoencoderTiny(
        encoder_block_out_channels=(8, 8, 8, 8),
        decoder_block_out_channels=(8, 8, 8, 8),
        num_encoder_blocks=(1, 1, 1, 1),
        num_decoder_blocks=(1, 1, 1, 1),
        latent_channels=4,
    ).eval()


def unet(in_channels: int, context: int = _WIDTH, **settings: Any) -> UNet2DConditionModel:
    shape: dict[str, Any] = {
        "sample_size": SIDE // 8,
        "out_channels": 4,
        "block_out_channels": (16, 32),
        "layers_per_block": 1,
        "norm_num_groups": 4,
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
        "attention_head_dim": 4,
    }
    return UNet2DConditionModel(in_channels=in_channels, cross_attention_dim=context, **{**shape, **settings}).eval()


def _stable_diffusion(in_channels: int, scheduler: Any, vae: Any = None) -> StableDiffusionInpaintPipeline:
    return StableDiffusionInpaintPipeline(
        vae=vae or autoencoder(),
        text_encoder=clip(),
        tokenizer=clip_tokenizer(),
        unet=unet(in_channels),
        scheduler=scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def _sd15() -> Any:
    return _stable_diffusion(4, PNDMScheduler(skip_prk_steps=True, **BETAS))


def _sd15_inpainting() -> Any:
    return _stable_diffusion(9, DDIMScheduler(clip_sample=False, **BETAS))


def _sd15_tiny_vae() -> Any:
    return _stable_diffusion(9, DDIMScheduler(clip_sample=False, **BETAS), tiny_autoencoder())


def _sd2() -> Any:
    return _stable_diffusion(4, DDIMScheduler(prediction_type="v_prediction", clip_sample=False, **BETAS))


def _stable_diffusion_xl(in_channels: int) -> Any:
    return StableDiffusionXLInpaintPipeline(
        vae=autoencoder(),
        text_encoder=clip(),
        text_encoder_2=clip(projected=True),
        tokenizer=clip_tokenizer(),
        tokenizer_2=clip_tokenizer(),
        unet=unet(
            in_channels,
            context=2 * _WIDTH,
            addition_embed_type="text_time",
            addition_time_embed_dim=8,
            projection_class_embeddings_input_dim=6 * 8 + _WIDTH,
            use_linear_projection=True,
        ),
        scheduler=EulerDiscreteScheduler(**BETAS),
        add_watermarker=False,
    )


def _stable_diffusion_3() -> Any:
    return StableDiffusion3InpaintPipeline(
        transformer=SD3Transformer2DModel(
            sample_size=SIDE // 8,
            patch_size=2,
            in_channels=16,
            num_layers=2,
            attention_head_dim=8,
            num_attention_heads=4,
            caption_projection_dim=_WIDTH,
            joint_attention_dim=2 * _WIDTH,
            pooled_projection_dim=2 * _WIDTH,
            out_channels=16,
            pos_embed_max_size=SIDE // 8,
        ).eval(),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=autoencoder(16, use_quant_conv=False, use_post_quant_conv=False, shift_factor=0.0609),
        text_encoder=clip(projected=True),
        tokenizer=clip_tokenizer(),
        text_encoder_2=clip(projected=True),
        tokenizer_2=clip_tokenizer(),
        text_encoder_3=t5(2 * _WIDTH),
        tokenizer_3=t5_tokenizer(),
    )


def _flux_fill() -> Any:
    channels = 16
    return FluxFillPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
        vae=autoencoder(channels, use_quant_conv=False, use_post_quant_conv=False, shift_factor=0.1159),
        text_encoder=clip(),
        tokenizer=clip_tokenizer(),
        text_encoder_2=t5(),
        tokenizer_2=t5_tokenizer(),
        transformer=FluxTransformer2DModel(
            patch_size=1,
            in_channels=4 * (2 * channels + 64),
            out_channels=4 * channels,
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=_WIDTH,
            pooled_projection_dim=_WIDTH,
            axes_dims_rope=(4, 4, 8),
            guidance_embeds=True,
        ).eval(),
    )


def _flux2_klein() -> Any:
    """Not the distilled one, so that guidance matters."""
    return Flux2KleinPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
        vae=AutoencoderKLFlux2(
            block_out_channels=(8, 8, 16, 16), norm_num_groups=4, latent_channels=4, layers_per_block=1
        ).eval(),
        text_encoder=qwen3(),
        tokenizer=qwen2_tokenizer(),
        transformer=Flux2Transformer2DModel(
            patch_size=1,
            in_channels=16,
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=3 * 16,
            timestep_guidance_channels=16,
            axes_dims_rope=(4, 4, 4, 4),
            guidance_embeds=False,
        ).eval(),
    )


BETAS: dict[str, Any] = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "steps_offset": 1,
}


def _x4_upscaler() -> Any:
    """The picture beside four latent channels, and how much it was noised as a class."""
    return StableDiffusionUpscalePipeline(
        vae=autoencoder(widths=(8, 8, 16), scaling_factor=0.08333),
        text_encoder=clip(),
        tokenizer=clip_tokenizer(),
        unet=unet(7, num_class_embeds=1000),
        low_res_scheduler=DDPMScheduler(**BETAS),
        scheduler=DDIMScheduler(prediction_type="v_prediction", clip_sample=False, **BETAS),
    )


_BUILDERS: dict[str, Any] = {
    "sd15": _sd15,
    "sd15-inpainting": _sd15_inpainting,
    "sd15-tiny-vae": _sd15_tiny_vae,
    "sd2": _sd2,
    "sdxl": lambda: _stable_diffusion_xl(4),
    "sdxl-inpainting": lambda: _stable_diffusion_xl(9),
    "sd3": _stable_diffusion_3,
    "flux-fill": _flux_fill,
    "flux2-klein": _flux2_klein,
    "x4-upscaler": _x4_upscaler,
}
