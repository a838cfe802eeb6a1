"""Trains the picture coder: `python -m tools.bundled_model.train_vae`. Run it again to go on.

At the end the averaged coder, its normalisation folded in, lies in `vae/` of the data folder.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from tools.bundled_model import checkpoint, feed
from tools.bundled_model.artwork import DATA
from tools.bundled_model.halves import half_where_fast
from tools.bundled_model.vae import NormalisedVae, new_vae, reconstruction_loss

_NOISE = 0.05
_AVERAGE = 0.999
_LEAST_RATE = 0.03


def main() -> None:
    train(parse())


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--size", type=int, default=64, choices=(64, 128), help="pixels of a training picture")
    parser.add_argument("--crop", type=int, default=0, help="learn from crops of so many pixels: a quarter of the work")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--steps", type=int, default=40_000)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--helpers", type=int, default=0, help="processes that compose pictures")
    parser.add_argument("--threads", type=int, default=2, help="on a shared CPU one thread is faster than two")
    parser.add_argument("--decoder-only", action="store_true",
                        help="keep the latents as they are, so that a trained denoiser still fits")  # fmt: skip
    return parser.parse_args(arguments)


def train(options: argparse.Namespace) -> None:
    device = torch.device(options.device)
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    model = NormalisedVae(new_vae(options.size)).to(device)
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # its stub lacks this keyword
    follow = torch.optim.swa_utils.get_ema_multi_avg_fn(_AVERAGE)  # type: ignore[no-untyped-call]  # torch
    average = torch.optim.swa_utils.AveragedModel(model, multi_avg_fn=follow, use_buffers=True)
    adam = torch.optim.AdamW(model.parameters(), lr=options.rate, betas=(0.9, 0.99), weight_decay=1e-4, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(adam, lambda step: _rate(step, options.steps))
    path = options.data / "vae.pt"
    first = _resume(path, model, average, adam, schedule)
    if options.decoder_only:
        model.norm.eval()
        model.vae.encoder.requires_grad_(False)
    done = first

    def keep() -> None:
        checkpoint.save(path, {
            "step": done, "model": model.state_dict(), "average": average.state_dict(), "adam": adam.state_dict(),
            "schedule": schedule.state_dict(), "rng": torch.get_rng_state(),
        })  # fmt: skip

    keep_now_and_then = checkpoint.Every(300, keep)
    losses, began = 0.0, time.monotonic()
    supply = feed.batches(options.data, options.size, options.batch, seed=1, start=first, helpers=options.helpers)
    for step in range(first, options.steps):
        picture = _cropped(feed.to_tensor(next(supply).rgb, device), options.crop)
        picture = picture.contiguous(memory_format=torch.channels_last)
        with half_where_fast(device):
            latents = model.encode(picture)
            made = model.decode(latents + _NOISE * torch.randn_like(latents))
        loss = reconstruction_loss(made.float(), picture)
        adam.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()
        schedule.step()
        average.update_parameters(model)
        done = step + 1
        losses += loss.item() if done % 10 == 0 else 0.0
        if done % 500 == 0:
            pace = (done - first) * options.batch / (time.monotonic() - began)
            mse = torch.mean((made.detach().float().clamp(-1, 1) - picture) ** 2).item() / 4
            print(f"step {done}  loss {losses / 50:.4f}  psnr {-10 * torch.log10(torch.tensor(mse)):.1f} dB"
                  f"  {pace:.0f} pictures/s", flush=True)  # fmt: skip
            losses = 0.0
        keep_now_and_then()
    keep()
    averaged = average.module
    assert isinstance(averaged, NormalisedVae)
    averaged.folded().save_pretrained(options.data / "vae")


def _cropped(pictures: Tensor, side: int) -> Tensor:
    """The same random square of every picture: a convolution learns as much from it, and it costs less."""
    spare = pictures.shape[-1] - side
    if not side or spare <= 0:
        return pictures
    top, left = torch.randint(spare + 1, (2,)).tolist()
    return pictures[..., top : top + side, left : left + side]


def _rate(step: int, steps: int) -> float:
    """A short warm-up, then a straight line down: simple to lengthen when more time is at hand."""
    return min((step + 1) / 200, 1.0) * max(_LEAST_RATE, 1 - step / steps)


def _resume(
    path: Path, model: nn.Module, average: nn.Module, adam: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LambdaLR,
) -> int:  # fmt: skip
    state = checkpoint.load(path)
    if state is None:
        return 0
    model.load_state_dict(state["model"])
    average.load_state_dict(state["average"])
    adam.load_state_dict(state["adam"])
    schedule.load_state_dict(state["schedule"])
    torch.set_rng_state(state["rng"])
    return int(state["step"])


if __name__ == "__main__":
    main()
