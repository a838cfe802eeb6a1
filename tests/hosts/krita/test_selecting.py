"""What was roughly selected or pointed at is found, in a real Krita: by the server's own methods."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.hosts.krita.pictures import Rect, paint, select, selection
from tests.hosts.krita.running import Krita, RefusedError
from tests.hosts.screen import Screen
from tests.selecting.pictures import HEIGHT, WIDTH, ball, box, disc, overlap

SIZE = Rect(0, 0, WIDTH, HEIGHT)
AROUND_IT = Rect(52, 24, 76, 73)


@pytest.fixture
def desk(krita: Krita) -> Iterator[Krita]:
    krita.ask("new_document", width=WIDTH, height=HEIGHT)
    paint(krita, "Ink", native(ball().rgb))
    krita.ask("show_docker", width=260)
    krita.ask("await_server")
    yield krita
    krita.ask("fresh_docker")


def native(rgb: np.ndarray) -> np.ndarray:
    levels = (rgb[..., ::-1] * 255).round().astype(np.uint8)
    return np.dstack([levels, np.full(levels.shape[:2], 255, np.uint8)])


def chosen(krita: Krita) -> np.ndarray:
    found = selection(krita, SIZE)
    return np.zeros((HEIGHT, WIDTH), np.float32) if found is None else found.astype(np.float32) / 255


def test_snap_to_object_in_the_menu_makes_a_rough_selection_the_things_outline_in_one_step(
    desk: Krita, krita_display: Screen, artefacts: Path
) -> None:
    select(desk, AROUND_IT)
    former, before = chosen(desk), desk.ask("steps")
    desk.ask("action", name="overpaint_snap")
    assert desk.ask("last_job")["phase"] == "DONE"
    assert overlap(chosen(desk), disc()) > 0.95
    assert len(np.unique(chosen(desk))) > 10  # soft
    assert len(desk.ask("steps")) == len(before) + 1
    assert desk.ask("stack") == ["Ink"]
    desk.ask("wait", seconds=0.5)
    krita_display.screenshot(artefacts / "krita-snapped.png")
    desk.ask("undo")
    np.testing.assert_array_equal(chosen(desk), former)


def test_where_nothing_is_the_selection_stays_and_that_is_said(desk: Krita) -> None:
    paint(desk, "Ink", native(np.full((HEIGHT, WIDTH, 3), 0.5, np.float32)))
    select(desk, AROUND_IT)
    former = chosen(desk)
    with pytest.raises(RefusedError) as refused:
        desk.ask("api", function="snap_selection")
    assert refused.value.sentence == "Nothing with an outline of its own was found there."
    np.testing.assert_array_equal(chosen(desk), former)


def test_each_part_of_the_selection_is_a_click_in_the_whole_picture(desk: Krita) -> None:
    dots = (box(86, 40, 92, 46) | box(86, 77, 92, 83)).astype(np.uint8) * 255
    select(desk, SIZE, dots)
    desk.ask("action", name="overpaint_click")
    assert desk.ask("last_job")["phase"] == "DONE"
    assert overlap(chosen(desk), disc()) > 0.95


def test_a_script_points_in_and_out_and_adds_to_what_is_selected(desk: Krita) -> None:
    select(desk, Rect(0, 0, 20, 20))
    desk.ask("api", function="select_at", wanted=[[90, 45]], unwanted=[[90, 80]], combining="add")
    mask = chosen(desk)
    assert (mask[45, 90], mask[80, 90], mask[5, 5]) == (1, 0, 1)


def test_the_subject_and_the_background_are_in_the_menu(desk: Krita) -> None:
    desk.ask("action", name="overpaint_subject")
    assert desk.ask("last_job")["phase"] == "DONE"
    subject = chosen(desk)
    assert overlap(subject, disc()) > 0.95
    desk.ask("action", name="overpaint_background")
    assert desk.ask("last_job")["phase"] == "DONE"
    assert np.abs(chosen(desk) + subject - 1).max() < 0.02
