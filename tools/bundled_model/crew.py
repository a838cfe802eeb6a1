"""Several processes that train one model, each on its own scenes: on a shared CPU two single-threaded processes get far
more done than one with two threads, which wait for each other at every layer."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as distributed
import torch.multiprocessing as multiprocessing
from torch import nn

# The processes wait for each other as long as somebody has stopped one of them.
_PATIENCE = timedelta(days=7)


def run(size: int, work: Callable[..., None], *arguments: object) -> None:
    """Calls `work(*arguments)` in `size` processes, this one first; what this one has done when it ends counts."""
    if size == 1:
        work(*arguments)
        return
    with tempfile.TemporaryDirectory() as folder:
        meeting = (Path(folder) / "meeting").as_uri()
        context = multiprocessing.get_context("spawn")
        others = [
            context.Process(target=_join, args=(rank, size, meeting, work, arguments), daemon=True)
            for rank in range(1, size)
        ]
        for process in others:
            process.start()
        try:
            _join(0, size, meeting, work, arguments)
        finally:
            for process in others:
                process.kill()


def rank() -> int:
    return distributed.get_rank() if distributed.is_initialized() else 0


def size() -> int:
    return distributed.get_world_size() if distributed.is_initialized() else 1


def share_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Replaces each process's gradients by the mean of all."""
    if size() == 1:
        return
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    distributed.all_reduce(flat)
    flat /= size()
    parts = torch.split(flat, [gradient.numel() for gradient in gradients])
    torch._foreach_copy_(gradients, [part.view_as(old) for part, old in zip(parts, gradients, strict=True)])


def _join(rank: int, size: int, meeting: str, work: Callable[..., None], arguments: tuple[object, ...]) -> None:
    distributed.init_process_group("gloo", init_method=meeting, rank=rank, world_size=size, timeout=_PATIENCE)
    work(*arguments)
