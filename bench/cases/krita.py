"""Layers of every kind in a real Krita, and what happens to a document while an edit runs. Needs root and apt: the
Krita is that of the tests (``OVERPAINT_HOST_SUITE``)."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from bench.cases.case import Case, Seen
from tests.hosts.host import Host, opened
from tests.hosts.krita import running, scenes
from tests.hosts.krita.pictures import Rect, grain, paint, pixels, select
from tests.hosts.krita.scenes import CHOSEN, HALF, INNER, PAGE, SCENES, SIZE, Scene
from tests.hosts.screen import Screen, screen
from tests.running import RunningServer

Ask = Callable[..., Any]
LEARNS = "sd15"
"""A tiny model of this family, which can do anything but Erase."""


class Desk:
    """A Krita that is started again where a case ended it."""

    def __init__(self, stack: ExitStack, host: Host, display: Screen) -> None:
        self._stack, self._host, self._display = stack, host, display
        self._krita: running.Krita | None = None
        self._count = 0

    def krita(self) -> running.Krita:
        if self._krita is None or self._krita.process.poll() is not None:
            self._krita = self._stack.enter_context(running.krita(self._host, self._display, f"krita-{self._count}"))
            self._count += 1
        return self._krita


def cases() -> Iterator[Case]:
    from server.models.store.store import ModelStore
    from tests import tiny_models

    with ExitStack() as stack:
        host = stack.enter_context(opened(os.environ.get("OVERPAINT_HOST_SUITE", "trixie")))
        display = stack.enter_context(screen(host))
        home = host.work / "op"
        home.mkdir()
        made = stack.enter_context(tempfile.TemporaryDirectory())
        tiny_models.install(LEARNS, ModelStore(home / "models"), Path(made))
        server = RunningServer(home, "--device", "cpu", environment={"OMP_NUM_THREADS": "1"})
        stack.callback(server.stop)
        running.install(host, home)
        desk = Desk(stack, host, display)
        for name, scene in SCENES.items():
            yield Case(f"erase a blot: {name}", "inside like around, within 3 levels", partial(_scene, desk, scene))
        for name, (right, look) in MORE.items():
            yield Case(name, right, lambda look=look: look(desk.krita()))  # type: ignore[misc]


def _scene(desk: Desk, scene: Scene) -> Seen:
    krita = desk.krita()
    scenes.build(krita, scene)
    before = scenes.seen(krita)
    said = scenes.erase(krita, scene.source)
    found = scenes.difference(before, scenes.seen(krita))
    in_place = scenes.directly_above(krita.ask("places"), "Erased", scene.above)
    where = "in place" if in_place else "OUT OF PLACE"
    text = f"patch {found.patch:.1f}, alpha {found.alpha:+d}, beyond {found.beyond}, {where}"
    return Seen(text if said == ["Erased"] else str(said), said == ["Erased"] and found.right and in_place)


def _said(krita: running.Krita, words: str, node: str = "Ink", **values: Any) -> Seen:
    said = str(scenes.erase(krita, node, **values))
    return Seen(said, words in said)


def _begun(krita: running.Krita, then: str, **change: Any) -> int:
    """An edit of the plain scene, during which ``then`` happens."""
    scenes.build(krita, SCENES["plain"])
    number: int = krita.ask("begin_then", function="erase_selection", feather=0, then=then, change=change)
    return number


def _settled(krita: running.Krita, job: int, place: list[int]) -> Seen:
    settled = krita.ask("settle", number=job)
    found = krita.ask("layer", name="Erased")["bounds"][:2] if settled["layers"] else []
    return Seen(f"{settled['phase']} {settled['error']} {found}", found == place)


def _refused(krita: running.Krita, job: int) -> Seen:
    settled, places = krita.ask("settle", number=job), str(krita.ask("places"))
    kept = settled["phase"] == "HOMELESS" and "Erased" not in places
    return Seen(f"{settled['phase']} {settled['error']}", kept)


def _canvas_grown(krita: running.Krita) -> Seen:
    job = _begun(krita, "resize_canvas", x=-40, y=-30, width=400, height=320)
    return _settled(krita, job, [CHOSEN.x + 40, CHOSEN.y + 30])


def _canvas_cropped(krita: running.Krita) -> Seen:
    job = _begun(krita, "resize_canvas", x=20, y=10, width=200, height=180)
    return _settled(krita, job, [CHOSEN.x - 20, CHOSEN.y - 10])


def _source_moved(krita: running.Krita) -> Seen:
    job = _begun(krita, "move_layer", name="Ink", x=17, y=-9)
    return _settled(krita, job, [CHOSEN.x + 17, CHOSEN.y - 9])


def _scaled(krita: running.Krita) -> Seen:
    job = _begun(krita, "scale_picture", width=500, height=400)
    return _refused(krita, job)


def _turned(krita: running.Krita) -> Seen:
    job = _begun(krita, "trigger", name="rotateImage180")
    return _refused(krita, job)


def _converted(krita: running.Krita) -> Seen:
    profile = krita.ask("profiles", model="GRAYA", depth="U8")[0]
    job = _begun(krita, "convert_picture", model="GRAYA", depth="U8", profile=profile)
    krita.ask("settle", number=job)
    space = krita.ask("layer", name="Erased")["space"]
    return Seen(" ".join(space), space == ["GRAYA", "U8", profile])


def _second(krita: running.Krita) -> Seen:
    scenes.build(krita, SCENES["plain"])
    before = scenes.seen(krita)
    scenes.erase(krita)
    krita.ask("rename", name="Erased", to="First")
    dot = scenes.ink()[INNER.slices] // 2
    paint(krita, "First", dot, x=INNER.x, y=INNER.y)
    scenes.erase(krita)
    found, places = scenes.difference(before, scenes.seen(krita)), krita.ask("places")
    return Seen(f"patch {found.patch:.1f}, {places}", found.right and places == ["Page", "Ink", "First", "Erased"])


def _animated(krita: running.Krita) -> Seen:
    scenes.build(krita, SCENES["plain"])
    krita.ask("animate", name="Ink", frame=10)
    return _said(krita, "is animated")


def _isolated(krita: running.Krita) -> Seen:
    scenes.build(krita, SCENES["plain"])
    krita.ask("isolate", name="Ink")
    job = krita.ask("begin", function="erase_selection", feather=0)
    settled = krita.ask("settle", number=job)
    krita.ask("isolate", name="Ink")
    return Seen(f"{settled['phase']}: {settled['notice']}", "one layer alone" in settled["notice"])


def _off_canvas(krita: running.Krita) -> Seen:
    krita.ask("new_document", width=200, height=160)
    paint(krita, "Ink", grain(300, 240), x=-60, y=-50)
    select(krita, Rect(-45, -35, 100, 80))
    job = krita.ask("begin", function="erase_selection", feather=0)
    crop = krita.ask("crop", number=job)
    krita.ask("settle", number=job)
    return Seen(f"sent: {crop}", crop == [0, 0, 200, 160])


def _empty_layer(krita: running.Krita) -> Seen:
    scenes.build(krita, Scene((PAGE, scenes.paint(), scenes.flat("Layer 2", rect=(0, 0, 4, 4)))))
    return _said(krita, "‘Layer 2’ has no pixels where you selected.", "Layer 2")


def _empty_layer_visible(krita: running.Krita) -> Seen:
    scenes.build(krita, Scene((PAGE, scenes.paint(opacity=HALF), scenes.flat("Layer 2", rect=(0, 0, 4, 4)))))
    before = scenes.seen(krita)
    said = scenes.erase(krita, "Layer 2", reading="visible")
    found = scenes.difference(before, scenes.seen(krita))
    return Seen(f"{said}: patch {found.patch:.1f}", said == ["Erased"] and found.right)


def _local_selection(krita: running.Krita) -> Seen:
    local = {"kind": "selection", "rect": (CHOSEN.x, CHOSEN.y, CHOSEN.width, CHOSEN.height)}
    scenes.build(krita, Scene((PAGE, scenes.paint(masks=[local]))))
    krita.ask("deselect")
    return Seen(str(said := scenes.erase(krita)), said == ["Erased"])


def _mask_chosen(krita: running.Krita) -> Seen:
    scenes.build(krita, SCENES["transparency mask"])
    return _said(krita, "‘Mask’ is a mask of ‘Ink’.", "Mask")


def _nothing_selected(krita: running.Krita) -> Seen:
    scenes.build(krita, SCENES["plain"])
    krita.ask("deselect")
    return _said(krita, "Nothing is selected. Select the part to change.")


def _out_of_range(krita: running.Krita) -> Seen:
    scenes.build(krita, SCENES["plain"])
    return _said(krita, "“grow” is 2000: it can be 0 to 1024.", grow=2000)


def _docker(krita: running.Krita, model: str, words: str) -> dict[str, Any]:
    scenes.build(krita, SCENES["plain"])
    krita.ask("show_docker")
    krita.ask("fresh_docker")
    krita.ask("await_server")
    krita.ask("set_field", name="model", value=model)
    krita.ask("write_prompt", text=words)
    panel: dict[str, Any] = krita.ask("panel")
    return panel


def _model_without_erase(krita: running.Krita) -> Seen:
    _docker(krita, LEARNS, "")
    krita.ask("click_run")
    settled = krita.ask("last_job")
    return Seen(f"{settled['phase']} {settled['error']}", settled["layers"] == ["Erased"])


def _erase_with_words(krita: running.Krita) -> Seen:
    _docker(krita, "", "a red door")
    krita.ask("run_method", method="erase", steps=1)
    settled = krita.ask("last_job")
    return Seen(str(settled["layers"]), settled["layers"] == ["Erased"])


def _old_words(krita: running.Krita) -> Seen:
    first = _docker(krita, "", "a red door")["button"]
    scenes.build(krita, SCENES["plain"])
    second = krita.ask("panel")["button"]
    return Seen(f"{first}, then {second}", (first, second) == ("Replace selection", "Erase selection"))


def _one_pixel(krita: running.Krita) -> Seen:
    scenes.build(krita, SCENES["plain"])
    select(krita, Rect(150, 100, 1, 1))
    said = scenes.erase(krita)
    if said != ["Erased"]:
        return Seen(str(said), False)
    count = int((pixels(krita, "Erased", SIZE)[..., 3] > 0).sum())
    return Seen(f"{count} pixel", count == 1)


MORE: dict[str, tuple[str, Callable[[running.Krita], Seen]]] = {
    "canvas grown meanwhile": ("the answer moves with it, to 174, 114", _canvas_grown),
    "canvas cropped meanwhile": ("the answer moves with it, to 114, 74", _canvas_cropped),
    "source moved meanwhile": ("the answer moves with it, to 151, 75", _source_moved),
    "picture scaled meanwhile": ("a sentence, the answer kept", _scaled),
    "picture turned meanwhile": ("a sentence, the answer kept", _turned),
    "colours converted meanwhile": ("the answer in the new ones", _converted),
    "a second edit at the same place": ("sees the first, lies above it", _second),
    "animated layer": ("a sentence before any work", _animated),
    "one layer isolated": ("told that the answer is not seen", _isolated),
    "pixels beyond the canvas": ("not sent", _off_canvas),
    "empty layer above the photograph": ("a sentence that names it", _empty_layer),
    "empty layer, the visible picture read": ("inside like around", _empty_layer_visible),
    "a selection of the layer's own": ("used", _local_selection),
    "a mask chosen": ("a sentence that names it and its layer", _mask_chosen),
    "nothing selected": ("no advice that cannot be followed", _nothing_selected),
    "grow 2000": ("refused with its range", _out_of_range),
    "a model that cannot erase is chosen": ("Erase works", _model_without_erase),
    "Erase with words in the field": ("not named after them", _erase_with_words),
    "words of another picture in the field": ("the button says Erase", _old_words),
    "one pixel of a large picture": ("that pixel alone", _one_pixel),
}
