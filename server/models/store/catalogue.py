"""The models that Overpaint can fetch, with what a person should know before. Torch-free.

Sizes and memory are those of the half-precision weights. Licences are named as their owners name them; ``commercial``
says in a word what they mean for pictures made with the model, and is no legal advice.
"""

from __future__ import annotations

from dataclasses import dataclass

from server.wire.errors import Code, OverpaintError


@dataclass(frozen=True)
class CatalogueEntry:
    """repository: on the hub. download_gb: of what Overpaint takes of it. memory_gb: of the graphics card, about; twice
    that in main memory when it runs on the processor. gated: the hub wants its licence accepted first."""

    name: str
    title: str
    family: str
    repository: str
    licence: str
    good_for: str
    download_gb: float
    memory_gb: float
    variant: str = "fp16"
    gated: bool = False


CATALOGUE: tuple[CatalogueEntry, ...] = (
    CatalogueEntry(
        name="sd15-inpainting",
        title="Stable Diffusion 1.5 Inpainting",
        family="sd15",
        repository="stable-diffusion-v1-5/stable-diffusion-inpainting",
        licence="CreativeML Open RAIL-M (commercial use allowed, with use restrictions)",
        good_for="replacing things in photographs and paintings; small and quick, at its best around 512 pixels",
        download_gb=2.1,
        memory_gb=3,
    ),
    CatalogueEntry(
        name="sd2-inpainting",
        title="Stable Diffusion 2 Inpainting",
        family="sd15",
        repository="sd2-community/stable-diffusion-2-inpainting",
        licence="CreativeML Open RAIL++-M (commercial use allowed, with use restrictions)",
        good_for="replacing things in photographs; a community mirror, since Stability AI took its own copy away",
        download_gb=2.6,
        memory_gb=3.5,
    ),
    CatalogueEntry(
        name="sdxl-inpainting",
        title="Stable Diffusion XL Inpainting 0.1",
        family="sdxl",
        repository="diffusers/stable-diffusion-xl-1.0-inpainting-0.1",
        licence="CreativeML Open RAIL++-M (commercial use allowed, with use restrictions)",
        good_for="replacing things at about 1024 pixels, with better hands, text and light than version 1.5",
        download_gb=7.0,
        memory_gb=9,
    ),
    CatalogueEntry(
        name="sd15",
        title="Stable Diffusion 1.5",
        family="sd15",
        repository="stable-diffusion-v1-5/stable-diffusion-v1-5",
        licence="CreativeML Open RAIL-M (commercial use allowed, with use restrictions)",
        good_for="redrawing a layer, and as the base for learning a picture",
        download_gb=2.1,
        memory_gb=3,
    ),
    CatalogueEntry(
        name="sdxl",
        title="Stable Diffusion XL 1.0",
        family="sdxl",
        repository="stabilityai/stable-diffusion-xl-base-1.0",
        licence="CreativeML Open RAIL++-M (commercial use allowed, with use restrictions)",
        good_for="redrawing a layer at about 1024 pixels",
        download_gb=7.0,
        memory_gb=9,
    ),
    CatalogueEntry(
        name="sd35-medium",
        title="Stable Diffusion 3.5 Medium",
        family="sd3",
        repository="stabilityai/stable-diffusion-3.5-medium",
        licence="Stability AI Community License (free below 1 million US dollars of yearly revenue)",
        good_for="following long descriptions closely, in replacing and redrawing",
        download_gb=16.4,
        memory_gb=19,
        variant="",
        gated=True,
    ),
    CatalogueEntry(
        name="flux-fill",
        title="FLUX.1 Fill [dev]",
        family="flux-fill",
        repository="black-forest-labs/FLUX.1-Fill-dev",
        licence="FLUX.1 [dev] Non-Commercial License (the model may not be used commercially)",
        good_for="the best replacements, where there is a large graphics card",
        download_gb=34,
        memory_gb=38,
        variant="",
        gated=True,
    ),
    CatalogueEntry(
        name="x4-upscaler",
        title="Stable Diffusion ×4 upscaler",
        family="x4-upscaler",
        repository="stabilityai/stable-diffusion-x4-upscaler",
        licence="CreativeML Open RAIL++-M (commercial use allowed, with use restrictions)",
        good_for="enlarging photographs, with fine texture after your words",
        download_gb=1.9,
        memory_gb=4,
    ),
    CatalogueEntry(
        name="clip",
        title="CLIP ViT-B/32 (LAION-2B)",
        family="clip",
        repository="laion/CLIP-ViT-B-32-laion2B-s34B-b79K",
        licence="MIT (commercial use allowed)",
        good_for="effect layers as they were published, on photographs too; paints nothing by itself",
        download_gb=0.6,
        memory_gb=3,
        variant="",
    ),
    CatalogueEntry(
        name="sam2-tiny",
        title="SAM 2.1 Hiera Tiny",
        family="sam2",
        repository="facebook/sam2.1-hiera-tiny",
        licence="Apache 2.0 (commercial use allowed)",
        good_for="selecting what you point at; small and quick, the one to begin with",
        download_gb=0.2,
        memory_gb=1,
        variant="",
    ),
    CatalogueEntry(
        name="sam2-large",
        title="SAM 2.1 Hiera Large",
        family="sam2",
        repository="facebook/sam2.1-hiera-large",
        licence="Apache 2.0 (commercial use allowed)",
        good_for="selecting what you point at, with the finest outlines",
        download_gb=0.9,
        memory_gb=3,
        variant="",
    ),
    CatalogueEntry(
        name="clipseg",
        title="CLIPSeg rd64 (refined)",
        family="clipseg",
        repository="CIDAS/clipseg-rd64-refined",
        licence="Apache 2.0 (commercial use allowed)",
        good_for="selecting what you name, in photographs too; small and quick, the one to begin with",
        download_gb=0.6,
        memory_gb=2,
        variant="",
    ),
    CatalogueEntry(
        name="grounding-dino",
        title="Grounding DINO (tiny)",
        family="grounding-dino",
        repository="IDEA-Research/grounding-dino-tiny",
        licence="Apache 2.0 (commercial use allowed)",
        good_for="finding what you name; with SAM 2 beside it, exactly outlined",
        download_gb=0.7,
        memory_gb=2,
        variant="",
    ),
    CatalogueEntry(
        name="sam3",
        title="SAM 3",
        family="sam3",
        repository="facebook/sam3",
        licence="SAM License (commercial use allowed, with use restrictions)",
        good_for="selecting everything that you name, best of all; wants a graphics card",
        download_gb=3.4,
        memory_gb=7,
        variant="",
        gated=True,
    ),
    CatalogueEntry(
        name="vitmatte",
        title="ViTMatte small (Composition-1k)",
        family="vitmatte",
        repository="hustvl/vitmatte-small-composition-1k",
        licence="Apache 2.0 (commercial use allowed)",
        good_for="lifting out what has hair, fur or leaves",
        download_gb=0.1,
        memory_gb=2,
        variant="",
    ),
    CatalogueEntry(
        name="flux2-klein",
        title="FLUX.2 klein 4B",
        family="flux2-klein",
        repository="black-forest-labs/FLUX.2-klein-4B",
        licence="Apache 2.0 (commercial use allowed)",
        good_for="replacing and redrawing in four quick steps, so that what is new belongs to the picture around it",
        download_gb=16,
        memory_gb=20,
        variant="",
    ),
)


def entry(name: str) -> CatalogueEntry:
    """Raises unknown-model for a name that is not in the catalogue."""
    for entry in CATALOGUE:
        if entry.name == name:
            return entry
    raise OverpaintError(
        Code.UNKNOWN_MODEL,
        f"The catalogue has no model “{name[:60]}”.",
        f"It has: {', '.join(entry.name for entry in CATALOGUE)}. Others can be imported from a file or folder.",
    )
