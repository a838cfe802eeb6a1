"""Inverted pictures, kept as what was learned is: another edit strength of one costs no inversion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

from torch import Tensor

from server.editing.painting import ModelInput
from server.models.runtime.adapter import Adapter

from .cache import CacheKey, TuningCache, name_of
from .trainer import seen_as


@dataclass(frozen=True, eq=False)
class Inversion:
    """The noise of one picture. path: x_t before each of T steps, and the picture x0, (T + 1, C, h, w). seen: x̂ that
    the denoiser saw in each, and residues: what the step from each misses without its noise, σ_t · z_t, (T, C, h, w).
    """

    path: Tensor
    seen: Tensor
    residues: Tensor


@dataclass(frozen=True)
class InversionJob:
    """method: that inverts, and all that it depends on besides picture, model and seed, in any words. identity: of the
    model's files."""

    adapter: Adapter
    identity: str
    method: str
    cache: TuningCache

    def kept(self, view: ModelInput, seed: int, invert: Callable[[], Inversion]) -> Inversion:
        """What was found before for this picture and seed, else what ``invert`` finds."""
        cache, key = self.cache, CacheKey(self._picture(view), f"{seed}")
        found = cache.found(key, self.adapter.place.device)
        if found is not None:
            return Inversion(**found[0])
        inversion = invert()
        cache.keep(key, {field.name: getattr(inversion, field.name) for field in fields(inversion)})
        return inversion

    def remember(self, view: ModelInput, content: str) -> None:
        """The picture is what a host calls ``content``."""
        if content:
            self.cache.see(self._picture(view), seen_as(content, self._name))

    def knows(self, content: str) -> bool:
        """Whether what a host calls ``content`` was inverted, with some seed."""
        return bool(self.cache.seen(seen_as(content, self._name)))

    def _picture(self, view: ModelInput) -> str:
        shown = [view.image.tobytes(), *([view.mask.tobytes()] if self.adapter.sees_mask else [])]
        return name_of(self._name, *shown)

    @property
    def _name(self) -> str:
        place = self.adapter.place
        return name_of(self.identity, str(place.device), str(place.dtype), self.method)
