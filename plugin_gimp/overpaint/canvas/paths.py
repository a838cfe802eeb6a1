"""Places that were clicked with GIMP's Paths tool."""

from __future__ import annotations

from gi.repository import Gimp

from server.wire.recipe import MOST_POINTS, Click


def clicks(image: Gimp.Image) -> tuple[Click, ...]:
    """Every anchor of the chosen path: those of its first part are wanted, and those of further ones, which Shift
    begins, are not."""
    found = []
    for path in image.get_selected_paths():
        for number, stroke in enumerate(path.get_strokes()):
            _, controls, _ = path.stroke_get_points(stroke)
            anchors = zip(controls[2::6], controls[3::6], strict=True)  # each with a handle before and after it
            found += [Click(int(x), int(y), number == 0) for x, y in anchors]
    return tuple(found[:MOST_POINTS])
