"""CLIP (Radford et al., arXiv 2103.00020): says how well a picture fits words, and paints nothing."""

from __future__ import annotations

from types import MappingProxyType

from .family import Ability, CheckpointKind, Family


class ClipFamily(Family):
    name = "clip"
    title = "CLIP"
    good_for = "judging effect layers, as they were published"
    pipelines = ("CLIPModel",)
    kinds = MappingProxyType({CheckpointKind.BASE: frozenset({Ability.EFFECT})})
    native = 512
    """Of the pictures that effect layers were published with (Text2LIVE); CLIP itself is shown smaller ones."""
    presets = ()
    working_share = 4.0
    """Gradients go through sixteen views of three pictures."""
    adapter = "server.models.runtime.clip:Clip"


FAMILY = ClipFamily()
