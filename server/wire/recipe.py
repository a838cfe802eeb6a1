"""What the user asked for, and all that is needed to ask for it again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from functools import partial
from typing import Any

from .setting import Group, Range, Setting, SettingKind

USUAL_ETA = 0.8
"""Edits are true to words and picture both from 0.6 to 0.8, as the paper finds (arXiv 2210.09276, §4.2); of these our
measurements (docs/imagic-measured.md) favour the last."""


def _setting(default: Any, kind: SettingKind, title: str, tip: str, low: float, high: float, **more: Any) -> Any:
    """The field of a setting. Its name is the field's, so that it is written once."""
    return field(default=default, metadata={"setting": partial(_described, default, kind, title, tip, low, high, more)})


def _described(
    default: Any, kind: SettingKind, title: str, tip: str, low: float, high: float, more: dict[str, Any], name: str
) -> Setting:
    number = default if isinstance(default, (int, float)) else None
    return Setting(name, kind, title, tip, low, high, number, **more)


def _name(kind: SettingKind, title: str, tip: str, **more: Any) -> Any:
    """The field of a setting that is text."""

    def described(name: str) -> Setting:
        return Setting(name, kind, title, tip, **more)

    return field(default="", metadata={"setting": described})


_WHOLE, _NUMBER, _SHARE = SettingKind.WHOLE, SettingKind.NUMBER, SettingKind.SHARE


@dataclass(frozen=True)
class Extra:
    """The value of a setting that only one method knows (``MethodOffer.own``), as text."""

    name: str
    value: str


MOST_POINTS = 64


@dataclass(frozen=True)
class Click:
    """A place that somebody pointed at: the pixel ``x``, ``y`` of the document. wanted: what is there is meant; else it
    is not."""

    x: int
    y: int
    wanted: bool = True


@dataclass(frozen=True)
class Recipe:
    """One edit as data. ``None`` means: the server chooses; the recipe of a result has no ``None`` left
    among the settings that its method uses. Forms, options, checks and the pages take the settings from here.

    method: name of an edit method as ``Welcome.methods`` lists them.
    prompt: what should be there; empty for a method that needs none.
    negative: what should not be there.
    model: name of a model as ``Welcome.models`` lists them; empty for the default of the method.
    seed: variation ``i`` is drawn with ``seed + i``.
    strength: 1 = ignore what was there.
    guidance: the classifier-free guidance scale.
    grow: pixels of the document by which the selection is grown before anything else.
    feather: pixels beyond the grown selection.
    grain: the share of the grain and sharpness around it that an answer gets where it lacks them.
    preset: for a method that first learns the picture: how, a name of ``MethodOffer.presets``; empty for the first.
    eta: for the same methods: edit strengths, 0 is the picture as it was learned, 1 what the words alone ask for. There
        is one answer for each eta and variation, at most 16 in all; empty: ``USUAL_ETA``.
    extras: settings that the method brings itself, in any order; one that is absent has its default.
    points: for a method that needs some, at most ``MOST_POINTS``; each part of a mask is one more that is wanted.
    """

    method: str
    prompt: str = ""
    negative: str = _name(SettingKind.TEXT, "Not this", "What should not be there")
    model: str = _name(SettingKind.CHOICE, "Model", "What paints the answer", group=Group.FIRST)
    seed: int | None = _setting(
        None, SettingKind.SEED, "Seed", "The same seed gives the same answer again", 0, 2**32 - 1, group=Group.FIRST
    )
    variations: int = _setting(1, _WHOLE, "Variations", "How many answers to choose from", 1, 16, group=Group.FIRST)
    strength: float | None = _setting(
        None, _SHARE, "Edit strength", "How far the answer may leave what is there now", 0, 1, group=Group.FIRST
    )
    steps: int | None = _setting(None, _WHOLE, "Steps", "More steps take longer and can look finer", 1, 500)
    guidance: float | None = _setting(
        None, _NUMBER, "Follow the words", "How closely to follow the words (guidance)", 0, 50, step=0.5
    )
    grow: int = _setting(0, _WHOLE, "Grow", "Pixels by which the selection is grown first", 0, 1024, unit="px")
    feather: int | None = _setting(
        None, _WHOLE, "Feather", "Pixels over which the answer fades out", 0, 1024, unit="px"
    )
    context: int | None = _setting(
        None, _WHOLE, "Context", "Pixels of surroundings the model sees", 0, 8192, step=16, unit="px"
    )
    grain: float | None = _setting(
        None, _SHARE, "Grain", "How much of the picture's grain and sharpness the answer gets; 0: none", 0, 1
    )
    preset: str = _name(
        SettingKind.CHOICE,
        "How to learn",
        "Quicker ways of learning the picture, and more faithful ones",
        group=Group.FIRST,
    )
    eta: tuple[float, ...] = _setting(
        (),
        SettingKind.NUMBERS,
        "Edit strength",
        "How far to follow the words: 0.7, or several like 0.5:1.0:6 (from, to, how many)",
        0,
        1.5,
        group=Group.FIRST,
    )
    extras: tuple[Extra, ...] = ()
    points: tuple[Click, ...] = ()

    def extra(self, setting: Setting) -> str:
        """The text of a setting that the method brings, empty where nothing was said."""
        return next((extra.value for extra in self.extras if extra.name == setting.name), "")

    def number(self, setting: Setting) -> float | None:
        """The same as a number: the setting's default where nothing was said."""
        text = self.extra(setting)
        return float(text) if text else setting.default


SETTINGS: dict[str, Setting] = {
    described.name: described.metadata["setting"](described.name)
    for described in fields(Recipe)
    if "setting" in described.metadata
}
"""Every setting that Overpaint knows itself, in the order of a form."""

RANGES: dict[str, Range] = {name: setting.range for name, setting in SETTINGS.items() if setting.range is not None}
"""Of every setting that is a number, or several."""


@dataclass(frozen=True)
class OutOfRange:
    """One setting of a recipe, with the value that it cannot have."""

    name: str
    value: float

    @property
    def range(self) -> Range:
        return RANGES[self.name]

    def __str__(self) -> str:
        return f"The setting {self.name} is {self.value}; it has to be {self.range}."


def out_of_range(recipe: Recipe) -> Iterator[OutOfRange]:
    """Every value that the recipe must not have; nothing where all is well."""
    for name, allowed in RANGES.items():
        value = getattr(recipe, name)
        values = value if isinstance(value, tuple) else () if value is None else (value,)
        yield from (OutOfRange(name, number) for number in values if number not in allowed)
