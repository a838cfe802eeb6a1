"""Trains the denoiser: `python -m tools.bundled_model.train_unet`. Run it again to go on; `--samples` sets the goal."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTiny
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from diffusers.schedulers.scheduling_ddim import DDIMScheduler
from torch import Tensor, nn

from tools.bundled_model import checkpoint, crew, feed
from tools.bundled_model.artwork import DATA
from tools.bundled_model.halves import half_where_fast
from tools.bundled_model.muon import Muon
from tools.bundled_model.pool import Encoded, Encoder, Pool
from tools.bundled_model.repertoire import REPERTOIRES
from tools.bundled_model.replay import Replay
from tools.bundled_model.text import Text
from tools.bundled_model.unet import WIDTHS, new_schedule, new_unet

_UNCONDITIONAL = 0.1
_WARM_UP = 100
_LEAST_RATE = 0.05
_COMPOSED = 32


def main() -> None:
    options = parse()
    crew.run(options.processes, train, options)


def train(options: argparse.Namespace) -> None:
    torch.set_num_threads(options.threads)
    Training(options).run()


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=2, help="on a shared CPU one thread is faster than two")
    parser.add_argument("--processes", type=int, default=1, help="that train together, each with a batch of its own")
    parser.add_argument("--helpers", type=int, default=0, help="processes that compose pictures")
    parser.add_argument("--size", type=int, default=64, help="pixels of a training picture")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--samples", type=int, default=1_500_000, help="training samples in all, earlier runs included")
    parser.add_argument("--minutes", type=float, default=math.inf, help="of training in all, where these end sooner")
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--repertoire", choices=REPERTOIRES, default="full", help="how much of the artwork to teach")
    parser.add_argument("--widths", type=int, nargs=4, default=WIDTHS, help="channels at 32, 16, 8 and 4 latents")
    parser.add_argument("--pool", type=int, default=8192, help="encoded scenes held ready")
    parser.add_argument("--reuse", type=int, default=6, help="how often each encoded scene is used on average")
    parser.add_argument("--keep-every", type=float, default=600, help="seconds between checkpoints")
    return parser.parse_args(arguments)


@dataclass
class Progress:
    """Counted over all runs: optimizer steps, samples seen, batches of scenes composed, seconds spent."""

    steps: int = 0
    samples: int = 0
    scenes: int = 0
    seconds: float = 0.0


class Training:
    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.device = torch.device(options.device)
        torch.manual_seed(0)
        self.schedule = new_schedule()
        self.path = options.data / "unet.pt"
        state = checkpoint.load(self.path)
        self.unet = _on(self.device, _of_config(state["config"]) if state else new_unet(tuple(options.widths)))
        self.average = _on(self.device, _of_config(dict(self.unet.config))).requires_grad_(False)
        self.average.load_state_dict(self.unet.state_dict())
        self.rate = torch.zeros((), device=self.device)
        self.optimizers = _optimizers(self.unet, self.rate)
        self.progress = Progress()
        if state:
            self._resume(state)
        # A checkpoint brings a rate of its own, and may come from another device.
        for group in [group for optimizer in self.optimizers for group in optimizer.param_groups]:
            group["lr"] = self.rate
            if "capturable" in group:
                group["capturable"] = self.device.type == "cuda"
        text = Text(options.data, self.device)
        self.nothing = text([""])
        self.composed = max(_COMPOSED, options.batch // 2)
        supply = feed.batches(
            options.data, options.size, self.composed, seed=2 + crew.rank(), start=self.progress.scenes,
            helpers=options.helpers, repertoire=REPERTOIRES[options.repertoire],
        )  # fmt: skip
        encoder = Encoder(AutoencoderTiny.from_pretrained(options.data / "vae"), text, self.device)
        self.pool = Pool(supply, encoder, options.pool)
        self.first_scene = self.progress.scenes
        if crew.rank():
            torch.manual_seed(crew.rank() + 1000 * self.progress.steps)
        self.descend: Callable[[], Tensor] = self._descend
        if self.device.type == "cuda":
            torch.backends.cudnn.benchmark = True
            self.unet.compile()
            self.descend = Replay(self._descend)

    def run(self) -> None:
        print(f"{sum(p.numel() for p in self.unet.parameters()) / 1e6:.1f}M parameters, "
              f"from sample {self.progress.samples} to {self.options.samples}", flush=True)  # fmt: skip
        self.pool.fill()
        keep = checkpoint.Every(self.options.keep_every, self._keep)
        losses: list[Tensor] = []
        began, first, earlier = time.monotonic(), self.progress.samples, self.progress.seconds
        owed = 0.0
        checkpoint.end_softly()
        while self._done() < 1 and not checkpoint.ending():
            losses.append(self._step())
            self.progress.seconds = earlier + time.monotonic() - began
            owed += self.options.batch / self.options.reuse
            while owed >= self.composed:
                self.pool.renew()
                owed -= self.composed
            if self.progress.steps % 100 == 0:
                self._report(losses, (self.progress.samples - first) / (time.monotonic() - began))
                losses.clear()
            keep()
        self._keep()

    def _step(self) -> Tensor:
        options, progress = self.options, self.progress
        self.rate.fill_(options.rate * _rate(progress.steps, self._done()))
        loss = self.descend()
        progress.steps += 1
        progress.samples += options.batch * crew.size()
        self._follow(min(0.999, (1 + progress.steps) / (20 + progress.steps)))
        return loss

    def _descend(self) -> Tensor:
        loss = denoising_loss(self.unet, self.schedule, self.pool.draw(self.options.batch), self.nothing)
        loss.backward()  # type: ignore[no-untyped-call]  # torch
        crew.share_gradients(self.unet.parameters())
        nn.utils.clip_grad_norm_(self.unet.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad()
        return loss.detach()

    def _done(self) -> float:
        """The share of samples or of time that is spent, whichever is more."""
        progress, options = self.progress, self.options
        return float(max(progress.samples / options.samples, progress.seconds / 60 / options.minutes))

    @torch.no_grad()
    def _follow(self, decay: float) -> None:
        mine: list[Tensor] = list(self.average.parameters())
        theirs: list[Tensor] = list(self.unet.parameters())
        torch._foreach_lerp_(mine, theirs, 1 - decay)

    def _report(self, losses: list[Tensor], pace: float) -> None:
        if crew.rank():
            return
        progress = self.progress
        left = (self.options.samples - progress.samples) / pace / 3600
        print(f"step {progress.steps}  samples {progress.samples}  loss {torch.stack(losses).mean():.4f}"
              f"  {pace:.0f} samples/s  {left:.1f} h left", flush=True)  # fmt: skip

    def _keep(self) -> None:
        if crew.rank():
            return
        self.progress.scenes = self.first_scene + self.pool.taken
        checkpoint.save(self.path, {
            "progress": vars(self.progress), "unet": self.unet.state_dict(), "average": self.average.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers], "rng": torch.get_rng_state(),
            "config": dict(self.unet.config), "repertoire": self.options.repertoire,
        })  # fmt: skip

    def _resume(self, state: dict[str, Any]) -> None:
        self.unet.load_state_dict(state["unet"])
        self.average.load_state_dict(state["average"])
        self.progress = Progress(**state["progress"])
        if "optimizers" in state:  # a model that was reopened has none
            for optimizer, kept in zip(self.optimizers, state["optimizers"], strict=True):
                optimizer.load_state_dict(kept)
            torch.set_rng_state(state["rng"])


def _of_config(config: dict[str, Any]) -> UNet2DConditionModel:
    unet: UNet2DConditionModel = UNet2DConditionModel(**{k: v for k, v in config.items() if not k.startswith("_")})
    return unet


def _optimizers(unet: UNet2DConditionModel, rate: Tensor) -> tuple[torch.optim.Optimizer, ...]:
    """Muon for the layers inside, AdamW for the first and last convolution, biases and norms."""
    inside = [p for name, p in unet.named_parameters() if p.ndim > 1 and not name.startswith(("conv_in.", "conv_out."))]
    held = {id(p) for p in inside}
    others = [p for p in unet.parameters() if id(p) not in held]
    adam = torch.optim.AdamW(others, lr=rate, betas=(0.9, 0.99), weight_decay=0.01, fused=True)
    return Muon(inside, rate), adam


def _on(device: torch.device, unet: UNet2DConditionModel) -> UNet2DConditionModel:
    """Channels last: a seventh faster on processors."""
    # nn.Module's own method: that of diffusers' class is typed for no argument at all.
    nn.Module.to(unet, device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return unet


def denoising_loss(unet: UNet2DConditionModel, schedule: DDIMScheduler, drawn: Encoded, nothing: Tensor) -> Tensor:
    """Squared error of v, with stratified times and the prompt dropped now and then for guidance.

    Not weighted by min-SNR: that all but silences the noisy end, where a picture's layout is decided, and after 65,000
    samples there were textures in the right colours and no figures.
    """
    latents, count = drawn.latents, len(drawn.latents)
    strata = (torch.arange(count, device=latents.device) + torch.rand(count, device=latents.device)) / count
    times = (strata * schedule.config["num_train_timesteps"]).long()
    noise = torch.randn_like(latents)
    noisy = schedule.add_noise(latents, noise, times)
    dropped = torch.rand(count, 1, 1, device=latents.device) < _UNCONDITIONAL
    text = torch.where(dropped, nothing, drawn.text)
    with half_where_fast(latents.device):
        made = unet(torch.cat([noisy, drawn.mask, drawn.masked], 1), times, text).sample
    error = (made.float() - schedule.get_velocity(latents, noise, times)) ** 2
    loss: Tensor = error.mean()
    return loss


def _rate(steps: int, done: float) -> float:
    """Warm-up, then half a cosine over what is to do: a longer goal simply stretches it."""
    return min((steps + 1) / _WARM_UP, 1.0) * max(_LEAST_RATE, 0.5 + 0.5 * math.cos(math.pi * min(done, 1.0)))


@dataclass(frozen=True)
class Trained:
    """The averaged denoiser of the last checkpoint, the name of its repertoire, and the samples it has seen."""

    unet: UNet2DConditionModel
    repertoire: str
    samples: int


def load_average(data: Path) -> Trained:
    state = checkpoint.load(data / "unet.pt")
    if state is None:
        raise FileNotFoundError(data / "unet.pt")
    unet = _of_config(state["config"])
    unet.load_state_dict(state["average"])
    unet.eval()
    return Trained(unet, state["repertoire"], state["progress"]["samples"])


if __name__ == "__main__":
    main()
