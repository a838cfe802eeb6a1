"""How much memory a device has left, and how much a model will take there."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

import psutil
import torch

from server.models.families.families import family
from server.models.store import headers
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


def needed(model: Installed, dtype: torch.dtype) -> int:
    """Bytes for the weights in ``dtype`` and for working with them."""
    elements = sum(headers.read(path).elements for path in weight_files(model.card, model.weights))
    nbytes = elements * dtype.itemsize
    return nbytes + max(_WORKING_LEAST, int(family(model.card.family).working_share * nbytes))


def too_little(card: Card, need: int, left: int) -> OverpaintError:
    return OverpaintError(
        Code.OUT_OF_MEMORY,
        f"The model “{card.title}” needs about {need / _GB:.1f} GB, {left / _GB:.1f} GB are free.",
        "Use a smaller model, or close other programs.",
    )
