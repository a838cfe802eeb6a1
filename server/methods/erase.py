"""Erase: what is selected goes, and its surroundings continue (``erasing``)."""

from __future__ import annotations

from server.models.families.families import Ability
from server.wire.offers import Need, Role

from .method import Method

METHOD = Method(
    name="erase",
    title="Erase",
    purpose="Removes what you selected and continues the surroundings; needs no words and no model.",
    role=Role.ERASE,
    needs=(Need.SELECTION, Need.LAYER),
    settings=("model", "seed", "variations", "grain"),
    may_use=Ability.ERASE,
    run="server.methods.erasing.erase:erase",
    usual=True,
)
