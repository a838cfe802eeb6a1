"""Things in the shipped photographs that a person might want gone. Nobody knows what is behind them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .places import Bits


@dataclass(frozen=True)
class Thing:
    """outlines: polygons, each corner ``x,y`` in pixels of the photograph, with blanks between."""

    picture: str
    outlines: tuple[str, ...]

    def mask(self, height: int, width: int) -> Bits:
        canvas = np.zeros((height, width), np.uint8)
        for outline in self.outlines:
            corners = [[int(part) for part in corner.split(",")] for corner in outline.split()]
            cv2.fillPoly(canvas, [np.array(corners, np.int32)], 1)
        return canvas > 0


THINGS = {
    "shuttle": Thing(
        "astronaut",
        (
            (
                "388,-2 387,34 378,44 374,110 372,165 348,208 344,232 362,238 358,292 425,298 482,286 480,268 "
                "464,258 468,225 460,205 459,44 446,32 440,20 438,-2"
            ),
        ),
    ),
    "tag": Thing(
        "astronaut",
        ("275,335 333,343 337,372 318,386 281,381",),
    ),
    "reflection": Thing(
        "astronaut",
        ("352,420 376,427 368,464 342,458",),
    ),
    "rocket": Thing(
        "rocket",
        ("322,121 312,128 306,150 304,345 284,360 282,404 366,404 364,360 346,345 340,180 338,150 332,130",),
    ),
    "right mast": Thing(
        "rocket",
        ("439,118 451,118 455,186 464,190 465,240 475,330 483,375 490,427 400,427 405,380 425,362 438,355 437,190",),
    ),
    "left mast": Thing(
        "rocket",
        ("193,118 206,118 207,186 205,366 168,366 183,225 187,188 195,186",),
    ),
    "spoon": Thing(
        "coffee",
        (
            "398,78 402,68 412,64 422,70 426,80 420,100 411,128 402,110",
            (
                "372,210 384,196 392,186 398,170 396,192 388,216 384,234 400,256 408,276 406,300 390,320 368,328 "
                "346,324 330,308 323,285 326,262 316,258 315,246 330,236 350,234 370,224"
            ),
        ),
    ),
    "eye": Thing(
        "chelsea",
        ("132,88 150,82 175,86 196,100 208,130 206,146 180,150 150,140 134,118",),
    ),
}
