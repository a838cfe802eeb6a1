"""What the server adds to a model's own work: ``python -m bench.overhead``.

The same 512² crop of a photograph is repainted twice, in turn: by diffusers' own ``StableDiffusionInpaintPipeline`` in
this process, and by the real server (``overpaint serve`` in a process of its own, its worker in another), asked by the
product's client over ZeroMQ: upload, decoding, masks, the edit with its previews, colour match, encoding, download. The
same weights (a smaller Stable Diffusion with random ones, built here), seed, steps and words; both are warm, so loading
the model is in neither.

overhead_ratio: the server's median time divided by the bare pipeline's.
pixels_identical: whether the layer that came back is, bit for bit and in 32-bit floats, what this process makes of the
bare pipeline's own pixels with the worker's finishing (colour match, grain and alpha). One different value before
compositing would show in it.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import skimage.data
import torch
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionInpaintPipeline, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from bench.bounds import Bound, add_options, conclude
from server.client.blocking import Client
from server.client.submission import Mask, Submission
from server.models import configs
from server.models.store.import_model import import_model
from server.models.store.store import ModelStore
from server.pixels import blend, formats, masks
from server.pixels.picture import F32
from server.wire.connection import ConnectionFile, read_connection
from server.wire.geometry import Bounds
from server.wire.paths import Home
from server.wire.raster import Channels, Depth, Raster
from server.wire.recipe import Recipe

SIDE = 512
MODEL = "random-sd"
GRAIN = 1.0
"""As much as an edit has by itself."""
IDENTICAL = Bound("pixels_identical", least=True)
BOUNDS = (IDENTICAL, Bound("overhead_ratio", most=1.03, least=0.9), Bound("bare_s", least=5))
"""The bare run takes at least so long, or the ratio says little: use more ``--steps`` on a faster machine."""

PIPELINE: Any = StableDiffusionInpaintPipeline
SCHEDULER: Any = DDIMScheduler
"""diffusers is untyped in part."""

LAYER = Raster(Bounds(0, 0, SIDE, SIDE), Channels.RGBA, Depth.F32)
_START_PATIENCE = 60.0


def build(folder: Path) -> Path:
    """Stable Diffusion 1 at a tenth of its width, saved as a hub would hold it."""
    shape = folder / "shape"
    configs.write("sd1", shape)
    torch.manual_seed(0)
    narrow = {"block_out_channels": [32, 64, 128, 128], "attention_head_dim": 2}
    unet = UNet2DConditionModel.load_config(shape / "unet") | narrow
    vae = AutoencoderKL.load_config(shape / "vae") | {"block_out_channels": [32, 32, 64, 64]}
    words = CLIPTextConfig.from_pretrained(shape / "text_encoder", num_hidden_layers=2)
    pipe = PIPELINE(
        vae=AutoencoderKL.from_config(vae),  # type: ignore[no-untyped-call]  # diffusers is partly untyped
        text_encoder=CLIPTextModel(words),
        tokenizer=CLIPTokenizer.from_pretrained(shape / "tokenizer"),
        unet=UNet2DConditionModel.from_config(unet),  # type: ignore[no-untyped-call]
        scheduler=SCHEDULER.from_config(SCHEDULER.load_config(shape / "scheduler")),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipe.save_pretrained(folder / "model")
    return folder / "model"


def photograph() -> F32:
    """(512, 512, 3), 0..1."""
    return np.asarray(skimage.data.astronaut(), dtype=np.float32) / np.float32(255)  # type: ignore[no-untyped-call]


def selection() -> F32:
    """(512, 512), hard, on the grid of eight pixels: what a pipeline that knows only hard masks can do as well."""
    mask = np.zeros((SIDE, SIDE), np.float32)
    mask[160:352, 128:320] = 1
    return mask


def recipe(steps: int) -> Recipe:
    return Recipe(
        "inpaint", prompt="a red hat", model=MODEL, strength=1.0, steps=steps, guidance=7.5, feather=0, grain=GRAIN
    )


class Bare:
    """diffusers alone."""

    def __init__(self, weights: Path, asked: Recipe) -> None:
        self._pipe = PIPELINE.from_pretrained(weights, safety_checker=None)
        self._pipe.set_progress_bar_config(disable=True)
        self._asked = asked
        self._image = torch.from_numpy(photograph()).permute(2, 0, 1)[None]
        self._mask = torch.from_numpy(selection())[None, None]

    def run(self, seed: int) -> F32:
        """(512, 512, 3), 0..1."""
        images = self._pipe(
            prompt=self._asked.prompt,
            image=self._image,
            mask_image=self._mask,
            height=SIDE,
            width=SIDE,
            strength=1.0,
            num_inference_steps=self._asked.steps,
            guidance_scale=self._asked.guidance,
            generator=torch.Generator().manual_seed(seed),
            output_type="np",
        ).images
        return np.asarray(images[0], dtype=np.float32)


class Server:
    """The whole way through the product."""

    def __init__(self, client: Client, asked: Recipe) -> None:
        self._client = client
        self._asked = asked
        opaque = np.ones((SIDE, SIDE, 1), np.float32)
        self.pixels = np.concatenate([photograph(), opaque], axis=2).tobytes()
        self._mask = (selection() * 255).astype(np.uint8).tobytes()

    def run(self, seed: int) -> tuple[bytes, dict[str, float]]:
        """The new layer's bytes, and the server's own seconds by stage. It remembers what it painted with a seed."""
        submission = Submission(replace(self._asked, seed=seed), LAYER, self.pixels, Mask(Depth.U8, self._mask))
        arrived = self._client.run(submission)
        self._client.acknowledge(submission.job)
        return bytes(arrived.results[0].data), dict(arrived.finished.seconds)


def finished(image: F32, seed: int, pixels: bytes) -> bytes:
    """``image``, painted with ``seed``, made into a layer as the worker does it."""
    source = formats.read_source(LAYER, pixels, None)
    edges = masks.derive(selection(), 0, 0)
    return formats.encode_answer(blend.finish(source.picture, image, edges, GRAIN, seed), source)


@contextlib.contextmanager
def serving(home: Path) -> Iterator[ConnectionFile]:
    """The real server with its home in ``home``."""
    command = [sys.executable, "-m", "server.cli", "serve", "--device", "cpu"]
    with subprocess.Popen(command, env={**os.environ, "OVERPAINT_HOME": str(home)}) as process:
        try:
            yield _connection(home, process)
        finally:
            process.terminate()


def _connection(home: Path, process: subprocess.Popen[bytes]) -> ConnectionFile:
    until = time.monotonic() + _START_PATIENCE
    while time.monotonic() < until and process.poll() is None:
        connection = read_connection(home / "connection.json")
        if connection is not None:
            return connection
        time.sleep(0.05)
    raise SystemExit("the server did not start")


def seconds(work: Any) -> tuple[float, Any]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def measure(bare: Bare, server: Server, rounds: int) -> tuple[list[float], list[float], bool]:
    """Seconds of each, alternating after one warm run of both, each round with a seed of its own, and whether all
    pixels agreed."""
    identical = server.run(0)[0] == finished(bare.run(0), 0, server.pixels)
    ours, theirs = [], []
    for seed in range(1, rounds + 1):
        bare_s, image = seconds(partial(bare.run, seed))
        server_s, (layer, stages) = seconds(partial(server.run, seed))
        identical = identical and layer == finished(image, seed, server.pixels)
        theirs.append(bare_s)
        ours.append(server_s)
        print(f"round {seed}: bare {bare_s:6.2f} s   server {server_s:6.2f} s   its stages {stages}", flush=True)
    return theirs, ours, identical


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.overhead")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--short", action="store_true", help="one round of two steps: the pixels, not the time")
    add_options(parser)
    options = parser.parse_args()
    if options.short:
        options.rounds, options.steps = 1, 2
    asked = recipe(options.steps)
    with tempfile.TemporaryDirectory(prefix="op-") as folder:
        home, weights = Path(folder) / "home", build(Path(folder))
        import_model(weights, ModelStore(home / "models", bundled=home / "none"), name=MODEL)
        with serving(home) as connection, Client("bench", Home(home), connection) as client:
            theirs, ours, identical = measure(Bare(weights, asked), Server(client, asked), options.rounds)
    bare, server = statistics.median(theirs), statistics.median(ours)
    print(f"median of {options.rounds}: bare {bare:.2f} s, server {server:.2f} s, {server - bare:+.2f} s")
    figures = {"overhead_ratio": round(server / bare, 4), "pixels_identical": identical, "bare_s": round(bare, 2)}
    return conclude(figures, (IDENTICAL,) if options.short else BOUNDS, options)


if __name__ == "__main__":
    sys.exit(main())
