"""An edit that costs nothing, so that gateway, queue and spool are what is measured."""

from __future__ import annotations

from dataclasses import replace

from server.editing.edit import Answer, Report, Scene, Step, seed_of
from server.editing.results import Repaint
from server.methods.method import Method
from server.wire.offers import Role
from server.wire.recipe import Recipe


def instant(scene: Scene, recipe: Recipe, models: object, report: Report) -> Answer[Repaint]:
    report(Step("Painting", 0, 1))
    return Answer(Repaint((scene.picture.rgb,)), replace(recipe, seed=seed_of(recipe), steps=1))


class _OnADevice(Method):
    light = False


INSTANT = _OnADevice(name="instant", title="Instant", purpose="", role=Role.REDRAW, run=instant)
