"""The main jobs once, as a plugin does them, through server and ZeroMQ: *replace* a part of an illustration after words
with the built-in illustration model, give a figure another pose with *Imagic* on the same model, and *erase* something
from a photograph. What this copy cannot do is left out, and said.

    python3 install.py demo --out DIR

Writes a layered file for each edit (``replaced.ora``, …), ``sheet.png`` (all of them, before and after) and
``demo.json`` (the files, and the seconds of each stage).
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from server.client.events import Event, Progressed
from server.command_line.connecting import connect
from server.command_line.edit import Done, Order, edit
from server.wire.connection import read_connection, server_lives
from server.wire.errors import OverpaintError
from server.wire.messages import Welcome
from server.wire.paths import Home
from server.wire.recipe import Recipe
from tools.demo_sheet import Row, draw_sheet

PICTURES = Path(__file__).resolve().parents[1] / "tests/pictures"
ILLUSTRATION_MODEL = "illustration"
SEED = 1


@dataclass(frozen=True)
class Act:
    """One edit. name: of its file. title: what a person sees happen."""

    name: str
    title: str
    picture: Path
    selection: Path | None
    recipe: Recipe


ACTS = (
    Act(
        "replaced",
        "Replace: “panda”, by the built-in illustration model",
        PICTURES / "illustrations/friends.png",
        PICTURES / "selections/friends-dog.png",
        Recipe("inpaint", "panda on white background, cartoon", model=ILLUSTRATION_MODEL, seed=SEED),
    ),
    Act(
        "posed",
        "Imagic: “raising hand”, by the built-in illustration model",
        PICTURES / "illustrations/shrugging.png",
        None,
        Recipe("imagic", "raising hand", model=ILLUSTRATION_MODEL, seed=SEED),
    ),
    Act(
        "erased",
        "Erase: no words, no model",
        PICTURES / "photographs/rocket.jpg",
        PICTURES / "selections/rocket-mast.png",
        Recipe("erase", seed=SEED),
    ),
)


@dataclass(frozen=True)
class Shown:
    act: Act
    done: Done


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for the results")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    try:
        with home_of_its_own() as home, connect(home) as client:
            welcome = client.hello()
            reasons = {act.name: why_not(act, welcome) for act in ACTS}
            shown = [Shown(act, play(home, act, out)) for act in ACTS if not reasons[act.name]]
    except OverpaintError as error:
        print(f"{error.sentence} {error.hint}".strip(), file=sys.stderr)
        return 1
    skipped = {name: why for name, why in reasons.items() if why}
    for name, why in skipped.items():
        print(f"Left out “{name}”: {why}")
    sheet = out / "sheet.png"
    draw_sheet([Row(one.act.picture, one.act.selection, one.done.arrived, one.act.title) for one in shown], sheet)
    note = out / "demo.json"
    summed = summary(shown, skipped, [sheet, note], time.monotonic() - began)
    note.write_text(json.dumps(summed, indent=2, ensure_ascii=False) + "\n", "utf-8")
    print(f"Before and after: look at {sheet}")
    print(f"Layers for Krita or GIMP: {', '.join(str(path) for one in shown for path in one.done.files)}")
    return 0


def why_not(act: Act, welcome: Welcome) -> str:
    """A sentence when this copy cannot do it; else empty."""
    method = next((offer for offer in welcome.methods if offer.name == act.recipe.method), None)
    if method is None:
        return f"This version has no method “{act.recipe.method}”."
    if act.recipe.model and act.recipe.model not in method.models:
        return f"The model “{act.recipe.model}” is not in this copy."
    return ""


def play(home: Home, act: Act, out: Path) -> Done:
    print(act.title, flush=True)
    done = edit(home, Order(act.picture, act.selection, act.recipe, out / f"{act.name}.ora"), Teller())
    print(f"\r{done.seconds:.1f} s{' ' * 30}", *done.arrived.finished.notices, sep="\n")
    return done


@contextmanager
def home_of_its_own() -> Iterator[Home]:
    """A server for this demo alone, started as a plugin starts it and ended afterwards."""
    with tempfile.TemporaryDirectory(prefix="op-") as folder:
        os.environ["OVERPAINT_HOME"] = folder
        try:
            yield Home.of_user()
        finally:
            end_server(Home.of_user())


def end_server(home: Home) -> None:
    connection = read_connection(home.connection)
    if connection is None:
        return
    os.kill(connection.pid, signal.SIGTERM)
    patience = time.monotonic() + 20
    while server_lives(home.path) and time.monotonic() < patience:
        time.sleep(0.05)


class Teller:
    """One line that counts up on a terminal; in a log only where a stage begins."""

    def __init__(self) -> None:
        self._stage = ""

    def __call__(self, event: Event) -> None:
        if not isinstance(event, Progressed):
            return
        if sys.stdout.isatty():
            print(f"\r{event.stage}: {event.step} of {event.of}   ", end="", flush=True)
        elif event.stage != self._stage:
            print(event.stage, flush=True)
        self._stage = event.stage


def summary(shown: Sequence[Shown], skipped: dict[str, str], more: Sequence[Path], total: float) -> dict[str, object]:
    return {
        "files": [path.name for path in (*(path for one in shown for path in one.done.files), *more)],
        "edits": [_edit_summary(one) for one in shown],
        "skipped": skipped,
        "seconds": {
            **{one.act.name: round(one.done.seconds, 3) for one in shown},
            "with_server_start": round(total, 3),
        },
    }


def _edit_summary(one: Shown) -> dict[str, object]:
    finished = one.done.arrived.finished
    return {
        "name": one.act.name,
        "method": finished.recipe.method,
        "model": finished.recipe.model,
        "prompt": finished.recipe.prompt,
        "seed": finished.recipe.seed,
        "notices": list(finished.notices),
        "seconds": finished.seconds,
    }


if __name__ == "__main__":
    sys.exit(main())
