"""A training step as a CUDA graph: naming a small net's kernels takes Python three times as long as running them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

_WARM_UPS = 3


class Replay:
    """Calls ``step`` (no arguments, everything on the GPU, the same shapes each time) a few times, records it, and from
    then on replays it. What changes from step to step must be in tensors. Returns a copy of what ``step`` returned."""

    def __init__(self, step: Callable[[], Tensor]) -> None:
        self._step = step
        self._calls = 0
        self._graph = torch.cuda.CUDAGraph()
        self._made: Tensor | None = None

    def __call__(self) -> Tensor:
        self._calls += 1
        if self._calls <= _WARM_UPS:
            return self._warm_up()
        if self._made is None:
            # Recording runs nothing.
            with torch.cuda.graph(self._graph):
                self._made = self._step()
        self._graph.replay()
        return self._made.clone()

    def _warm_up(self) -> Tensor:
        """On a stream of its own, as recording will be."""
        ours, own = torch.cuda.current_stream(), torch.cuda.Stream()  # type: ignore[no-untyped-call]  # torch
        own.wait_stream(ours)
        with torch.cuda.stream(own):
            made = self._step()
        ours.wait_stream(own)
        return made
