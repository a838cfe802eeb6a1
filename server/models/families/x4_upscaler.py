"""Stable Diffusion's ×4 upscaler: latents beside the picture that they are to be the larger one of."""

from __future__ import annotations

from types import MappingProxyType

from .family import Ability, CheckpointKind, Defaults, Family


class X4Upscaler(Family):
    name = "x4-upscaler"
    title = "Stable Diffusion ×4 upscaler"
    good_for = "enlarging after words"
    pipelines = ("StableDiffusionUpscalePipeline",)
    kinds = MappingProxyType({CheckpointKind.BASE: frozenset({Ability.ENLARGE})})
    native = 128
    """Of what it is shown; what it paints is four times as large."""
    defaults = Defaults(steps=30, guidance=7.5)
    presets = ()
    adapter = "server.models.runtime.diffusion_upscaler:DiffusionUpscaler"
    pipeline = "StableDiffusionUpscalePipeline"
    absent = MappingProxyType({"safety_checker": None, "feature_extractor": None, "watermarker": None})


FAMILY = X4Upscaler()
