"""Expand: the picture goes on beyond its borders, as its surroundings would (``erasing.beyond``)."""

from __future__ import annotations

from server.wire.offers import Answers, Need, Role
from server.wire.sides import SIDES

from .method import Method

METHOD = Method(
    name="expand",
    title="Expand",
    purpose="Continues the picture beyond its borders: sky, water, walls, grass; needs no words and no model.",
    role=Role.EXPAND,
    needs=(Need.LAYER,),
    settings=("seed",),
    own=SIDES,
    answers=Answers.CANVAS,
    run="server.methods.erasing.beyond:expand",
    usual=True,
)
