"""Pictures made of artwork: one or more figures on a ground, a caption, and a part to repaint."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.bundled_model import backgrounds, captions, heldout, masks
from tools.bundled_model.artwork import load_pictures, load_records
from tools.bundled_model.captions import Figure
from tools.bundled_model.colours import COLOURS, recolour
from tools.bundled_model.records import Record
from tools.bundled_model.repertoire import FULL, Repertoire

_RECOLOURED = 0.5
_MIRRORED = 0.3
_WHOLE = 0.45
_TRIES = 20
_CLOSE = 0.17


@dataclass(frozen=True)
class Scene:
    """`rgb` uint8 (S, S, 3); `mask` uint8 (S, S), 255 = repaint; `caption` of what belongs under the mask."""

    rgb: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    caption: str


@dataclass(frozen=True)
class Placed:
    """A figure on the canvas: its coverage uint8 (S, S) and its box (left, top, right, bottom)."""

    figure: Figure
    coverage: NDArray[np.uint8]
    box: masks.Box


class Stage:
    """Draws training scenes of everything in the repertoire that is not held out."""

    def __init__(self, data: Path, repertoire: Repertoire = FULL) -> None:
        self.repertoire = repertoire
        self.pictures = load_pictures(data)
        records = load_records(data)
        self.held_out = heldout.load()
        self.hues = heldout.natural_hues(records, self.pictures)
        self._shelf: dict[tuple[str, str], dict[str, list[Record]]] = defaultdict(lambda: defaultdict(list))
        for record in records:
            if repertoire.has(record) and not self.held_out.hides(record):
                self._shelf[record.vendor, record.subject.kind][record.subject.concept].append(record)

    def scene(self, size: int, rng: np.random.Generator) -> Scene:
        """One random scene of `size` pixels: mostly one figure, now and then as a close-up; or two or three."""
        vendor = _lot(self.repertoire.vendors, rng)
        if rng.random() < self.repertoire.company:
            return self._together(size, vendor, rng)
        return self._alone(size, vendor, rng, close=bool(rng.random() < _CLOSE))

    def figure(self, vendor: str, rng: np.random.Generator) -> Figure:
        """A random figure: kind, then concept, then variant, so that rare kinds are not drowned by skin tones."""
        drawn = {kind: often for kind, often in self.repertoire.kinds.items() if (vendor, kind) in self._shelf}
        concepts = self._shelf[vendor, _lot(drawn, rng)]
        variants = concepts[list(concepts)[int(rng.integers(len(concepts)))]]
        record = variants[int(rng.integers(len(variants)))]
        if record.index in self.hues and rng.random() < _RECOLOURED:
            colour = str(rng.choice(list(COLOURS)))
            if not self.held_out.hides_colour(record.subject.concept, colour):
                return Figure(record, colour)
        return Figure(record)

    def draw(self, figure: Figure) -> NDArray[np.uint8]:
        """The figure's artwork, recoloured when asked: uint8 (128, 128, 4)."""
        picture: NDArray[np.uint8] = np.asarray(self.pictures[figure.record.index])
        if figure.colour is None:
            return picture
        return recolour(picture, self.hues[figure.record.index], figure.colour)

    def place(self, canvas: backgrounds.Canvas, figure: Figure, box: masks.Box, mirrored: bool = False) -> Placed:
        """Draws a figure into the square `box` of `canvas`, in place; the box may reach over the border."""
        side, size = box[2] - box[0], canvas.shape[0]
        art = self.draw(figure).astype(np.float32)
        art[..., :3] *= art[..., 3:] / 255
        resampling = cv2.INTER_AREA if side < art.shape[0] else cv2.INTER_CUBIC
        art = np.clip(cv2.resize(art, (side, side), interpolation=resampling), 0, 255).astype(np.float32)
        art = art[:, ::-1] if mirrored else art
        left, top = max(box[0], 0), max(box[1], 0)
        right, bottom = min(box[2], size), min(box[3], size)
        art = art[top - box[1] : bottom - box[1], left - box[0] : right - box[0]]
        canvas[top:bottom, left:right] *= 1 - art[..., 3:] / 255
        canvas[top:bottom, left:right] += art[..., :3]
        coverage = np.zeros((size, size), np.uint8)
        coverage[top:bottom, left:right] = art[..., 3]
        return Placed(figure, coverage, _box_of(coverage))

    def _alone(self, size: int, vendor: str, rng: np.random.Generator, close: bool) -> Scene:
        figure, ground = self._pair_with_ground(size, vendor, rng)
        side = round(size * (rng.uniform(1.15, 1.6) if close else rng.uniform(0.7, 1.0)))
        room = (size - side) if not close else round(size * 0.2)
        left, top = _shift(size, side, abs(room), rng)
        mirrored = bool(rng.random() < _MIRRORED) and not figure.subject.is_person
        placed = self.place(ground.canvas, figure, (left, top, left + side, top + side), mirrored)
        words = captions.phrase(figure, rng)
        words = captions.caption(f"close-up of {words}" if close and rng.random() < 0.5 else words,
                                 vendor, ground.words, rng)  # fmt: skip
        return self._masked(size, ground.canvas, [placed], words, vendor, ground.words, rng)

    def _together(self, size: int, vendor: str, rng: np.random.Generator) -> Scene:
        ground = backgrounds.draw(size, rng, self.repertoire.white)
        figures = self._company(vendor, ground, 3 if rng.random() < 0.25 else 2, rng)
        places = _rows(size, len(figures), rng)
        placed = [self.place(ground.canvas, figure, box) for figure, box in zip(figures, places, strict=True)]
        words = captions.caption(_joined(figures, rng), vendor, ground.words, rng)
        return self._masked(size, ground.canvas, placed, words, vendor, ground.words, rng)

    def _pair_with_ground(self, size: int, vendor: str, rng: np.random.Generator) -> tuple[Figure, backgrounds.Ground]:
        for _ in range(_TRIES):
            figure, ground = self.figure(vendor, rng), backgrounds.draw(size, rng, self.repertoire.white)
            if not self.held_out.hides_background(figure.subject.concept, ground.colour or ""):
                return figure, ground
        raise RuntimeError("held-out backgrounds leave nothing to draw")

    def _company(self, vendor: str, ground: backgrounds.Ground, count: int, rng: np.random.Generator) -> list[Figure]:
        for _ in range(_TRIES):
            figures = [self.figure(vendor, rng) for _ in range(count)]
            names = [figure.subject.concept for figure in figures]
            paired = any(self.held_out.hides_pair(a, b) for a in names for b in names)
            grounded = any(self.held_out.hides_background(name, ground.colour or "") for name in names)
            if not paired and not grounded:
                return figures
        raise RuntimeError("held-out pairs leave nothing to draw")

    def _masked(
        self, size: int, canvas: backgrounds.Canvas, placed: list[Placed], words: str, vendor: str,
        ground: str, rng: np.random.Generator,
    ) -> Scene:  # fmt: skip
        rgb = np.clip(canvas + 0.5, 0, 255).astype(np.uint8)
        if rng.random() < _WHOLE:
            return Scene(rgb, np.full((size, size), 255, np.uint8), words)
        one = placed[int(rng.integers(len(placed)))]
        lot = rng.random()
        if lot < 0.55:
            mask = masks.grown(one.coverage, rng) if rng.random() < 0.2 else masks.around(size, one.box, rng)
            if rng.random() < 0.7:
                words = captions.caption(captions.phrase(one.figure, rng), vendor, ground, rng)
        elif lot < 0.85:
            mask = masks.part(size, one.box, rng)
        else:
            mask = masks.blob(size, rng)
            if not (mask.astype(bool) & (_union(placed) > 20)).any():
                words = f"background {ground}"
        return Scene(rgb, mask, words)


def _lot(weights: dict[str, float], rng: np.random.Generator) -> str:
    names = list(weights)
    return names[int(rng.choice(len(names), p=np.array(list(weights.values())) / sum(weights.values())))]


def _shift(size: int, side: int, room: int, rng: np.random.Generator) -> tuple[int, int]:
    slack = room // 2
    centre = (size - side) // 2
    left, top = (centre + int(rng.integers(-slack, slack + 1)) for _ in range(2))
    return left, top


def _rows(size: int, count: int, rng: np.random.Generator) -> list[masks.Box]:
    """`count` square places beside each other, each somewhat shifted."""
    boxes = []
    for number in range(count):
        side = round(size * rng.uniform(0.85, 1.05) * (0.5 if count == 2 else 0.38))
        middle = size * (number + 0.5) / count
        left = round(middle - side / 2 + rng.normal(0, 0.02) * size)
        top = round((size - side) * rng.uniform(0.2, 0.9))
        boxes.append((left, top, left + side, top + side))
    return boxes


def _joined(figures: list[Figure], rng: np.random.Generator) -> str:
    words = [captions.full_phrase(f) if rng.random() < 0.6 else captions.phrase(f, rng) for f in figures]
    if len(words) == 2:
        joint = str(rng.choice(["and", "next to", "to the left of", "beside"]))
        return f"{words[0]} {joint} {words[1]}"
    return f"{words[0]}, {words[1]} and {words[2]}"


def _box_of(coverage: NDArray[np.uint8]) -> masks.Box:
    rows, columns = np.flatnonzero(coverage.max(1) > 20), np.flatnonzero(coverage.max(0) > 20)
    if not len(rows) or not len(columns):
        return (0, 0, coverage.shape[1], coverage.shape[0])
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _union(placed: list[Placed]) -> NDArray[np.uint8]:
    union: NDArray[np.uint8] = np.maximum.reduce([one.coverage for one in placed])
    return union
