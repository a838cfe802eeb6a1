"""Layers that look like something else than their pixels, each with a dark blot on a flat colour: what is right is
known without looking. Shared by the tests and by ``bench.cases``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from tests.hosts.krita.effects import COLOURS, GLOW, OVERLAY, SHADOW, SQUARES, STROKE, WAVE, Layer, moved
from tests.hosts.krita.pictures import Rect, outside, select
from tests.hosts.krita.running import Krita, RefusedError

SIZE = Rect(0, 0, 333, 251)
BLOT = Rect(140, 90, 40, 30)
CHOSEN = Rect(134, 84, 52, 42)
INNER = Rect(145, 95, 30, 20)
"""Of the blot, clear of its edges."""

INK, PAPER = (120, 150, 200), (90, 200, 240)
LEFT, WHOLE = (0, 0, 160, 251), (0, 0, 333, 251)
"""The edge of ``LEFT`` goes through the blot."""

Seen = npt.NDArray[np.int64]


def ink(alpha: int = 255, blot: int = 255, name: str = "Ink") -> npt.NDArray[np.uint8]:
    """BGRA: a flat colour with a little grain, and the blot."""
    picture = np.empty((SIZE.height, SIZE.width, 4), np.uint8)
    noise = np.random.default_rng(5).integers(-2, 3, (SIZE.height, SIZE.width, 1))
    picture[..., :3] = np.array(INK) + noise
    picture[..., 3] = alpha
    picture[BLOT.slices] = (20, 20, 20, blot)
    return picture


@dataclass(frozen=True)
class Scene:
    """layers: the stack, the lowest first, where a picture's path is ``{ink}``, ``{thin}`` (60 % opaque) or ``{line}``
    (the blot alone). source: what is edited. above: what the answer lies directly above."""

    layers: tuple[Layer, ...]
    source: str = "Ink"
    above: str = "Ink"


def paint(name: str = "Ink", path: str = "ink", **more: Any) -> Layer:
    return {"name": name, "kind": "paint", "path": path, "rect": WHOLE, **more}


def flat(name: str, colour: tuple[int, int, int] = PAPER, rect: tuple[int, ...] = WHOLE, **more: Any) -> Layer:
    return {"name": name, "kind": "paint", "colour": [*colour, 255], "rect": rect, **more}


def group(name: str, *inside: Layer, **more: Any) -> Layer:
    return {"name": name, "kind": "group", "inside": list(inside), **more}


def mask(rect: tuple[int, ...] = LEFT, **more: Any) -> Layer:
    return {"kind": "transparency", "rect": rect, **more}


SVG = (
    '<svg width="333px" height="251px" viewBox="0 0 333 251"><rect width="333" height="251" fill="#c89678"/>'
    '<rect x="140" y="90" width="40" height="30" fill="#141414"/></svg>'
)


def fill(name: str, generator: str, settings: dict[str, Any], **more: Any) -> Layer:
    return {"name": name, "kind": "fill", "generator": generator, "settings": settings, **more}


PATTERN = fill("Pattern", "pattern", {"pattern": "Grid05.pat"})
PAGE = flat("Page")
INVERTED = {"kind": "filter", "filter": "invert"}
HALF = 102

SCENES: dict[str, Scene] = {
    "plain": Scene((PAGE, paint())),
    "40 % opaque": Scene((PAGE, paint(opacity=HALF))),
    "40 % opaque, nothing below": Scene((paint(opacity=HALF),)),
    "60 % opaque pixels": Scene((PAGE, paint(path="thin"))),
    "60 % opaque pixels, nothing below": Scene((paint(path="thin"),)),
    "a line on nothing": Scene((PAGE, paint(path="line"))),
    "multiply": Scene((PAGE, paint(mode="multiply"))),
    "screen at 40 %": Scene((PAGE, paint(mode="screen", opacity=HALF))),
    "difference": Scene((PAGE, paint(mode="difference"))),
    "erase": Scene((PAGE, flat("More", (5, 90, 30)), paint(path="thin", mode="erase"))),
    "inherit alpha": Scene((flat("Shape", rect=LEFT), paint(inherit=True))),
    "inherit alpha at 40 %": Scene((PAGE, flat("Shape", (9, 9, 99), LEFT), paint(inherit=True, opacity=HALF))),
    "transparency mask": Scene((paint(masks=[mask()]),)),
    "transparency mask over a page": Scene((PAGE, paint(masks=[mask()]))),
    "soft transparency mask": Scene((PAGE, paint(masks=[mask(WHOLE, value=128)]))),
    "filter mask": Scene((PAGE, paint(masks=[INVERTED]))),
    "filter layer above": Scene((PAGE, paint(), {"name": "Invert", "kind": "filter", "filter": "invert"})),
    "a filter layer": Scene(
        (paint(), {"name": "Invert", "kind": "filter", "filter": "invert"}), source="Invert", above="Invert"
    ),
    "other layers above": Scene((PAGE, paint(opacity=HALF), flat("Above", (0, 0, 250), (0, 0, 333, 40)))),
    "a veil above": Scene((PAGE, paint(mode="multiply"), flat("Above", (0, 0, 250), opacity=60))),
    "group at 40 %": Scene((PAGE, group("Group", paint(), opacity=HALF))),
    "group at 40 % of thin ink": Scene((PAGE, group("Group", paint(path="thin"), opacity=HALF))),
    "a line in a group at 40 %": Scene((PAGE, group("Group", paint(path="line"), opacity=HALF)), above="Group"),
    "multiply in a group": Scene((PAGE, group("Group", flat("Base", (200, 220, 250)), paint(mode="multiply")))),
    "multiply in a bare group": Scene((PAGE, group("Group", paint(mode="multiply")))),
    "40 % in a multiplied group": Scene(
        (PAGE, group("Group", flat("Base", (200, 220, 250)), paint(opacity=HALF), mode="multiply"))
    ),
    "nested groups": Scene(
        (PAGE, group("Outer", group("Group", paint(opacity=HALF), flat("Top", rect=(0, 0, 9, 9)), opacity=200)))
    ),
    "group with a mask": Scene((PAGE, group("Group", paint(), masks=[mask()]))),
    "group with a filter mask": Scene(
        (
            PAGE,
            group(
                "Group",
                paint(opacity=HALF),
                flat("Top", rect=(0, 0, 9, 9)),
                masks=[INVERTED],
            ),
        )
    ),
    "pass-through group": Scene((PAGE, group("Group", paint(mode="multiply"), through=True))),
    "pass-through group at 40 %": Scene((PAGE, group("Group", paint(), through=True, opacity=HALF)), above="Group"),
    "a pass-through group": Scene(
        (PAGE, group("Group", paint(mode="multiply"), through=True)), source="Group", above="Group"
    ),
    "a group": Scene((PAGE, group("Group", flat("Base"), paint(opacity=HALF))), source="Group", above="Group"),
    "a group at 40 %": Scene((PAGE, group("Group", paint(), opacity=HALF)), source="Group", above="Group"),
    "a vector layer at 40 %": Scene(
        (PAGE, {"name": "Ink", "kind": "vector", "svg": SVG, "opacity": HALF}),
    ),
    "a file layer, multiplied": Scene((PAGE, {"name": "Ink", "kind": "file", "path": "png", "mode": "multiply"})),
    "a clone layer at 40 %": Scene(
        (paint("Original"), PAGE, {"name": "Ink", "kind": "clone", "of": "Original", "opacity": HALF})
    ),
    "a locked layer": Scene((PAGE, paint(locked=True))),
    "a locked group": Scene((PAGE, group("Group", paint(opacity=HALF), locked=True)), above="Group"),
    "a colour overlay": Scene((PAGE, paint(style=OVERLAY))),
    "a colour overlay on thin ink": Scene((PAGE, paint(path="thin", style=OVERLAY))),
    "a shadow": Scene((PAGE, paint(masks=[mask()], style=SHADOW))),
    "an inner glow": Scene((PAGE, paint(masks=[mask()], style=GLOW))),
    "a stroke": Scene((PAGE, paint(masks=[mask()], style=STROKE))),
    "a group with a colour overlay": Scene((PAGE, group("Group", paint(), style=OVERLAY))),
    "a colour overlay at 40 %, multiplied": Scene((PAGE, paint(style=OVERLAY, opacity=HALF, mode="multiply"))),
    "a transform mask": Scene((PAGE, paint(masks=[moved(4, -3)]))),
    "a transform mask, nothing below": Scene((paint(masks=[moved(-3, 4)]),)),
    "a transform mask at 40 %": Scene((PAGE, paint(opacity=HALF, masks=[moved(-3, 4)]))),
    "a moved transparency mask": Scene((PAGE, paint(masks=[mask((0, 0, 163, 251)), moved(-3, 0)]))),
    "a group with a transform mask": Scene((PAGE, group("Group", paint(), masks=[moved(4, -3)])), above="Group"),
    "a group with a wave": Scene((PAGE, group("Group", paint(), masks=[WAVE])), above="Group"),
    "a colorize mask": Scene((PAGE, paint(masks=[COLOURS]))),
    "a colorize mask on thin ink at 40 %": Scene((PAGE, paint(path="thin", opacity=HALF, masks=[COLOURS]))),
    "40 % on a pattern": Scene((PATTERN, paint(opacity=HALF))),
    "40 % on squares": Scene((paint("Base"), SQUARES, paint(opacity=HALF))),
    "a filled layer at 40 %": Scene(
        (paint("Base"), fill("Ink", "color", {"color": "#3296c8"}, opacity=HALF)), source="Ink"
    ),
    "a pattern, multiplied": Scene((paint("Base"), {**PATTERN, "mode": "multiply"}), source="Pattern", above="Pattern"),
    "a hidden layer below": Scene((PAGE, flat("Hidden", (0, 0, 255), hidden=True), paint(opacity=HALF))),
}


PLAINLY_SEEN = (
    "40 % opaque",
    "filter mask",
    "inherit alpha at 40 %",
    "a colour overlay",
    "a colour overlay on thin ink",
    "a shadow",
    "an inner glow",
    "a stroke",
    "a transform mask",
    "a transform mask at 40 %",
    "a group with a transform mask",
    "a group with a wave",
    "a colorize mask on thin ink at 40 %",
    "40 % on a pattern",
    "40 % on squares",
    "a pattern, multiplied",
)
"""Those with nothing above what is edited, and no group that goes on to change what is in it."""


def build(krita: Krita, scene: Scene) -> None:
    thin, line = ink(alpha=153, blot=153), ink(alpha=0)
    files = {"ink": ink(), "thin": thin, "line": line}
    paths = {name: str(krita.file(f"{name}.raw", picture.tobytes())) for name, picture in files.items()}
    paths["png"] = str(krita.file("ink.png"))
    Image.fromarray(np.ascontiguousarray(ink()[..., [2, 1, 0, 3]])).save(paths["png"])
    krita.ask("build", layers=[_filled(one, paths) for one in scene.layers], width=SIZE.width, height=SIZE.height)
    select(krita, CHOSEN)


def _filled(layer: Layer, paths: dict[str, str]) -> Layer:
    filled = {**layer, "inside": [_filled(one, paths) for one in layer.get("inside", ())]}
    return {**filled, "path": paths[layer["path"]]} if "path" in layer else filled


def seen(krita: Krita, rect: Rect = SIZE) -> Seen:
    """The whole picture as it looks, BGRA."""
    path = krita.file("seen.raw")
    krita.ask("seen", path=str(path), **rect.words())
    return np.frombuffer(path.read_bytes(), "u1").reshape(rect.height, rect.width, 4).astype(np.int64)


def sent(krita: Krita, node: str = "Ink") -> tuple[Seen, Rect]:
    """What is read for an edit, BGRA, and where that lies."""
    number = krita.ask("begin", function="erase_selection", node=node, feather=0)
    path = krita.file("sent.raw")
    rect = Rect(*krita.ask("sent", number=number, path=str(path)))
    pixels = np.frombuffer(path.read_bytes(), "u1").reshape(rect.height, rect.width, 4).astype(np.int64)
    krita.ask("settle", number=number)
    return pixels, rect


def erase(krita: Krita, node: str = "Ink", **values: Any) -> list[str] | str:
    """The names of the new layers, or the sentence of a refusal."""
    try:
        layers: list[str] = krita.ask("api", function="erase_selection", node=node, feather=0, **values)
    except RefusedError as refused:
        return f"{refused.sentence} {refused.hint}"
    return layers


@dataclass(frozen=True)
class Difference:
    """In levels. patch: between the inside of the blot, after, and what is around it, the worst of the parts in which
    something else is seen. alpha: by how much anything has become less transparent. beyond: outside the selection."""

    patch: float
    alpha: int
    beyond: int

    @property
    def right(self) -> bool:
        return self.patch <= 3 and self.alpha <= 1 and self.beyond == 0


def difference(before: Seen, after: Seen) -> Difference:
    far = np.abs(after - before)[outside(CHOSEN, SIZE)].max()
    grown = (after[..., 3] - before[..., 3]).max()
    patches = [_patch(after, slice(INNER.x, 158)), _patch(after, slice(163, INNER.x + INNER.width))]
    return Difference(max(patches), int(grown), int(far))


def _patch(picture: Seen, columns: slice) -> float:
    inside = picture[INNER.y : INNER.y + INNER.height, columns].reshape(-1, 4)
    around = picture[CHOSEN.y - 30 : CHOSEN.y - 4, columns].reshape(-1, 4)
    if around[:, 3].max() == 0:
        return float(inside[:, 3].max())
    return float(np.abs(inside.mean(0) - around.mean(0)).max())


def directly_above(places: list[Any], answer: str, below: str) -> bool:
    """Whether ``answer`` follows ``below`` in the same group of the tree."""
    names = [one if isinstance(one, str) else one[0] for one in places]
    if answer in names and names.index(answer) > 0 and names[names.index(answer) - 1] == below:
        return True
    return any(directly_above(one[1], answer, below) for one in places if not isinstance(one, str))
