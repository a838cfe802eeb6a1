"""Networks that say where something is in a picture, or how opaque its edge is; they paint nothing."""

from __future__ import annotations

from types import MappingProxyType

from .family import Ability, CheckpointKind, Family


class SegmenterFamily(Family):
    """architectures: classes of transformers that a folder's config.json may name. side: of what it is shown.
    adapter: in ``runtime.segmenters``."""

    presets = ()
    working_share = 1.0
    """They see large pictures, for what their weights are."""

    def __init__(
        self,
        name: str,
        title: str,
        good_for: str,
        ability: Ability,
        architectures: tuple[str, ...],
        side: int,
        adapter: str,
    ) -> None:
        self.name, self.title, self.good_for = name, title, good_for
        self.pipelines = architectures
        self.kinds = MappingProxyType({CheckpointKind.BASE: frozenset({ability})})
        self.native = side
        self.adapter = f"server.models.runtime.segmenters.{adapter}"


FAMILIES = (
    SegmenterFamily(
        "sam2",
        "SAM 2",
        "selecting what you point at",
        Ability.POINT,
        ("Sam2Model", "Sam2VideoModel"),
        1024,
        "sam:Sam2",
    ),
    SegmenterFamily(
        "sam3",
        "SAM 3",
        "selecting everything that you name",
        Ability.NAME,
        ("Sam3Model", "Sam3VideoModel"),
        1008,
        "sam3:Sam3",
    ),
    SegmenterFamily(
        "clipseg",
        "CLIPSeg",
        "selecting what you name",
        Ability.NAME,
        ("CLIPSegForImageSegmentation",),
        352,
        "clipseg:ClipSeg",
    ),
    SegmenterFamily(
        "grounding-dino",
        "Grounding DINO",
        "finding what you name, for SAM 2 to outline",
        Ability.NAME,
        ("GroundingDinoForObjectDetection",),
        800,
        "grounding_dino:GroundingDino",
    ),
    SegmenterFamily(
        "vitmatte",
        "ViTMatte",
        "soft edges: hair, fur, grass",
        Ability.MATTE,
        ("VitMatteForImageMatting",),
        1024,
        "vitmatte:VitMatte",
    ),
)
