"""What an edit of a large document costs: ``python -m bench.highres``.

A document of 24 megapixels (6000 × 4000, RGBA of 8 bits), of which 1, 10 and all per cent are replaced after words by
the model that comes with Overpaint, through a real server and its worker. The host is a process of its own with what a
plugin carries: it holds the document, sends the crop, and takes the answer. seconds_1, seconds_10, seconds_100: from
the request to the answer in the host, the model being loaded. host_mb, gateway_mb, worker_mb: the most memory each
process held during any of them; the document alone is 92 MB of the host's.

share_1: seconds_1 as a share of seconds_100: a small selection in a large document is not to cost what a large one
does. Linux only.

    python -m bench.highres [--sheet FILE] [--short]
"""

from __future__ import annotations

import argparse
import json
import math
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from bench.bounds import Bound, add_options, conclude
from server.client.blocking import Client
from server.client.crop import crop_around, cut
from server.client.submission import Mask, Submission
from server.wire.geometry import Bounds
from server.wire.paths import Home
from server.wire.raster import Channels, Depth, Raster
from server.wire.recipe import Recipe
from tests.running import CHECKOUT, RunningServer

BOUNDS = (
    Bound("seconds_1", most=20),
    Bound("seconds_10", most=60),
    Bound("seconds_100", most=120),
    Bound("share_1", most=0.4),
    Bound("host_mb", most=500),
    Bound("gateway_mb", most=200),
    Bound("worker_mb", most=4000),
)
SHORT_BOUNDS = tuple(Bound(bound.name, least=0) for bound in BOUNDS)

DOCUMENT, SMALL = Bounds(0, 0, 6000, 4000), Bounds(0, 0, 900, 600)
PERCENT = (1, 10, 100)
PROMPT = "panda on white background, cartoon"
SHEET_SIDE = 900


def selected(document: Bounds, percent: int) -> Bounds:
    """In the middle, of the document's shape."""
    width, height = (round(side * math.sqrt(percent / 100)) for side in (document.width, document.height))
    return Bounds((document.width - width) // 2, (document.height - height) // 2, width, height)


# --- the host ------------------------------------------------------------------------------------------


def host(home: Path, document: Bounds, percent: int, seed: int, out: Path) -> None:
    """One edit in this process, which ends with its figures as JSON. The answer is left in ``out``."""
    pixels = b"\xff\xfa\xf0\xff" * document.extent.pixels
    selection, recipe = selected(document, percent), Recipe("inpaint", PROMPT, seed=seed)
    crop = crop_around(selection, document, recipe)
    with Client("bench", Home(home)) as client:
        client.hello()
        began = time.monotonic()
        raster = Raster(crop, Channels.RGBA, Depth.U8)
        request = Submission(recipe, raster, cut(pixels, document, crop, 4), Mask(Depth.U8, mask_of(selection, crop)))
        arrived = client.run(request)
        seconds = time.monotonic() - began
        client.acknowledge(arrived.job)
    out.write_bytes(arrived.results[0].data)
    stages = arrived.finished.seconds
    print(json.dumps({"seconds": seconds, "peak": peak("self"), "crop": [crop.width, crop.height], "stages": stages}))


def mask_of(selection: Bounds, crop: Bounds) -> bytes:
    left, top = selection.x - crop.x, selection.y - crop.y
    row = bytes(left) + b"\xff" * selection.width + bytes(crop.width - left - selection.width)
    empty = bytes(crop.width)
    return empty * top + row * selection.height + empty * (crop.height - top - selection.height)


# --- what is measured ----------------------------------------------------------------------------------


def peak(process: int | str) -> int:
    """Bytes: the most memory the process ever held, or since ``forget``."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    assert found
    return int(found[1]) * 1024


def forget(process: int) -> None:
    Path(f"/proc/{process}/clear_refs").write_text("5")


@dataclass(frozen=True)
class Edit:
    percent: int
    seconds: float
    host: int
    gateway: int
    worker: int
    crop: tuple[int, int]
    answer: Path

    def line(self) -> str:
        sizes = "  ".join(f"{name} {nbytes >> 20:5} MB" for name, nbytes in self._peaks())
        return f"{self.percent:3} %  crop {self.crop[0]} × {self.crop[1]}  {self.seconds:6.1f} s  {sizes}"

    def _peaks(self) -> tuple[tuple[str, int], ...]:
        return ("host", self.host), ("gateway", self.gateway), ("worker", self.worker)


class Desk:
    """A server of its own, whose model is loaded."""

    def __init__(self, folder: Path, document: Bounds) -> None:
        self._folder, self._document = folder, document
        self.server = RunningServer(folder / "op", "--device", "cpu")
        self._run(1, seed=1)

    def edit(self, percent: int) -> Edit:
        gateway, (worker, *_) = self.server.process.pid, self.server.worker_pids()
        forget(gateway)
        forget(worker)
        told = self._run(percent, seed=2)
        crop = told["crop"]
        out = self._out(percent)
        return Edit(percent, told["seconds"], told["peak"], peak(gateway), peak(worker), (crop[0], crop[1]), out)

    def _out(self, percent: int) -> Path:
        return self._folder / f"answer-{percent}.raw"

    def _run(self, percent: int, seed: int) -> Any:
        size = f"{self._document.width}x{self._document.height}"
        asked = (str(self.server.home), size, str(percent), str(seed), str(self._out(percent)))
        command = [sys.executable, "-m", "bench.highres", "--host", *asked]
        done = subprocess.run(command, cwd=CHECKOUT, check=True, stdout=subprocess.PIPE, text=True)
        return json.loads(done.stdout.splitlines()[-1])


def measured(document: Bounds, sheet: Path | None) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="op-") as folder:
        (Path(folder) / "op").mkdir()
        desk = Desk(Path(folder), document)
        try:
            edits = [_told(desk.edit(percent)) for percent in PERCENT]
        finally:
            desk.server.stop()
        if sheet is not None:
            draw(edits, sheet)
    seconds = {edit.percent: edit.seconds for edit in edits}
    figures = {f"seconds_{percent}": round(spent, 2) for percent, spent in seconds.items()}
    peaks = {
        "host_mb": max(edit.host for edit in edits) / 2**20,
        "gateway_mb": max(edit.gateway for edit in edits) / 2**20,
        "worker_mb": max(edit.worker for edit in edits) / 2**20,
    }
    share = round(seconds[1] / seconds[100], 3)
    return {**figures, "share_1": share, **{name: round(value) for name, value in peaks.items()}}


def _told(edit: Edit) -> Edit:
    print(edit.line(), flush=True)
    return edit


def draw(edits: list[Edit], path: Path) -> None:
    """Each answer whole, and beside it a part of it pixel for pixel."""
    page = Image.new("RGB", (2 * SHEET_SIDE, len(edits) * SHEET_SIDE), "white")
    for row, edit in enumerate(edits):
        width, height = edit.crop
        answer = Image.fromarray(np.fromfile(edit.answer, np.uint8).reshape(height, width, 4))
        whole = Image.alpha_composite(Image.new("RGBA", answer.size, "#fffaf0"), answer).convert("RGB")
        middle = (width // 2, int(height * 0.45))
        corner = [
            max(0, min(at - SHEET_SIDE // 2, side - SHEET_SIDE)) for at, side in zip(middle, whole.size, strict=True)
        ]
        part = whole.crop((corner[0], corner[1], corner[0] + SHEET_SIDE, corner[1] + SHEET_SIDE))
        whole.thumbnail((SHEET_SIDE, SHEET_SIDE))
        page.paste(whole, (0, row * SHEET_SIDE))
        page.paste(part, (SHEET_SIDE, row * SHEET_SIDE))
    page.save(path)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sheet", type=Path, help="also draw the answers there (.png)")
    parser.add_argument("--short", action="store_true", help="half a megapixel: that it works, not how fast")
    parser.add_argument("--host", nargs=5, help=argparse.SUPPRESS)
    add_options(parser)
    options = parser.parse_args()
    if options.host:
        home, size, percent, seed, out = options.host
        width, height = map(int, size.split("x"))
        host(Path(home), Bounds(0, 0, width, height), int(percent), int(seed), Path(out))
        return 0
    figures = measured(SMALL if options.short else DOCUMENT, options.sheet)
    return conclude(figures, SHORT_BOUNDS if options.short else BOUNDS, options)


if __name__ == "__main__":
    sys.exit(main())
