"""Scenes made by helper processes, in a fixed order for a given seed, however many helpers there are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Dataset

from tools.bundled_model.repertoire import FULL, Repertoire
from tools.bundled_model.scenes import Stage


@dataclass(frozen=True)
class Batch:
    """`rgb` uint8 (B, S, S, 3), `mask` uint8 (B, S, S), one caption each."""

    rgb: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    captions: list[str]


class _Scenes(Dataset[Batch]):
    def __init__(self, data: Path, repertoire: Repertoire, size: int, count: int, seed: int) -> None:
        self.data, self.repertoire = data, repertoire
        self.size, self.count, self.seed = size, count, seed
        self.stage: Stage | None = None

    def __getitem__(self, number: int) -> Batch:
        if self.stage is None:
            self.stage = Stage(self.data, self.repertoire)
        rng = np.random.default_rng((self.seed, number))
        scenes = [self.stage.scene(self.size, rng) for _ in range(self.count)]
        return Batch(
            np.stack([scene.rgb for scene in scenes]),
            np.stack([scene.mask for scene in scenes]),
            [scene.caption for scene in scenes],
        )

    def __len__(self) -> int:
        return 1 << 40


def batches(
    data: Path, size: int, count: int, seed: int, start: int, helpers: int, repertoire: Repertoire = FULL
) -> Iterator[Batch]:
    """Endless batches of `count` scenes, numbered from `start`: resuming continues where the last run stopped."""
    numbers = range(start, start + (1 << 32))
    loader: DataLoader[Batch] = DataLoader(
        _Scenes(data, repertoire, size, count, seed),
        batch_size=None,
        sampler=numbers,
        num_workers=helpers,
        prefetch_factor=8 if helpers else None,
        worker_init_fn=_one_thread,
    )
    return iter(loader)


def to_tensor(rgb: NDArray[np.uint8], device: torch.device) -> torch.Tensor:
    """uint8 (B, S, S, 3) → float32 (B, 3, S, S) in -1..1."""
    picture = torch.from_numpy(rgb).to(device, non_blocking=True)
    return picture.permute(0, 3, 1, 2).float().div(127.5).sub(1).contiguous()


def _one_thread(_: int) -> None:
    torch.set_num_threads(1)
