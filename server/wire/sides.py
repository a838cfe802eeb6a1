"""How far a picture is to be continued on each of its sides, as settings of the methods that do it."""

from __future__ import annotations

from collections.abc import Iterator

from .geometry import Bounds
from .lengths import MOST_PIXELS
from .recipe import Extra
from .setting import Group, Setting, SettingKind

LEFT = Setting("left", SettingKind.LENGTH, "Left", "Room to add on the left: 200 (pixels) or 25%", group=Group.FIRST)
TOP = Setting("top", SettingKind.LENGTH, "Top", "Room to add at the top: 200 (pixels) or 25%", group=Group.FIRST)
RIGHT = Setting(
    "right", SettingKind.LENGTH, "Right", "Room to add on the right: 200 (pixels) or 25%", group=Group.FIRST
)
BOTTOM = Setting(
    "bottom", SettingKind.LENGTH, "Bottom", "Room to add at the bottom: 200 (pixels) or 25%", group=Group.FIRST
)

SIDES = (LEFT, TOP, RIGHT, BOTTOM)
"""Where none of them says anything, a quarter of the picture is added on each side."""


def beyond(selected: Bounds, canvas: Bounds) -> tuple[Extra, ...]:
    """The settings by which ``canvas`` grows to hold all that is selected; none where it holds that already, or where
    what is selected has no end, as an inverted selection."""
    reach = (
        canvas.x - selected.x,
        canvas.y - selected.y,
        selected.right - canvas.right,
        selected.bottom - canvas.bottom,
    )
    if selected.empty or not 0 < max(reach) <= MOST_PIXELS:
        return ()
    return tuple(_written(reach))


def _written(reach: tuple[int, ...]) -> Iterator[Extra]:
    for side, pixels in zip(SIDES, reach, strict=True):
        if pixels > 0:
            yield Extra(side.name, str(pixels))
