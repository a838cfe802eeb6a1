"""How good are enlarged pictures? ``python -m bench.enlarge [--sheet FILE]``.

The shipped pictures, made two and four times smaller, are enlarged again by the shipped network and compared with what
they were, beside bicubic and Lanczos resampling. Then tiles are compared with the whole, and a picture of 24 megapixels
is made in a process of its own whose memory is watched.

    artwork_gain, photograph_gain: PSNR above bicubic in dB, the mean over pictures and factors; worst_photograph the
    least of one. sharpness, sharpness_bicubic: mean steps between neighbours as a share of the true picture's, of the
    photographs. seam: by how much the largest step across a border of tiles exceeds that of the whole picture made at
    once, in levels of 255. peak_gb, seconds: of the 24 megapixels.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil
from PIL import Image

from bench.bounds import Bound, add_options, conclude
from server.pixels.picture import F32

if TYPE_CHECKING:
    from server.models.runtime.super_resolution import SuperResolution

PICTURES = Path(__file__).parents[1] / "tests" / "pictures"
SIDE = 384
FACTORS = (2, 4)
LARGE, SMALLER = (6000, 4000), (1200, 800)
"""Width and height of the picture whose memory is watched."""
IN_SHORT = ("illustrations/friends", "photographs/coffee")
_TILE = 48

BOUNDS = (
    Bound("artwork_gain", least=1.5),
    Bound("worst_photograph", least=-0.3),
    Bound("seam", most=0.2),
    Bound("peak_gb", most=3.0),
)


@dataclass(frozen=True, eq=False)
class Trial:
    """A picture that is known, and it made smaller."""

    name: str
    by: int
    truth: F32
    small: F32

    @property
    def photograph(self) -> bool:
        return self.name.startswith("photographs")

    def resampled(self, how: Image.Resampling) -> F32:
        return _resized(self.small, self.truth.shape[1], self.truth.shape[0], how)

    def psnr(self, made: F32) -> float:
        return float(-10 * np.log10(np.mean((made.clip(0, 1) - self.truth) ** 2)))

    def sharpness(self, made: F32) -> float:
        return _steps(made) / _steps(self.truth)


def trials() -> Iterator[Trial]:
    for path in sorted([*PICTURES.glob("photographs/*.*g"), *PICTURES.glob("illustrations/*.png")]):
        whole = np.asarray(Image.open(path).convert("RGB"), np.float32)[:SIDE, :SIDE] / np.float32(255)
        height, width = (side // 8 * 8 for side in whole.shape[:2])
        truth = np.ascontiguousarray(whole[:height, :width])
        for by in FACTORS:
            small = _resized(truth, width // by, height // by, Image.Resampling.BICUBIC).clip(0, 1)
            yield Trial(f"{path.parent.name}/{path.stem}", by, truth, small)


def _resized(picture: F32, width: int, height: int, how: Image.Resampling) -> F32:
    planes = [Image.fromarray(np.ascontiguousarray(picture[..., plane])) for plane in range(3)]
    return np.stack([np.asarray(plane.resize((width, height), how)) for plane in planes], axis=2)


def _steps(picture: F32) -> float:
    gray = picture.mean(2)
    return float(np.abs(np.diff(gray, axis=0)).mean() + np.abs(np.diff(gray, axis=1)).mean())


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.enlarge", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sheet", type=Path, help="write bicubic, enlarged and true details side by side here")
    parser.add_argument("--short", action="store_true", help="two pictures, and a megapixel instead of 24")
    parser.add_argument("--large", type=int, nargs=2, help=argparse.SUPPRESS)
    add_options(parser)
    options = parser.parse_args()
    if options.large:
        return _make_large(*options.large)
    done = [_done(trial) for trial in trials() if not options.short or trial.name in IN_SHORT]
    if options.sheet:
        _sheet(options.sheet, done)
    return conclude({**_figures(done), "seam": _seam(), **_large(SMALLER if options.short else LARGE)}, BOUNDS, options)


@dataclass(frozen=True, eq=False)
class Done:
    trial: Trial
    made: F32
    bicubic: F32

    @property
    def gain(self) -> float:
        return self.trial.psnr(self.made) - self.trial.psnr(self.bicubic)


def _done(trial: Trial) -> Done:
    made = enlarged(trial.small, trial.by)
    done = Done(trial, made, trial.resampled(Image.Resampling.BICUBIC))
    lanczos = trial.psnr(trial.resampled(Image.Resampling.LANCZOS))
    print(
        f"{trial.name:28} x{trial.by}  {trial.psnr(made):5.2f} dB, bicubic {trial.psnr(done.bicubic):5.2f}, "
        f"Lanczos {lanczos:5.2f}; sharpness {trial.sharpness(made):.2f}, bicubic {trial.sharpness(done.bicubic):.2f}",
        flush=True,
    )
    return done


def enlarged(picture: F32, by: int, tile: int = 256) -> F32:
    from server.models.runtime.super_resolution import enlarge

    return enlarge(picture, by, _model(), lambda done, of: None, tile)


@cache
def _model() -> SuperResolution:
    import torch

    from server.models.bundled import upscaler
    from server.models.runtime.super_resolution import SuperResolution

    device = torch.device("cpu")
    weights = Path(upscaler.__file__).with_name("illustration") / "upscaler.safetensors"
    return SuperResolution(upscaler.load(weights, device), upscaler.FACTOR, upscaler.REACH, device)


def _figures(done: list[Done]) -> dict[str, float]:
    photographs = [one for one in done if one.trial.photograph]
    artwork = [one for one in done if not one.trial.photograph]
    return {
        "artwork_gain": round(_mean(one.gain for one in artwork), 2),
        "photograph_gain": round(_mean(one.gain for one in photographs), 2),
        "worst_photograph": round(min(one.gain for one in photographs), 2),
        "sharpness": round(_mean(one.trial.sharpness(one.made) for one in photographs), 3),
        "sharpness_bicubic": round(_mean(one.trial.sharpness(one.bicubic) for one in photographs), 3),
    }


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))


def _seam() -> float:
    """In levels: how much larger the steps across borders of small tiles are than where all is made at once."""
    trial = next(trial for trial in trials() if trial.photograph)
    whole, tiled = (enlarged(trial.small, trial.by, side) for side in (SIDE, _TILE))
    return round(255 * max(_largest_step(tiled, trial.by) - _largest_step(whole, trial.by), 0.0), 3)


def _largest_step(picture: F32, by: int) -> float:
    borders = range(by * _TILE, picture.shape[0], by * _TILE)
    return max(float(np.abs(picture[border] - picture[border - 1]).max()) for border in borders)


def _large(size: tuple[int, int]) -> dict[str, float]:
    """Memory is that of the whole process, torch and all."""
    began, most = time.monotonic(), 0
    process = subprocess.Popen([sys.executable, "-m", "bench.enlarge", "--large", *map(str, size)])
    watched = psutil.Process(process.pid)
    while process.poll() is None:
        with contextlib.suppress(psutil.NoSuchProcess):
            most = max(most, watched.memory_info().rss)
        time.sleep(0.05)
    if process.returncode:
        raise SystemExit(f"the large picture could not be made: {process.returncode}")
    return {"peak_gb": round(most / 1e9, 2), "seconds": round(time.monotonic() - began, 1)}


def _make_large(width: int, height: int) -> int:
    """A photograph, repeated until it is large enough, four times larger."""
    photograph = next(trial for trial in trials() if trial.photograph).truth
    small_height, small_width = height // 4, width // 4
    tiles = [math.ceil(side / step) for side, step in zip((small_height, small_width), photograph.shape, strict=False)]
    small = np.ascontiguousarray(np.tile(photograph, (*tiles, 1))[:small_height, :small_width])
    made = enlarged(small, 4)
    return 0 if made.shape == (height, width, 3) and np.isfinite(made).all() else 1


def _sheet(path: Path, done: Sequence[Done]) -> None:
    """A row a picture and factor: small by pixels, bicubic, made, true; the middle 160 pixels at 100 %."""
    rows = []
    for one in done:
        height, width = (slice(max(0, side // 2 - 80), side // 2 + 80) for side in one.trial.truth.shape[:2])
        near = one.trial.resampled(Image.Resampling.NEAREST)
        shown = [picture[height, width] for picture in (near, one.bicubic, one.made, one.trial.truth)]
        row = np.ones((164, 4 * 164, 3), np.float32)
        for place, picture in enumerate(shown):
            row[: picture.shape[0], place * 164 : place * 164 + picture.shape[1]] = picture.clip(0, 1)
        rows.append(row)
    Image.fromarray((np.concatenate(rows) * 255).astype(np.uint8)).save(path)


if __name__ == "__main__":
    sys.exit(main())
