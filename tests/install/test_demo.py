"""What the demo shows, and what it leaves out."""

from __future__ import annotations

import pytest

from server.wire.messages import Welcome
from server.wire.offers import Limits, MethodOffer, Need, Role
from tools import demo


def offering(*methods: MethodOffer) -> Welcome:
    return Welcome(1, 0, "overpaint", "CPU", methods, (), Limits())


def method(name: str, *models: str) -> MethodOffer:
    return MethodOffer(name, name, "", Role.REPLACE, (Need.PROMPT, Need.SELECTION), models=models)


@pytest.mark.parametrize("act", demo.ACTS, ids=lambda act: act.name)
def test_every_act_has_its_pictures(act: demo.Act) -> None:
    assert act.picture.is_file()
    assert act.selection is None or act.selection.is_file()


def test_what_a_copy_cannot_do_is_left_out_with_the_reason() -> None:
    without_weights = offering(method("inpaint", "sd15"), method("erase"))
    reasons = {act.name: demo.why_not(act, without_weights) for act in demo.ACTS}
    assert "not in this copy" in reasons["replaced"]
    assert "no method “imagic”" in reasons["posed"]
    assert reasons["erased"] == ""


def test_with_the_built_in_model_nothing_is_left_out() -> None:
    ours = demo.ILLUSTRATION_MODEL
    whole = offering(method("inpaint", ours), method("imagic", "sd15", ours), method("erase"))
    assert not any(demo.why_not(act, whole) for act in demo.ACTS)
