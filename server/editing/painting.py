"""What the methods share that let a model repaint under a soft mask: sizes, variations, progress."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import ceil

from server.models.runtime.adapter import Adapter, OnStep, Resident
from server.models.runtime.conditioning import Conditioning
from server.models.runtime.denoiser import SamplingRequest
from server.models.runtime.residency import Models
from server.pixels.picture import F32, on_paper
from server.pixels.sizes import Sizes, fit, fit_mask, unfit
from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Extent
from server.wire.recipe import Recipe
from server.wire.words import mark

from .close_up import CloseUp, close_up, whole
from .edit import Answer, Report, Scene, Step, seed_of
from .full_size import Painted, enlarged, redrawn
from .results import Repaint, seeds

Sampler = Callable[[Adapter, Sequence[SamplingRequest], OnStep], "list[F32]"]
"""What a method does with a model: one picture (H, W, 3), 0..1, at the output size of the model's ``sizes`` for each
request. The requests are of one picture, mask, strength, number of steps and guidance. The same request gives the same
pixels; beside others it differs from what it would be alone by rounding errors."""

_COARSE = 0.7
"""Below this share of the document's resolution the user is told that detail was lost."""


def load(models: Models, name: str, report: Report) -> Adapter:
    return models.get(name, loading=lambda: report(Step("Loading the model", 0, 1)))


def settle(recipe: Recipe, adapter: Adapter, strength: float) -> Recipe:
    """The recipe with the model's own defaults where the user said nothing."""
    chosen = adapter.defaults
    return replace(
        recipe,
        model=adapter.card.name,
        seed=seed_of(recipe),
        strength=strength if recipe.strength is None else recipe.strength,
        steps=chosen.steps if recipe.steps is None else recipe.steps,
        guidance=chosen.guidance if recipe.guidance is None else recipe.guidance,
        grain=1.0 if recipe.grain is None else recipe.grain,
    )


@dataclass(frozen=True, eq=False)
class ModelInput:
    """What of a scene a model is shown, at its working size. image: (H, W, 3) on white paper. mask: (H, W).
    references: (h, w, 3) on white paper each, as large as they came."""

    seen: CloseUp
    sizes: Sizes
    image: F32
    mask: F32
    references: tuple[F32, ...] = ()

    @classmethod
    def of(cls, scene: Scene, recipe: Recipe, adapter: Resident) -> ModelInput:
        """Raises empty-selection for a mask that is black everywhere."""
        return cls.seen_in(view(scene, recipe, adapter), adapter)

    @classmethod
    def seen_in(cls, seen: CloseUp, adapter: Resident) -> ModelInput:
        """The same of a view."""
        if not seen.of.mask.any():
            raise OverpaintError(Code.EMPTY_SELECTION, "Nothing is selected.", "Select the part to change.")
        scene = seen.scene
        sizes = adapter.sizes(scene.picture.extent)
        image, mask = fit(on_paper(scene.picture), sizes), fit_mask(scene.mask, sizes)
        return cls(seen, sizes, image, mask, tuple(on_paper(reference) for reference in seen.of.references))

    def request(self, recipe: Recipe, seed: int, conditioning: Conditioning | None = None) -> SamplingRequest:
        """Of a settled recipe."""
        if recipe.strength is None or recipe.steps is None or recipe.guidance is None:
            raise ValueError("the recipe is not settled")
        return SamplingRequest(
            image=self.image,
            mask=self.mask,
            prompt=recipe.prompt,
            negative=recipe.negative,
            seed=seed,
            strength=recipe.strength,
            steps=recipe.steps,
            guidance=recipe.guidance,
            conditioning=conditioning,
            references=self.references,
        )

    def placed(self, image: F32) -> F32:
        """An answer of the model as one to the scene: (H, W, 3) at its size."""
        return self.seen.placed(unfit(image, self.sizes))

    def preview(self, preview: F32) -> F32:
        return self.seen.preview(_without_padding(preview, self.sizes))

    @property
    def coarse(self) -> tuple[str, ...]:
        """What to say of detail that was lost."""
        return _coarse(self.sizes.painted, self.sizes.target)


def paint(scene: Scene, recipe: Recipe, adapter: Adapter, report: Report, sample: Sampler) -> Answer[Repaint]:
    """All variations of a settled recipe, one after the other: a batch would give other pixels than each alone.

    At strength 0 nothing is noised: the answer is the picture itself. Raises empty-selection for a mask that is black
    everywhere.
    """
    if recipe.strength == 0:
        same = Repaint((scene.picture.rgb,) * recipe.variations)
        return Answer(same, recipe, (mark("Edit strength 0 changes nothing."),))
    shown = ModelInput.seen_in(nearest(scene, recipe, adapter), adapter)
    images = []
    for number, seed in enumerate(seeds(seed_of(recipe), recipe.variations)):
        progress = PaintingProgress(report, number, 1, recipe.variations, shown)
        (image,) = sample(adapter, [shown.request(recipe, seed)], progress.step)
        finer = _at_full_size(shown, image, replace(recipe, seed=seed), adapter, report, sample)
        images.append(shown.seen.placed(finer.image))
    return Answer(Repaint(tuple(images)), recipe, (*misgivings(adapter, recipe), *finer.coarse))


@dataclass(frozen=True, eq=False)
class _AtFullSize:
    """image: at the size of what the model was shown. extent: at which it was painted."""

    image: F32
    extent: Extent

    @property
    def coarse(self) -> tuple[str, ...]:
        return _coarse(self.extent, Extent(self.image.shape[1], self.image.shape[0]))


def _at_full_size(
    shown: ModelInput, image: F32, recipe: Recipe, adapter: Adapter, report: Report, sample: Sampler
) -> _AtFullSize:
    """What was painted at the model's size, in as much detail as the document has room for."""
    extent = shown.sizes.painted
    painted = Painted(image[: extent.height, : extent.width], shown.seen.mask, shown.sizes.target)
    if adapter.super_resolution is not None:
        return _AtFullSize(enlarged(painted, adapter, report), extent)

    def redraw(there: F32, change: F32, strength: float, number: int, on_step: Callable[[int, int], None]) -> F32:
        seed = (seed_of(recipe) + number + 1) % 2**32
        asked = shown.request(replace(recipe, strength=min(strength, recipe.strength or strength)), seed)
        (made,) = sample(adapter, [replace(asked, image=there, mask=change)], lambda done, of, _: on_step(done, of))
        return made

    return _AtFullSize(*redrawn(painted, adapter, redraw, report))


def view(scene: Scene, recipe: Recipe, adapter: Resident) -> CloseUp:
    """What of the scene the model is shown."""
    return close_up(scene, recipe.context) if adapter.close_up else whole(scene)


def nearest(scene: Scene, recipe: Recipe, adapter: Resident) -> CloseUp:
    """What of the scene the model is shown where it paints only once: no more than it can paint pixel by pixel, where
    that is enough for all that is selected and something around it."""
    if adapter.close_up or recipe.context is not None or not scene.mask.any():
        return view(scene, recipe, adapter)
    extent = scene.picture.extent
    near = close_up(scene, least=adapter.native)
    smaller = near.part.width < min(extent.width, extent.height)
    return near if smaller and adapter.sizes(extent).scale < 1 else whole(scene)


def misgivings(adapter: Adapter, recipe: Recipe) -> tuple[str, ...]:
    """What the person should know before trusting an answer to these words."""
    unknown = adapter.unfamiliar(recipe.prompt)
    return (*_cut_short(adapter, recipe), *((unknown,) if unknown else ()))


@dataclass(frozen=True)
class PaintingProgress:
    """Counted in steps of single pictures: ``before`` are done, ``count`` advance at once."""

    report: Report
    before: int
    count: int
    all: int
    view: ModelInput

    def step(self, done: int, of: int, preview: F32 | None) -> None:
        shown = None if preview is None else self.view.preview(preview)
        self.report(Step("Painting", self.before * of + self.count * done, self.all * of, shown))


def _without_padding(preview: F32, sizes: Sizes) -> F32:
    height = ceil(preview.shape[0] * sizes.content.height / sizes.working.height)
    width = ceil(preview.shape[1] * sizes.content.width / sizes.working.width)
    return preview[:height, :width]


def _cut_short(adapter: Adapter, recipe: Recipe) -> tuple[str, ...]:
    unread = adapter.left_out(recipe.prompt)
    return (mark(f"The description is too long for this model; it did not read “{unread}”."),) if unread else ()


def _coarse(painted: Extent, target: Extent) -> tuple[str, ...]:
    if painted.pixels >= _COARSE**2 * target.pixels:
        return ()
    small, large = _size(painted), _size(target)
    return (
        mark(f"Painted at {small} and enlarged to {large}; a smaller selection or less context gives finer detail."),
    )


def _size(extent: Extent) -> str:
    return f"{extent.width} × {extent.height}"
