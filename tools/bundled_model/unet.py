"""The denoiser and its noise schedule, in the shapes Stable Diffusion's pipelines load."""

from __future__ import annotations

import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from diffusers.schedulers.scheduling_ddim import DDIMScheduler
from torch import Tensor

from tools.bundled_model.vae import LATENT_CHANNELS, LATENT_SIDE

_MASKED_CHANNELS = 2 * LATENT_CHANNELS + 1


WIDTHS = (48, 80, 144, 224)


def new_unet(channels: tuple[int, ...] = WIDTHS) -> UNet2DConditionModel:
    """An untrained denoiser: noisy latents, mask and masked picture in; attention at 8 × 8 only.

    The pooled prompt also joins the time embedding (`addition_embed_type="text"`), which speeds learning a lot.
    """
    unet: UNet2DConditionModel = UNet2DConditionModel(
        sample_size=LATENT_SIDE,
        in_channels=_MASKED_CHANNELS,
        out_channels=LATENT_CHANNELS,
        block_out_channels=channels,
        down_block_types=("DownBlock2D", "DownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D", "UpBlock2D"),
        layers_per_block=1,
        cross_attention_dim=384,
        attention_head_dim=4,
        norm_num_groups=16,
        addition_embed_type="text",
    )
    return unet


def new_schedule() -> DDIMScheduler:
    """Stable Diffusion's schedule with zero terminal signal, v-prediction, and steps spaced from the end."""
    schedule: DDIMScheduler = DDIMScheduler(
        beta_schedule="scaled_linear",
        beta_start=0.00085,
        beta_end=0.012,
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
        clip_sample=False,
        set_alpha_to_one=True,
        steps_offset=1,  # without meaning for trailing steps; the pipelines warn of 0
    )
    return schedule


@torch.no_grad()
def without_mask(unet: UNet2DConditionModel, grey: Tensor) -> UNet2DConditionModel:
    """The same denoiser with 4 input channels, for pipelines that know no mask.

    "Everything is masked" is a constant input (mask 1, latents of plain `grey`, (4, h, w)): it moves into the bias
    of the first convolution. The zero padding at the border is the one place where it differs a little.
    """
    free: UNet2DConditionModel = UNet2DConditionModel(**{**unet.config, "in_channels": LATENT_CHANNELS})
    weights = unet.state_dict()
    kernel = weights["conv_in.weight"]
    constant = torch.cat([torch.ones(1), grey.float().mean((1, 2))]).to(kernel)
    weights["conv_in.bias"] = weights["conv_in.bias"] + kernel[:, LATENT_CHANNELS:].sum((2, 3)) @ constant
    weights["conv_in.weight"] = kernel[:, :LATENT_CHANNELS]
    free.load_state_dict(weights)
    free.eval()
    return free
