"""Networks that were taught to segment, as engines."""

from __future__ import annotations

import numpy as np

from server.models.runtime.segmenters.segmenter import BoxFinder, Pointing, PointSegmenter, WordSegmenter
from server.models.runtime.segmenters.segmenter import Point as Place
from server.pixels import masks
from server.pixels.masks import Region
from server.pixels.picture import F32, Picture, on_paper

from .prompts import Drawn, Engine, Prompts, Seen

_ON = 5
"""Places that stand for a scribble."""


class PointedEngine:
    def __init__(self, network: PointSegmenter) -> None:
        self.name, self._network = network.card.name, network

    def look(self, picture: Picture) -> SeenByPoints:
        return SeenByPoints(self._network, on_paper(picture).clip(0, 1))


class SeenByPoints:
    def __init__(self, network: PointSegmenter, image: F32) -> None:
        self._network, self._image = network, image

    def find(self, prompts: Prompts) -> F32:
        """Raises ``ValueError`` where nothing is pointed at: it knows no subject."""
        pointing = pointing_of(prompts)
        if not pointing.inside and pointing.box is None:
            raise ValueError("nothing is pointed at")
        return self._network.outline(self._image, pointing)


class NamedEngine:
    def __init__(self, network: WordSegmenter) -> None:
        self.name, self._network = network.card.name, network

    def look(self, picture: Picture) -> SeenByName:
        return SeenByName(self._network, on_paper(picture).clip(0, 1))


class SeenByName:
    def __init__(self, network: WordSegmenter, image: F32) -> None:
        self._network, self._image = network, image

    def find(self, prompts: Prompts) -> F32:
        return self._network.found(self._image, prompts.words)


class BoxedEngine:
    """outlines: what finds the thing in a box."""

    def __init__(self, network: BoxFinder, outlines: Engine) -> None:
        self.name, self._network, self._outlines = f"{network.card.name} {outlines.name}", network, outlines

    def look(self, picture: Picture) -> SeenInBoxes:
        return SeenInBoxes(self._network, on_paper(picture).clip(0, 1), self._outlines.look(picture))


class SeenInBoxes:
    def __init__(self, network: BoxFinder, image: F32, outlines: Seen) -> None:
        self._network, self._image, self._outlines = network, image, outlines

    def find(self, prompts: Prompts) -> F32:
        found = np.zeros(self._image.shape[:2], np.float32)
        for box in self._network.boxes(self._image, prompts.words):
            rough = np.zeros(found.shape, bool)
            rough[box.slices] = True
            found = np.maximum(found, self._outlines.find(Prompts(rough=rough, drawn=Drawn.AROUND)))
        return found


def pointing_of(prompts: Prompts) -> Pointing:
    """As such a network takes it: a lasso as the box around it, a scribble as places on it."""
    inside: list[Place] = [(one.x + 0.5, one.y + 0.5) for one in prompts.points if one.wanted]
    outside: list[Place] = [(one.x + 0.5, one.y + 0.5) for one in prompts.points if not one.wanted]
    box = None
    if prompts.rough is not None and prompts.rough.any():
        if prompts.drawn is Drawn.ON:
            inside += _spread(prompts.rough)
        else:
            box = masks.bounds(prompts.rough)
    return Pointing(tuple(inside), tuple(outside), box)


def _spread(drawn: Region) -> list[Place]:
    """Places deep in it, far from one another."""
    places = np.argwhere(drawn & (masks.depth_in(drawn) >= 0.5 * masks.depth_in(drawn)[drawn].max()))
    chosen = [places[((places - places.mean(0)) ** 2).sum(1).argmin()]]
    while len(chosen) < min(_ON, len(places)):
        away = np.min([((places - one) ** 2).sum(1) for one in chosen], axis=0)
        if away.max() == 0:
            break
        chosen.append(places[away.argmax()])
    return [(float(x) + 0.5, float(y) + 0.5) for y, x in chosen]
