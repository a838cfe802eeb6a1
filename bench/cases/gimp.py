"""Layers of every kind, edits after edits and changes meanwhile, in the real GIMP."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.cases.case import Case, Seen
from tests.foreign.answerers import RAMP
from tests.hosts.conftest import SUITE
from tests.hosts.gimp.desk import Desk, lay_out
from tests.hosts.gimp.pixels import levels, load
from tests.hosts.host import opened
from tests.running import CHECKOUT, FOREIGN, RunningServer

UNSEEN = 3
"""Levels of 255 that nobody sees."""

LOOKS = {
    "forty_percent": "a layer at 40 % opacity",
    "mode_multiply": "a layer in multiply",
    "multiply_over_a_cutout": "line art in multiply over a cut-out",
    "clipped_to_backdrop": "a layer clipped to its backdrop",
    "masked": "a layer with a mask",
    "masked_on_nothing": "a masked layer with nothing below",
    "gray_mask": "a layer with a gray mask",
    "mask_not_applied": "a layer whose mask is switched off",
    "inverted_by_a_filter": "a layer with a filter",
    "half_in_a_multiplying_group": "half opacity in a multiplying group",
    "multiply_passing_through_at_forty_percent": "multiply in a group that passes through at 40 %",
    "groups_in_groups": "groups in groups, with modes and opacities",
    "half_transparent_paint_on_nothing": "half-transparent paint with nothing below",
    "larger_than_the_canvas": "a layer with pixels beyond the canvas",
    "smaller_than_the_canvas": "a small layer at half opacity",
    "everything_locked": "a locked layer",
    "lock_alpha": "a layer with locked alpha",
    "a_text_layer": "a text layer",
    "float_linear": "40 % in linear floats",
    "gray_16_bit": "40 % in 16-bit gray",
}

TWICE = {
    "one_after_the_other": "a second edit at the same place",
    "through_opacity": "a second edit on a layer at 40 %",
    "under_a_visible_answer_in_a_group": "an edit of a layer in a group after one of the visible picture",
    "run_again_after_the_canvas_has_grown": "Run Again after the canvas has grown",
}

MEANWHILE = {
    "canvas_grown": ("the canvas grown while the job runs", ""),
    "all_moved": ("all layers moved while the job runs", ""),
    "made_deep": ("the image made 16-bit while the job runs", ""),
    "made_gray": ("the image made gray while the job runs", ""),
    "other_profile": ("the profile converted while the job runs", ""),
    "scaled": ("the image scaled while the job runs", "another size"),
    "cropped": ("the image cropped while the job runs", "another size"),
    "turned_around": ("the image turned by 180° while the job runs", "looks different"),
    "closed": ("the image closed while the job runs", "was closed"),
}

SAID = {
    "empty_above_the_photo": ("an empty layer above the photo", "‘New’ is empty there; what you see is on ‘Photo’."),
    "nothing_selected": ("a forgotten selection", "Nothing is selected. Select what should go."),
    "a_hidden_layer": ("a hidden layer", "‘Ink’ is hidden."),
    "all_masked": ("a part that a mask hides", "The mask of ‘Ink’ hides everything there."),
    "the_quick_mask": ("the quick mask left on", "The Quick Mask is on."),
}

KIND = "RGBA-U16_NON_LINEAR"
COMBINED: dict[str, tuple[str, Callable[..., Any]]] = {
    f"found_replaces-{KIND}": ("a selection found, in place of mine", lambda mine, found: found),
    f"found_adds-{KIND}": ("a selection found, added to mine", np.maximum),
    f"found_subtracts-{KIND}": ("a selection found, taken from mine", lambda mine, found: np.minimum(mine, 1 - found)),
    f"found_intersects-{KIND}": ("a selection found, what both have", np.minimum),
}
SIZES = {
    f"doubled-{KIND}": ("a picture at twice its size", [192, 160], ["Above", "Enlarged", "Paint"]),
    f"stretched-{KIND}": ("a picture continued beyond its borders", [116, 88], ["Above", "Expanded", "Paint"]),
    f"scraps-{KIND}": ("layers of their own, one larger than the image", [96, 80], ["Above", "two scraps", "Paint"]),
}


@dataclass(frozen=True)
class Bench:
    """The scripts inside that have run, by name: where what they wrote lies, and their reports."""

    desk: Desk
    done: dict[str, tuple[Path, dict[str, Any]]]

    def found(self, script: str, name: str, only: dict[str, Any]) -> tuple[Path, dict[str, Any]]:
        if script not in self.done:
            out = self.desk.host.work / script
            variables = {"OVERPAINT_TEST_CASES": " ".join(only)}
            report, outcome = self.desk.console(script, out, 1500, variables, fonts=script == "looks")
            if not report.get("finished"):
                raise RuntimeError(f"GIMP did not run to the end: {outcome.output[-300:]}")
            self.done[script] = out, report
        out, report = self.done[script]
        return out, report[name]


def cases() -> Iterator[Case]:
    with _laid_out() as bench:
        for name, words in LOOKS.items():
            yield Case(f"erase a blot on {words}", "as without the blot", _looks(bench, "looks", name, LOOKS))
        for name, words in TWICE.items():
            yield Case(words, "sees the first and lies above it", _looks(bench, "answers", name, TWICE))
        for name, (words, sentence) in MEANWHILE.items():
            right = "a sentence, and the answer kept" if sentence else "the answer moves with its source"
            yield Case(words, right, _meanwhile(bench, name, sentence))
        for name, (words, sentence) in SAID.items():
            yield Case(f"erase with {words}", sentence, _said(bench, name, sentence))
        yield Case("numbers out of range", "each refused with its range", _ranges(bench))
        yield Case("erase with a model that cannot", "erased without it", _model(bench))
        for name, (words, combined) in COMBINED.items():
            yield Case(words, "GIMP's own selection, soft edges and all", _selected(bench, name, combined))
        for name, (words, size, names) in SIZES.items():
            yield Case(words, f"{size[0]} × {size[1]} with {', '.join(names)}", _sized(bench, name, size, names))


@contextmanager
def _laid_out() -> Iterator[Bench]:
    with opened(SUITE) as host:
        home = host.work / "gimp-op"
        home.mkdir()
        known = os.pathsep.join([str(CHECKOUT), str(FOREIGN), str(FOREIGN / "typed")])
        server = RunningServer(home, "--device", "cpu", environment={"OMP_NUM_THREADS": "1", "PYTHONPATH": known})
        try:
            yield Bench(lay_out(host, home), {})
        finally:
            server.stop()


def _looks(bench: Bench, script: str, name: str, only: dict[str, str]) -> Callable[[], Seen]:
    def look() -> Seen:
        out, found = bench.found(script, name, only)
        statuses = found.get("statuses") or [[found["status"], found["error"]]]
        if any(status != ["success", ""] for status in statuses):
            return Seen(str(statuses), False)
        apart = _apart(out, found, "clean")
        return Seen(f"{apart:.0f} levels apart", apart <= UNSEEN)

    return look


def _meanwhile(bench: Bench, name: str, sentence: str) -> Callable[[], Seen]:
    def look() -> Seen:
        out, both = bench.found("changes", name, MEANWHILE)
        found = both["layer"]
        if found["error"]:
            kept = len(found["kept"]) == 1 and not found["layers"]
            return Seen(found["error"], bool(sentence) and sentence in found["error"] and kept)
        apart = _apart(out, found, "clean")
        return Seen(f"{apart:.0f} levels apart", not sentence and apart <= UNSEEN)

    return look


def _said(bench: Bench, name: str, sentence: str) -> Callable[[], Seen]:
    def look() -> Seen:
        _, found = bench.found("refusals", name, {**SAID, "out_of_range": ""})
        return Seen(found["error"], sentence in found["error"] and found["untouched"])

    return look


def _ranges(bench: Bench) -> Callable[[], Seen]:
    def look() -> Seen:
        _, found = bench.found("refusals", "out_of_range", SAID)
        silent = [
            what for what, (status, error, _) in found["refusals"].items() if status == "success" or "It " not in error
        ]
        return Seen(f"silent: {', '.join(silent) or 'none'}", not silent)

    return look


def _model(bench: Bench) -> Callable[[], Seen]:
    def look() -> Seen:
        name = "erased_with_a_model_that_cannot"
        _, found = bench.found("cases", name, {name: ""})
        names = [layer["name"] for layer in found["layers"]]
        return Seen(f"{found['status']} {names}", found["status"] == "success" and names == ["Erased"])

    return look


def _selected(bench: Bench, name: str, combined: Callable[..., Any]) -> Callable[[], Seen]:
    def look() -> Seen:
        out, found = bench.found("typed", name, {**COMBINED, **SIZES})
        if found["status"] != "success":
            return Seen(found["error"], False)
        left, top, right, bottom = RAMP
        mine, ramp = np.zeros((80, 96)), np.zeros((80, 96))
        mine[20:38, 30:54] = 1
        ramp[top:bottom, left:right] = (np.arange(right - left) + 1) / (right - left)
        apart = np.abs(load(out, found["selected"])[..., 0] - combined(mine, ramp)).max() * 255
        return Seen(f"{apart:.1f} levels apart", bool(apart <= 1))

    return look


def _sized(bench: Bench, name: str, size: list[int], names: list[str]) -> Callable[[], Seen]:
    def look() -> Seen:
        _, found = bench.found("typed", name, {**COMBINED, **SIZES})
        if found["status"] != "success":
            return Seen(found["error"], False)
        came = found["size"], found["names"]
        return Seen(f"{came[0][0]} × {came[0][1]} with {', '.join(came[1])}", came == (size, names))

    return look


def _apart(out: Path, found: dict[str, Any], which: str) -> float:
    """The most by which a picture differs from that after the answer, in levels of 255, where one sees either."""
    one, other = levels(out, found[which]), levels(out, found["after"])
    seen = (one[..., -1] > 0) | (other[..., -1] > 0)
    return float(np.abs(one - other)[seen].max())
