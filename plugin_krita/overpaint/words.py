"""What stands beside the settings, by their names. No Qt, no libkis."""

from __future__ import annotations

from .server.client.translation import tr
from .server.wire.words import mark

LABELS: dict[str, str] = {
    "model": mark("Model"),
    "reading": mark("Reads"),
    "variations": mark("Variations"),
    "seed": mark("Seed"),
    "strength": mark("Edit strength"),
    "steps": mark("Steps"),
    "guidance": mark("Follow the words"),
    "grow": mark("Grow"),
    "feather": mark("Feather"),
    "context": mark("Context"),
}

TIPS: dict[str, str] = {
    "model": mark("What paints the answer"),
    "reading": mark("What of the picture is read"),
    "variations": mark("How many answers to choose from"),
    "seed": mark("The same seed gives the same answer again"),
    "strength": mark("How far the answer may leave what is there now"),
    "steps": mark("More steps take longer and can look finer"),
    "guidance": mark("How closely to follow the words (guidance)"),
    "grow": mark("Pixels by which the selection is grown first"),
    "feather": mark("Pixels over which the answer fades out"),
    "context": mark("Pixels of surroundings the model sees"),
}
"""One sentence each."""


def label(setting: str) -> str:
    return tr(LABELS[setting])


def tip(setting: str) -> str:
    return tr(TIPS[setting])
