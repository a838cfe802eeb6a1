"""Before a job that takes long: what it would need."""

from __future__ import annotations

from dataclasses import dataclass

from .raster import Depth, Raster
from .recipe import Recipe


@dataclass(frozen=True)
class Estimate:
    """What would an edit with this recipe need? For methods with ``presets``; answered by ``Estimated``, or by
    ``Failed`` under the question's id.

    question: 32 hex digits made by the client, never those of a job. layer, mask_depth: as ``Submit`` would have them.
    content: ``wire.content.picture`` of the blobs, from which the server knows whether it has learned this picture
    already; empty: taken as new.
    """

    question: str
    recipe: Recipe
    layer: Raster
    mask_depth: Depth | None = None
    content: str = ""


@dataclass(frozen=True)
class Estimated:
    """On this server's device, from what was measured there. model, preset: those that would be used."""

    question: str
    model: str
    preset: str
    tuning_s: float
    """Seconds of learning that are still to do; 0 when ``learned`` is 1."""
    render_s: float
    """Seconds for each answer after that: for a new eta, seed or variation."""
    memory_gb: float
    """Of the device's memory, at most at any time, the model included."""
    learned: float = 0.0
    """0..1: how much of the learning lies ready from earlier."""
