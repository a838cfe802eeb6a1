"""An edit that does as the prompt says: it stands for models that are slow, fail, hang or crash. Everything around it
is real."""

from __future__ import annotations

import ctypes
import os
import time
from dataclasses import replace

import numpy as np

from server.editing.edit import Answer, Report, Scene, Step, seed_of
from server.editing.results import Repaint
from server.pixels.picture import F32
from server.wire.messages import Estimate, Estimated
from server.wire.paths import Home
from server.wire.recipe import Recipe


def ponder(scene: Scene, recipe: Recipe, models: object, report: Report) -> Answer[Repaint]:
    """``recipe.steps`` steps of a tenth of a second, then the picture upside down in colour, as far as each strength
    says."""
    steps = recipe.steps or 0
    for step in range(steps):
        report(Step("Pondering", step, steps, scene.picture.rgb[:300, :300]))
        time.sleep(0.1)
    _OBEY.get(recipe.prompt, _do_nothing)()
    _seen.add(scene.content)
    images = [_inverted(scene.picture.rgb, eta) for eta in recipe.eta or (1.0,) for _ in range(recipe.variations)]
    return Answer(Repaint(tuple(images)), replace(recipe, seed=seed_of(recipe), steps=steps))


def _inverted(rgb: F32, eta: float) -> F32:
    """As far as the edit strength says."""
    return ((1 - eta) * rgb + eta * (1 - rgb)).astype(np.float32)


def estimate(question: Estimate, models: object) -> Estimated:
    """It has learned a picture when it has seen it."""
    _OBEY.get(question.recipe.prompt, _do_nothing)()
    seconds = (question.recipe.steps or 0) / 10
    return Estimated(question.question, "", "slow", seconds, 0.1, 0.5, float(question.content in _seen))


_seen: set[str] = set()


def _do_nothing() -> None: ...


def _raise() -> None:
    raise RuntimeError("the model is upset")


def _run_out_of_memory() -> None:
    np.zeros(1 << 60, np.uint8)


def _crash() -> None:
    os.abort()


def _hang() -> None:
    """Native code that keeps the interpreter to itself."""
    ctypes.PyDLL(None).sleep(120)


def _measure() -> None:
    """As a real estimate does the first time, and longer."""
    time.sleep(0.3)


def _wait() -> None:
    """Until somebody makes the file ``go`` in Overpaint's folder."""
    while not (Home.of_user().path / "go").exists():
        time.sleep(0.05)


_OBEY = {
    "wait": _wait,
    "raise": _raise,
    "memory": _run_out_of_memory,
    "crash": _crash,
    "hang": _hang,
    "measure": _measure,
}
