"""The picture coder: an AutoencoderTiny, 4 latent channels, each normalised to 0 ± 1.

At 64 pixels it halves the size: a quarter would leave 1024 numbers for a picture, and faces came out blurred. At 128
pixels a quarter gives latents of the same size, 32 × 32, for the same denoiser.
"""

from __future__ import annotations

from copy import deepcopy

import torch
import torch.nn.functional as functional
from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTiny
from torch import Tensor, nn

LATENT_CHANNELS = 4
LATENT_SIDE = 32


def new_vae(size: int) -> AutoencoderTiny:
    """An untrained coder for pictures of `size` pixels, 64 or 128; one width at all scales because AutoencoderTiny's
    decoder asks for it."""
    width, encoder, decoder = (32, (1, 2), (2, 1)) if size == 64 else (48, (1, 2, 3), (3, 3, 1))
    vae: AutoencoderTiny = AutoencoderTiny(
        encoder_block_out_channels=(width,) * len(encoder),
        decoder_block_out_channels=(width,) * len(decoder),
        num_encoder_blocks=encoder,
        num_decoder_blocks=decoder,
        latent_channels=LATENT_CHANNELS,
        upsampling_scaling_factor=2,
        scaling_factor=1.0,
    )
    return vae


def factor_of(vae: AutoencoderTiny) -> int:
    """Pixels per latent, along one side."""
    return int(2 ** (len(vae.config["decoder_block_out_channels"]) - 1))


class RunningNorm(nn.Module):
    """Subtracts and divides by running figures per channel, never by those of the batch at hand, as batch
    normalisation would: a batch of four white pictures must stay white."""

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int, momentum: float = 0.01) -> None:
        super().__init__()
        self.momentum = momentum
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, latents: Tensor) -> Tensor:
        if self.training:
            self._follow(latents.detach().float())
        mean, deviation = self.running_mean[:, None, None], self.running_var.sqrt()[:, None, None]
        return (latents.float() - mean) / deviation

    def _follow(self, latents: Tensor) -> None:
        mean = latents.mean((0, 2, 3))
        spread = (latents - self.running_mean[:, None, None]).square().mean((0, 2, 3))
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(spread, self.momentum)


class NormalisedVae(nn.Module):
    """The coder while it learns: latents are held at mean 0 and deviation 1 per channel between its halves.

    `folded()` moves that affine step into the encoder's last convolution, where stock pipelines find it.
    """

    def __init__(self, vae: AutoencoderTiny) -> None:
        super().__init__()
        self.vae = vae
        self.norm = RunningNorm(LATENT_CHANNELS)

    def encode(self, picture: Tensor) -> Tensor:
        """(B, 3, H, W) in -1..1 → (B, 4, h, w)."""
        latents: Tensor = self.norm(self.vae.encoder(picture))
        return latents

    def decode(self, latents: Tensor) -> Tensor:
        picture: Tensor = self.vae.decoder(latents)
        return picture

    @torch.no_grad()
    def folded(self) -> AutoencoderTiny:
        """A plain coder with the same latents and pictures."""
        copy = deepcopy(self.vae)
        last = copy.encoder.layers[-1]
        assert isinstance(last, nn.Conv2d) and last.bias is not None
        deviation = self.norm.running_var.sqrt()
        last.weight /= deviation[:, None, None, None]
        last.bias.copy_((last.bias - self.norm.running_mean) / deviation)
        return copy.eval()


def reconstruction_loss(made: Tensor, truth: Tensor) -> Tensor:
    """L1 + ½·MSE + the L1 of gradients at three scales, which keeps outlines sharp."""
    loss = functional.l1_loss(made, truth) + 0.5 * functional.mse_loss(made, truth)
    for _ in range(3):
        loss = loss + 0.5 * (_gradient_loss(made, truth, -1) + _gradient_loss(made, truth, -2))
        made, truth = functional.avg_pool2d(made, 2), functional.avg_pool2d(truth, 2)
    return loss


def _gradient_loss(made: Tensor, truth: Tensor, axis: int) -> Tensor:
    return functional.l1_loss(made.diff(dim=axis), truth.diff(dim=axis))
