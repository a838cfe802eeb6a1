"""A host that can be killed: ``python -m bench.faults.client JOB SEED DOCUMENT METHOD`` asks for one edit through the
plugins' own ``Link`` and puts the answer into DOCUMENT.

Run again with the same job it goes on as a reopened host does: what is in the document already is acknowledged, what
the server keeps is followed, what it has only half is sent on. It says each event on its standard output, one JSON
object a line, and takes one chunk every few milliseconds, so that transfers last long enough to be hit.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from server.client import events
from server.client.link import Link
from server.client.submission import Mask, Submission
from server.wire.geometry import Bounds
from server.wire.messages import JobState
from server.wire.paths import Home
from server.wire.raster import Channels, Depth, Raster
from server.wire.recipe import Recipe

APPLICATION = "faults"
WIDTH, HEIGHT = 448, 384
MODEL = "sd15"
PAINTING_STEPS, VARIATIONS = 6, 2
_PACE = 0.012
_GOT, _FAILED = 0, 3

_MIDDLE, _FAR = (198, 218), 60
"""Of the selection, and how many pixels from there an edit never shows."""


LEARN, IMAGIC = METHODS = ("learn", "imagic")
"""The stand-in, and the real one (with a tiny model)."""


def submission(job: str, seed: int, method: str) -> Submission:
    """A crop of noise in floating point, nearly 3 MiB; the selection is a square in its middle."""
    pixels = np.random.default_rng(seed).random((HEIGHT, WIDTH, 4), np.float32)
    pixels[..., 3] = 1
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[190:206, 210:226] = 255
    recipe = Recipe(method, seed=seed, steps=PAINTING_STEPS, variations=VARIATIONS)
    if method == IMAGIC:
        recipe = replace(recipe, prompt="a kite", model=MODEL, preset="fast", eta=(1.0,))
    layer = Raster(Bounds(7, -3, WIDTH, HEIGHT), Channels.RGBA, Depth.F32)
    return Submission(recipe, layer, pixels.tobytes(), Mask(Depth.U8, mask.tobytes()), job=job)


class Document:
    """What the edits made, one line a layer group: the job's id and the digest of all its pixels and its recipe."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def answers(self, job: str) -> list[str]:
        if not self._path.exists():
            return []
        lines = [line.split() for line in self._path.read_text().splitlines()]
        return [digest for name, digest in lines if name == job]

    def put(self, arrived: events.Arrived) -> None:
        with self._path.open("a") as file:
            file.write(f"{arrived.job} {digest(arrived)}\n")
            file.flush()
            os.fsync(file.fileno())


def digest(arrived: events.Arrived) -> str:
    """Of all that a host would show or keep of an answer."""
    seen = hashlib.sha256(repr(arrived.finished.recipe).encode())
    for layer in arrived.results:
        seen.update(repr(layer.result).encode())
        seen.update(layer.data)
    return seen.hexdigest()


def misfit(arrived: events.Arrived, asked: Submission) -> str:
    """How an answer is not one to this request, whatever made it; empty when it is. Nothing of it shows far from the
    selection, all of it in its middle, and where nothing shows it has the colours that were sent."""
    shape = (HEIGHT, WIDTH, 4)
    sent = np.frombuffer(bytes(asked.pixels), np.float32).reshape(shape)
    rows, columns = np.ogrid[:HEIGHT, :WIDTH]
    far = (abs(rows - _MIDDLE[0]) > _FAR) | (abs(columns - _MIDDLE[1]) > _FAR)
    if len(arrived.results) != asked.recipe.variations * max(1, len(asked.recipe.eta)):
        return "another number of layers"
    for layer in arrived.results:
        made = np.frombuffer(bytes(layer.data), np.float32).reshape(shape)
        unseen = made[..., 3] == 0
        if not unseen[far].all() or made[(*_MIDDLE, 3)] != 1:
            return "it shows elsewhere than it should"
        if not np.array_equal(made[unseen, :3], sent[unseen, :3]):
            return "colours where nothing shows"
        if np.array_equal(made[_MIDDLE], sent[_MIDDLE]):
            return "nothing was painted"
    return ""


class Host:
    """One run of the host, from its start to the document."""

    def __init__(self, job: str, seed: int, document: Document, method: str) -> None:
        self._job, self._seed, self._document, self._method = job, seed, document, method
        self._link = Link(APPLICATION, Home.of_user())

    def run(self) -> int:
        if self._document.answers(self._job):
            return self._acknowledge()
        self._link.list_jobs()
        while True:
            for event in self._events():
                if isinstance(event, events.Listed):
                    self._begin({line.job: line.state for line in event.jobs})
                elif isinstance(event, events.Arrived):
                    if why := misfit(event, submission(self._job, self._seed, self._method)):
                        say("failed", code="misfit", sentence=why)
                        return _FAILED
                    self._document.put(event)
                    say("placed")
                    return self._acknowledge()
                elif isinstance(event, (events.EditFailed, events.ServerLost)):
                    say("failed", code=event.error.code.value, sentence=str(event.error))
                    return _FAILED

    def _begin(self, kept: dict[str, JobState]) -> None:
        if kept.get(self._job, JobState.UPLOADING) is JobState.UPLOADING:
            self._link.start(submission(self._job, self._seed, self._method))
        else:
            self._link.attach(self._job)

    def _acknowledge(self) -> int:
        self._link.open()
        self._link.acknowledge(self._job)
        while True:
            for event in self._events():
                if isinstance(event, events.Acknowledged):
                    say("acknowledged")
                    self._link.close()
                    return _GOT
                if isinstance(event, events.ServerLost):
                    say("failed", code=event.error.code.value, sentence=str(event.error))
                    return _FAILED

    def _events(self) -> list[events.Event]:
        time.sleep(_PACE)
        happened = self._link.poll(budget=0.0)
        for event in happened:
            _tell(event)
        return happened


def _tell(event: events.Event) -> None:
    if isinstance(event, (events.Uploading, events.Downloading)):
        say(type(event).__name__, fraction=event.fraction)
    elif isinstance(event, events.Progressed):
        say(event.stage, fraction=event.step / max(1, event.of))
    else:
        say(type(event).__name__)


def say(what: str, **more: object) -> None:
    print(json.dumps({"what": what, **more}), flush=True)


if __name__ == "__main__":
    sys.exit(Host(sys.argv[1], int(sys.argv[2]), Document(Path(sys.argv[3])), sys.argv[4]).run())
