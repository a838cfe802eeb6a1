"""An edit with every phase that a long one has, in a second instead of minutes: it learns the picture step by step,
keeps checkpoints, and paints. It stands for models that are tuned to a picture. Everything around it is real.

Each step depends on all earlier ones in floating point, so that an edit that took up a checkpoint wrongly, or left a
step out, gives other pixels.
"""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from server.editing.edit import Answer, Report, Scene, Step, seed_of
from server.editing.results import Repaint, seeds
from server.pixels.picture import F32
from server.wire.paths import Home
from server.wire.recipe import Recipe

LEARNING, PAINTING = "Learning the picture", "Painting"
STEPS, EVERY = 12, 3
"""Of learning, and how many of them lie between two checkpoints."""

_PAUSE = 0.03


def learn(scene: Scene, recipe: Recipe, models: object, report: Report) -> Answer[Repaint]:
    """``recipe.steps`` steps of painting follow those of learning. What was learned is kept for the next edit."""
    seed, steps = seed_of(recipe), recipe.steps or 1
    checkpoint = Home.of_user().learned / f"{scene.content}-{seed}.npy"
    learned = _learn(checkpoint, scene.picture.rgb, seed, report)
    images = []
    for number, draw in enumerate(seeds(seed, recipe.variations)):
        image = learned
        for step in range(steps):
            report(Step(PAINTING, number * steps + step, steps * recipe.variations))
            time.sleep(_PAUSE)
            image = _stepped(image, draw, STEPS + step)
        images.append(image)
    return Answer(Repaint(tuple(images)), replace(recipe, seed=seed, steps=steps))


def _learn(checkpoint: Path, rgb: F32, seed: int, report: Report) -> F32:
    done, state = _taken_up(checkpoint, rgb)
    for step in range(done, STEPS):
        report(Step(LEARNING, step, STEPS))
        time.sleep(_PAUSE)
        state = _stepped(state, seed, step)
        _note(checkpoint.with_name("steps"), f"{seed} {step}\n")
        if (step + 1) % EVERY == 0:
            _keep(checkpoint, step + 1, state)
    return state


def _stepped(image: F32, seed: int, step: int) -> F32:
    drawn = np.random.default_rng([seed, step]).random(3, np.float32)
    return (image + (drawn - image) * np.float32(0.1)).astype(np.float32)


def _taken_up(checkpoint: Path, rgb: F32) -> tuple[int, F32]:
    if not checkpoint.exists():
        return 0, rgb
    kept = np.load(checkpoint)
    return int(kept[-1]), kept[:-1].reshape(rgb.shape)


def _keep(checkpoint: Path, done: int, state: F32) -> None:
    temporary = checkpoint.with_suffix(".part")
    with temporary.open("wb") as file:
        np.save(file, np.append(state.ravel(), np.float32(done)))
    temporary.replace(checkpoint)


def _note(path: Path, line: str) -> None:
    """What was done, for whoever wants to count what was done twice."""
    path.parent.mkdir(exist_ok=True)
    with path.open("a") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())
