"""What `bench.edits` draws: the curve over edit strengths, and a sheet of pictures to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from tools.bundled_model.retrieval import Floats

_WIDTH, _HEIGHT, _MARGIN = 640, 400, 50
_TILE, _CAPTION = 96, 18
_INK, _PAPER = (40, 40, 40), (255, 255, 255)
_LINES = (("action hit", 0, (200, 60, 40)), ("identity kept", 1, (40, 90, 200)), ("both", 2, (30, 140, 60)))


def curve(points: Mapping[float, Sequence[float]], path: Path) -> None:
    """Shares over edit strengths. points: edit strength → [hit, kept, both, …], each 0 to 1."""
    sheet = Image.new("RGB", (_WIDTH, _HEIGHT), _PAPER)
    pen = ImageDraw.Draw(sheet)
    etas = sorted(points)
    span = max(etas[-1] - etas[0], 1e-6)

    def place(eta: float, share: float) -> tuple[float, float]:
        across = _MARGIN + (eta - etas[0]) / span * (_WIDTH - 2 * _MARGIN)
        return across, _HEIGHT - _MARGIN - share * (_HEIGHT - 2 * _MARGIN)

    for share in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
        pen.line([place(etas[0], share), place(etas[-1], share)], fill=(225, 225, 225))
        pen.text((8, place(etas[0], share)[1] - 6), f"{share:g}", fill=_INK)
    for eta in etas:
        pen.text((place(eta, 0)[0] - 8, _HEIGHT - _MARGIN + 8), f"{eta:g}", fill=_INK)
    for number, (name, column, colour) in enumerate(_LINES):
        pen.line([place(eta, points[eta][column]) for eta in etas], fill=colour, width=3)
        pen.text((_MARGIN + number * 130, 12), name, fill=colour)
    pen.text((_WIDTH - 150, _HEIGHT - 20), "edit strength (eta)", fill=_INK)
    sheet.save(path)


_COLOURS = ("#c83c28", "#285ac8", "#1e8c3c", "#a050b4", "#dc8c1e", "#149696", "#787878", "#000000")
_SIDE = 520


def kept_over_hit(curves: Mapping[str, Mapping[float, Sequence[float]]], path: Path) -> None:
    """A line for each method through all of its settings, the weakest first: how much of the identity is kept where so
    much of the action is hit. Better is up and to the right. curves: method → setting → [hit, kept, …]."""
    canvas = Image.new("RGB", (_SIDE + 260, _SIDE), _PAPER)
    pen = ImageDraw.Draw(canvas)
    span = _SIDE - 2 * _MARGIN

    def place(hit: float, kept: float) -> tuple[float, float]:
        return _MARGIN + hit * span, _SIDE - _MARGIN - kept * span

    for share in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
        pen.line([place(0, share), place(1, share)], fill=(225, 225, 225))
        pen.line([place(share, 0), place(share, 1)], fill=(225, 225, 225))
        pen.text((20, place(0, share)[1] - 6), f"{share:g}", fill=_INK)
        pen.text((place(share, 0)[0] - 6, _SIDE - _MARGIN + 8), f"{share:g}", fill=_INK)
    pen.text((_SIDE / 2 - 40, _SIDE - 20), "action hit", fill=_INK)
    pen.text((8, 16), "identity kept", fill=_INK)
    for number, (name, settings) in enumerate(curves.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        points = [place(*settings[setting][:2]) for setting in sorted(settings)]
        pen.line(points, fill=colour, width=2)
        for x, y in points:
            pen.ellipse([x - 4, y - 4, x + 4, y + 4], fill=colour)
        pen.text((_SIDE, _MARGIN + 22 * number), name, fill=colour)
    canvas.save(path)


def sheet(rows: Sequence[Sequence[Floats]], headings: Sequence[str], words: Sequence[str], path: Path) -> None:
    """A row of pictures (S, S, 3), 0..1, for each pair, with its prompt below."""
    height = _TILE + _CAPTION
    canvas = Image.new("RGB", (_TILE * len(headings), _CAPTION + height * len(rows)), _PAPER)
    pen = ImageDraw.Draw(canvas)
    for column, heading in enumerate(headings):
        pen.text((column * _TILE + 4, 3), heading, fill=_INK)
    for number, (row, prompt) in enumerate(zip(rows, words, strict=True)):
        top = _CAPTION + number * height
        for column, picture in enumerate(row):
            tile = Image.fromarray(np.round(np.clip(picture, 0, 1) * 255).astype(np.uint8))
            canvas.paste(tile.resize((_TILE, _TILE), Image.Resampling.LANCZOS), (column * _TILE, top))
        pen.text((4, top + _TILE + 2), prompt, fill=_INK)
    canvas.save(path)
