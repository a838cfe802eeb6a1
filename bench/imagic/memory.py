"""What Imagic's learning takes of a GPU's memory, counted without one: ``python -m bench.imagic.memory``.

Steps of learning are gone through on fake tensors, which have shapes and types but no numbers, for the published shapes
of Stable Diffusion 1.5 and XL in half precision. Every storage is counted from its birth to its end. The table has, for
the memory that is free, the plan that is chosen (``server.tuning.plan``) and the peak of its steps: weights,
gradients, moments and all that is kept for the way back. What an allocator wastes and the libraries' own is not in it.

The base weights count as bfloat16: a processor's autocast, which stands here for the GPU's, takes no float16.
"""

from __future__ import annotations

import argparse
import gc
import sys
import tempfile
import weakref
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import torch
from diffusers import DDIMScheduler, UNet2DConditionModel
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from bench import page
from bench.bounds import Bound, add_options, conclude
from server.models import configs
from server.models.families.families import family
from server.models.runtime.adapter import Adapter, Placement
from server.models.runtime.conditioning import Conditioning
from server.models.runtime.denoiser import EncodedPicture
from server.models.runtime.pipeline import PipelineAdapter
from server.tuning.dataset import TuningDataset
from server.tuning.optimise import demand, minimise
from server.tuning.plan import Plan, fitting
from server.tuning.presets import preset
from server.tuning.state import TuningState
from server.tuning.trainer import first_weights

_GB = 1e9
_TYPE = torch.bfloat16
_FREE = (80.0, 24.0, 16.0, 12.0, 8.0, 6.0)
"""Gigabytes that are free before the denoiser is loaded."""


@dataclass(frozen=True)
class Shape:
    """A published architecture. side: of its latents. words: shapes of its text embeddings."""

    title: str
    family: str
    configs: str
    side: int
    words: dict[str, tuple[int, ...]]


SHAPES = {
    "sd15": Shape("SD 1.5", "sd15", "sd1", 64, {"prompt_embeds": (1, 77, 768)}),
    "sdxl": Shape(
        "SDXL", "sdxl", "sdxl", 128,
        {"prompt_embeds": (1, 77, 2048), "pooled_prompt_embeds": (1, 1280)},
    ),
}  # fmt: skip


class Storages(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's own
    """Counts the bytes of all storages that are alive, while it is entered. peak: the most there ever were."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.now = self.peak = 0
        self._known: weakref.WeakSet[torch.UntypedStorage] = weakref.WeakSet()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(result):
            if isinstance(tensor, torch.Tensor):
                self.see(tensor)
        return result

    def see(self, tensor: torch.Tensor) -> None:
        storage = tensor.untyped_storage()
        if storage in self._known:
            return
        self._known.add(storage)
        nbytes = storage.nbytes()
        self.now += nbytes
        self.peak = max(self.peak, self.now)
        weakref.finalize(storage, self._gone, nbytes)

    def _gone(self, nbytes: int) -> None:
        self.now -= nbytes


class Rehearsal:
    """The last phase of a preset, on fake tensors. there: bytes of the denoiser and of what is to be learned."""

    def __init__(self, shape: Shape, name: str) -> None:
        self._fake, self._storages = FakeTensorMode(allow_non_fake_inputs=True), Storages()
        chosen = preset(name, shape.family)
        self.phase = chosen.phases[-1]
        with self._fake, _unmoved():
            self._adapter = _denoiser_only(shape)
            with self._storages:
                for weight in self._adapter.network.parameters():
                    self._storages.see(weight)
                self._dataset = TuningDataset(EncodedPicture(torch.randn(1, 4, shape.side, shape.side)))
                conditioning = Conditioning({part: torch.randn(size) for part, size in shape.words.items()})
                self._state = TuningState(conditioning, first_weights(self._adapter, chosen))
                self.there = self._storages.now
                self.demand = demand(self._adapter, self._dataset, self._state, self.phase)

    def peak(self, plan: Plan) -> int:
        """Bytes at most while two steps are done by ``plan``; in the second, moments are there."""
        gc.collect()
        self._storages.peak = self._storages.now
        # Not from step 0: after the first step, as after each fifth, the loss is looked at, and here it has no number.
        state = replace(self._state, step=1, moments={})
        with self._fake, self._storages, _unmoved():
            minimise(self._adapter, self._dataset, state, replace(self.phase, steps=3, fitted=0.0), plan, lambda: None)
        assert state.weights is not None
        for one in state.weights.tensors.values():
            one.grad = None
        return self._storages.peak


def _unmoved() -> AbstractContextManager[object]:
    """While this lasts ``Module.to`` does nothing: it exchanges fake tensors in a way that they do not allow. Here all
    is in its place."""
    return mock.patch.object(torch.nn.Module, "_apply", lambda module, convert, recurse=True: module)


def _denoiser_only(shape: Shape) -> Adapter:
    """As much of an adapter as learning asks for."""
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "configs"
        configs.write(shape.configs, folder)
        config: Any = UNet2DConditionModel
        unet = config.from_config(config.load_config(folder / "unet"))
        scheduler = DDIMScheduler.from_pretrained(folder / "scheduler")  # type: ignore[no-untyped-call]
    for module in unet.modules():
        for name, own in module._parameters.items():
            module._parameters[name] = None if own is None else torch.nn.Parameter(own.to(_TYPE), requires_grad=False)
    adapter: Any = object.__new__(PipelineAdapter)
    adapter.family = family(shape.family)
    adapter.pipe = SimpleNamespace(unet=unet, scheduler=scheduler, vae_scale_factor=8)
    adapter.place = Placement(torch.device("cpu"), _TYPE)
    return adapter  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Row:
    """free: GB before the denoiser is loaded. predicted, counted: GB at the peak, the denoiser included."""

    shape: str
    preset: str
    free: float
    plan: Plan
    predicted: float
    counted: float

    @property
    def fits(self) -> bool:
        return self.counted <= self.free


def rows(shape: Shape, name: str) -> list[Row]:
    rehearsal = Rehearsal(shape, name)
    peaks: dict[Plan, int] = {}
    found = []
    for free in _FREE:
        plan = fitting(rehearsal.demand, int(free * _GB) - rehearsal.there)
        if plan not in peaks:
            peaks[plan] = rehearsal.peak(plan)
        predicted = rehearsal.there + rehearsal.demand.of(plan)
        found.append(Row(shape.title, name, free, plan, predicted / _GB, peaks[plan] / _GB))
    return found


def table(found: Sequence[Row]) -> list[str]:
    lines = [page.row(["", *(f"{free:.0f} GB free" for free in _FREE)]), f"|---|{'---|' * len(_FREE)}"]
    for shape, name in dict.fromkeys((row.shape, row.preset) for row in found):
        cells = [_cell(row) for row in found if (row.shape, row.preset) == (shape, name)]
        lines.append(page.row([f"{shape}, *{name}*", *cells]))
    return lines


def _cell(row: Row) -> str:
    if not row.fits:
        return "–"
    plan = row.plan
    manner = ", ".join(["checkpoints"] * plan.checkpointing + ["8 bits"] * plan.eight_bit)
    return f"{row.counted:.1f} GB: {plan.portion} at once{', ' if manner else ''}{manner}"


BOUNDS = (Bound("rows_unforeseen", most=0), Bound("worst_error", most=0.15))


def figures(found: Sequence[Row]) -> dict[str, object]:
    """rows_unforeseen: where it was foretold to fit and does not. worst_error: of a prediction, as a share."""
    return {
        "rows": [{**vars(row), "plan": vars(row.plan), "fits": row.fits} for row in found],
        "rows_unforeseen": sum(row.predicted <= row.free and not row.fits for row in found),
        "worst_error": round(max(abs(row.predicted / row.counted - 1) for row in found), 3),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", choices=SHAPES, action="append", help="all, unless named")
    parser.add_argument("--preset", action="append", help="quality and fast, unless named")
    parser.add_argument("--page", type=Path, help="write the table into this page, docs/imagic-algorithm.md")
    parser.add_argument("--short", action="store_true", help="the smallest of them: sd15, fast")
    add_options(parser)
    options = parser.parse_args()
    if options.short:
        options.shape, options.preset = ["sd15"], ["fast"]
    found: list[Row] = []
    for shape in options.shape or SHAPES:
        for name in options.preset or ("quality", "fast"):
            for row in rows(SHAPES[shape], name):
                found.append(row)
                print(f"{row.shape} {row.preset}, {row.free:.0f} GB free: {row.plan}, ", end="")
                print(f"predicted {row.predicted:.2f} GB, counted {row.counted:.2f} GB", flush=True)
    if options.page is not None:
        page.put(options.page, "bench.imagic.memory", table(found))
    return conclude(figures(found), BOUNDS, options)


if __name__ == "__main__":
    sys.exit(main())
