"""The families of models that Overpaint can run, told apart without importing torch."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from server.wire.errors import Code, OverpaintError


class Ability(str, Enum):
    """What a model can be asked to do."""

    INPAINT = "inpaint"
    """Repaint what lies under a mask."""
    REDRAW = "redraw"
    """Noise the picture to a given strength and denoise it after the words (SDEdit)."""
    LEARN = "learn"
    """Be fitted to one picture, to paint that changed by words (Imagic)."""
    ERASE = "erase"
    """Continue the surroundings into a hole, without words."""


_GENERATIVE = frozenset({Ability.INPAINT, Ability.REDRAW, Ability.LEARN})


@dataclass(frozen=True)
class Family:
    """name: as a card names it. adapter: ``module:class`` of its adapter, empty for a network that only erases
    (``inpainting_networks``). pipelines: class names that a diffusers folder of this family may have in its
    model_index.json; none where nobody but us makes such models. native: side in pixels of the squares it was trained
    on."""

    name: str
    title: str
    adapter: str
    pipelines: tuple[str, ...]
    native: int
    abilities: frozenset[Ability] = _GENERATIVE


FAMILIES: tuple[Family, ...] = (
    Family(
        name="sd15",
        title="Stable Diffusion 1 and 2",
        adapter="server.models.families.stable_diffusion:StableDiffusion",
        pipelines=(
            "StableDiffusionPipeline",
            "StableDiffusionImg2ImgPipeline",
            "StableDiffusionInpaintPipeline",
            "StableDiffusionInpaintPipelineLegacy",
        ),
        native=512,
    ),
    Family(
        name="sdxl",
        title="Stable Diffusion XL",
        adapter="server.models.families.stable_diffusion_xl:StableDiffusionXL",
        pipelines=(
            "StableDiffusionXLPipeline",
            "StableDiffusionXLImg2ImgPipeline",
            "StableDiffusionXLInpaintPipeline",
        ),
        native=1024,
    ),
    Family(
        name="sd3",
        title="Stable Diffusion 3",
        adapter="server.models.families.stable_diffusion_3:StableDiffusion3",
        pipelines=(
            "StableDiffusion3Pipeline",
            "StableDiffusion3Img2ImgPipeline",
            "StableDiffusion3InpaintPipeline",
        ),
        native=1024,
    ),
    Family(
        name="flux-fill",
        title="FLUX.1 Fill",
        adapter="server.models.families.flux_fill:FluxFill",
        pipelines=("FluxFillPipeline",),
        native=1024,
    ),
    Family(
        name="illustration",
        title="Overpaint Illustration",
        adapter="server.models.bundled.cascade:Cascade",
        pipelines=(),
        native=64,
    ),
    Family(name="lama", title="LaMa", adapter="", pipelines=(), native=512, abilities=frozenset({Ability.ERASE})),
    Family(name="mi-gan", title="MI-GAN", adapter="", pipelines=(), native=512, abilities=frozenset({Ability.ERASE})),
)


def family(name: str) -> Family:
    """Raises ``OverpaintError`` (unknown-model) for a family this version cannot run."""
    for entry in FAMILIES:
        if entry.name == name:
            return entry
    raise OverpaintError(
        Code.UNKNOWN_MODEL,
        f"This version cannot run models of the family “{name}”.",
        f"It can run: {', '.join(entry.title for entry in FAMILIES)}.",
    )


def family_of_pipeline(class_name: str) -> Family | None:
    """The family of a diffusers folder whose model_index.json names ``class_name``; None for one we cannot run."""
    return next((entry for entry in FAMILIES if class_name in entry.pipelines), None)
