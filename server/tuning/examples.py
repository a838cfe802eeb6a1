"""The pictures from which a word is taught, and those of its class that the model paints itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from server.editing.close_up import close_up
from server.editing.edit import Report, Scene, Step
from server.editing.painting import Sampler
from server.models.families.learning import PAINTING_CLASS
from server.models.runtime.adapter import Adapter
from server.models.runtime.denoiser import SamplingRequest
from server.pixels.picture import F32, Picture, on_paper
from server.pixels.sizes import resample
from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Extent

from .cache import CacheKey, TuningCache, name_of
from .dataset import TuningDataset

_FIRST_SEED = 1000
"""Of the pictures of a class; any will do, but always the same."""


@dataclass(frozen=True, eq=False)
class Examples:
    """images: (S, S, 3) each, on white paper, as large as the model was trained on."""

    images: tuple[F32, ...]

    @property
    def digest(self) -> str:
        return name_of(*(image.tobytes() for image in self.images))


def examples(scene: Scene, adapter: Adapter) -> Examples:
    """The layer, and the scene's references. Raises empty-selection where one of them shows nothing."""
    further = (Scene(picture, np.ones_like(picture.alpha)) for picture in scene.references)
    return Examples(tuple(_square(one, _side(adapter)) for one in (scene, *further)))


def class_pictures(
    adapter: Adapter,
    identity: str,
    prompts: Sequence[str],
    count: int,
    sample: Sampler,
    report: Report,
    cache: TuningCache,
) -> dict[str, list[F32]]:
    """``count`` pictures that the model paints itself, by the prompts that they were painted after, in turn; kept, for
    the next word. identity: of the model's files."""
    found: dict[str, list[F32]] = {}
    for number in range(count):
        report(Step(PAINTING_CLASS, number, count))
        words = prompts[number % len(prompts)]
        place = CacheKey(name_of("class", identity, words, repr(adapter.defaults)), str(number // len(prompts)))
        known = cache.found(place, torch.device("cpu"))
        image = known[0]["image"].numpy() if known else _painted(adapter, words, _FIRST_SEED + number, sample, report)
        if not known:
            cache.keep(place, {"image": torch.from_numpy(image)})
        found.setdefault(words, []).append(image)
    return found


def dataset_of(adapter: Adapter, groups: Sequence[Sequence[F32]]) -> TuningDataset:
    """Pictures by the words that they go with."""
    everywhere = np.ones((_side(adapter),) * 2, np.float32)
    return TuningDataset.of([[adapter.encode_for_training(image, everywhere) for image in group] for group in groups])


def _painted(adapter: Adapter, words: str, seed: int, sample: Sampler, report: Report) -> F32:
    side, usual = _side(adapter), adapter.defaults
    paper = np.ones((side, side, 3), np.float32)
    request = SamplingRequest(paper, paper[..., 0], words, "", seed, 1.0, usual.steps, usual.guidance)

    def on_step(done: int, of: int, preview: F32 | None) -> None:
        report(Step(PAINTING_CLASS, seed - _FIRST_SEED, 0, preview))

    (image,) = sample(adapter, [request], on_step)
    return resample(image, Extent(side, side))


def _square(scene: Scene, side: int) -> F32:
    """What is shown and selected, in a square; of a picture that fills its own, the largest square in its middle."""
    shown = scene.mask * (scene.picture.alpha > 0)
    if not shown.any():
        raise OverpaintError(
            Code.EMPTY_SELECTION, "One of the pictures to learn from shows nothing.", "Choose what is to be learned."
        )
    seen = _middle(scene) if shown.all() else close_up(Scene(scene.picture, shown.astype(np.float32))).scene.picture
    return resample(on_paper(seen), Extent(side, side))


def _middle(scene: Scene) -> Picture:
    extent = scene.picture.extent
    side = min(extent.width, extent.height)
    rows = slice((extent.height - side) // 2, (extent.height + side) // 2)
    columns = slice((extent.width - side) // 2, (extent.width + side) // 2)
    return Picture(scene.picture.rgb[rows, columns], scene.picture.alpha[rows, columns])


def _side(adapter: Adapter) -> int:
    return adapter.native // adapter.multiple * adapter.multiple
