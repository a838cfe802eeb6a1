"""How much memory a device has left, and how much a model will take there."""

from __future__ import annotations

import gc
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import psutil
import torch

from server.models.families.families import family
from server.models.headers import safetensors
from server.models.store.card import Card
from server.models.store.files import weight_files
from server.models.store.store import Installed
from server.wire.errors import Code, OverpaintError

from .shortage import is_shortage

log = logging.getLogger(__name__)

_W = TypeVar("_W")
_T = TypeVar("_T")

_GB = 1e9
_WORKING_LEAST = 256 << 20
"""Bytes for what a run needs beside the weights, at least."""


def free(device: torch.device) -> int:
    """Bytes that a model could still take on ``device``."""
    if device.type == "cuda":
        unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(torch.cuda.mem_get_info(device)[0] + unused)
    if device.type == "mps":
        return int(torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory())
    return int(psutil.virtual_memory().available)


def sweep(device: torch.device) -> None:
    """Gives memory back that nothing uses any more."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()


def first_that_fits(ways: Iterable[_W], attempt: Callable[[_W], _T], device: torch.device) -> tuple[_W, _T]:
    """The first of ``ways`` for which memory suffices, and what ``attempt`` gave; the dearest way comes first. Raises
    the last shortage when none is left, and every other error at once."""
    shortage: Exception | None = None
    for way in ways:
        if shortage is not None:
            log.warning("memory ran out (%s); going on with %s", shortage, way)
            sweep(device)
        try:
            return way, attempt(way)
        except Exception as error:
            if not is_shortage(error):
                raise
            shortage = error.with_traceback(None)  # its frames hold what did not fit
    if shortage is None:
        raise ValueError("there is no way to try")
    raise shortage


@dataclass(frozen=True)
class MemoryNeed:
    """Bytes. parts: of the weights of each part, by its name. working: what a run takes beside them."""

    parts: Mapping[str, int]
    working: int

    @property
    def whole(self) -> int:
        """With all parts on the device."""
        return sum(self.parts.values()) + self.working

    @property
    def largest(self) -> int:
        """Of the weights that have to be there together, where only the part that works is on the device."""
        return max(self.parts.values(), default=0)


def needed(model: Installed, dtype: torch.dtype) -> MemoryNeed:
    """For the weights in ``dtype`` and for working with them."""
    parts: Counter[str] = Counter()
    for path in weight_files(model.card, model.weights):
        for name, tensor in safetensors.read(path).tensors.items():
            part = name.partition(".")[0] if model.card.single_file else path.parent.name
            parts[part] += tensor.elements * dtype.itemsize
    share = family(model.card.family).working_share
    return MemoryNeed(parts, max(_WORKING_LEAST, int(share * sum(parts.values()))))


def too_little(card: Card, need: int, left: int) -> OverpaintError:
    return OverpaintError(
        Code.OUT_OF_MEMORY,
        f"The model “{card.title}” needs about {need / _GB:.1f} GB, {left / _GB:.1f} GB are free.",
        "Use a smaller model, or close other programs.",
    )
