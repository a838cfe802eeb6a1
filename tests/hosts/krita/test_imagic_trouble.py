"""What becomes of a learned picture when the document, the selection, the server or Krita itself goes meanwhile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from server.wire.recipe import USUAL_ETA
from tests.hosts.krita.pictures import Rect, grain, paint, pixels, select
from tests.hosts.krita.running import Krita
from tests.running import RunningServer

SIZE = Rect(0, 0, 200, 160)
CHOSEN = Rect(76, 56, 38, 38)
WORDS = "a dog that sits"


@pytest.fixture
def desk(krita: Krita, krita_server: RunningServer, krita_home: Path) -> Iterator[Krita]:
    lay_out(krita)
    yield krita
    if krita_server.process.poll() is not None:
        krita_server.start()
    (krita_home / "launch.json").unlink(missing_ok=True)
    krita.ask("fresh_docker")


def lay_out(krita: Krita, steps: int = 3) -> None:
    document(krita)
    krita.ask("show_docker")
    krita.ask("fresh_docker")
    krita.ask("ask_for", method="ponder")
    krita.ask("set_field", name="steps", value=steps)
    krita.ask("set_field", name="feather", value=0)
    krita.ask("write_prompt", text=WORDS)


def document(krita: Krita) -> None:
    krita.ask("new_document", width=SIZE.width, height=SIZE.height)
    paint(krita, "Ink", grain(SIZE.width, SIZE.height))
    select(krita, CHOSEN)


def learn(krita: Krita) -> None:
    krita.ask("click_run")
    assert krita.ask("last_job")["phase"] == "EXPLORING"


def alpha(krita: Krita, name: str) -> np.ndarray:
    return pixels(krita, name, SIZE)[..., 3]


def hold_start(home: Path) -> None:
    """A server is started by us, not by Krita, which lies in another root."""
    launch = {"command": ["/bin/sh", "-c", "exec sleep 60"], "environment": {}}
    (home / "launch.json").write_text(json.dumps(launch))


def test_the_selection_of_the_moment_counts_though_it_is_changed_meanwhile(desk: Krita) -> None:
    desk.ask("click_run")
    desk.ask("await_phase", phase="WORKING")
    select(desk, Rect(0, 0, 30, 30))
    desk.ask("last_job")
    desk.ask("deselect")
    desk.ask("click_strength", button="keep")
    made = alpha(desk, f"{WORDS} {USUAL_ETA}")
    assert (made[CHOSEN.slices] == 255).mean() > 0.9
    made = made.copy()
    made[CHOSEN.slices] = 0
    assert not made.any()


def test_a_source_that_was_removed_meanwhile_lets_the_layer_lie_on_top(desk: Krita) -> None:
    desk.ask("add_layer", name="Sketch")
    desk.ask("activate", name="Ink")
    learn(desk)
    desk.ask("remove", name="Ink")
    desk.ask("click_strength", button="keep")
    assert desk.ask("stack") == ["Sketch", f"{WORDS} {USUAL_ETA}"]


def test_a_layer_locked_meanwhile_is_left_alone_and_the_answer_kept_above_it(desk: Krita) -> None:
    learn(desk)
    before = pixels(desk, "Ink", SIZE)
    desk.ask("lock", name="Ink")
    desk.ask("click_strength", button="keep")
    assert desk.ask("stack") == ["Ink", f"{WORDS} {USUAL_ETA}"]
    np.testing.assert_array_equal(pixels(desk, "Ink", SIZE), before)


def test_a_document_that_was_closed_is_told_of_and_the_answer_goes_into_another(desk: Krita) -> None:
    learn(desk)
    desk.ask("wait", seconds=1)
    desk.ask("close_at_once")
    shown = desk.ask("click_strength", button="keep", document=False)
    assert shown["note"].startswith("The picture was closed")
    assert shown["put_here"]
    document(desk)
    desk.ask("click_strength", button="put_here")
    assert desk.ask("stack") == ["Ink", f"{WORDS} {USUAL_ETA}"]
    assert (alpha(desk, f"{WORDS} {USUAL_ETA}")[CHOSEN.slices] == 255).mean() > 0.9


def test_a_document_closed_while_it_is_learned_keeps_its_slider(desk: Krita) -> None:
    desk.ask("set_field", name="steps", value=10)
    desk.ask("wait", seconds=1)
    desk.ask("click_run")
    desk.ask("await_phase", phase="WORKING")
    desk.ask("close_at_once")
    assert desk.ask("last_job")["phase"] == "EXPLORING"
    document(desk)
    desk.ask("click_strength", button="put_here")
    assert desk.ask("stack") == ["Ink", f"{WORDS} {USUAL_ETA}"]


def test_a_server_that_dies_while_learning_does_not_lose_the_edit(
    desk: Krita, krita_server: RunningServer, krita_home: Path
) -> None:
    hold_start(krita_home)
    desk.ask("set_field", name="steps", value=30)
    desk.ask("click_run")
    desk.ask("await_phase", phase="WORKING")
    krita_server.kill()
    krita_server.start()
    assert desk.ask("last_job")["phase"] == "EXPLORING"
    desk.ask("click_strength", button="keep")
    assert desk.ask("stack") == ["Ink", f"{WORDS} {USUAL_ETA}"]


def test_a_server_that_dies_while_a_strength_is_painted_paints_it_when_it_is_back(
    desk: Krita, krita_server: RunningServer, krita_home: Path
) -> None:
    desk.ask("set_field", name="steps", value=20)
    learn(desk)
    hold_start(krita_home)
    desk.ask("move_strength", eta=1.3, await_it=False)
    desk.ask("await_status", text="Pondering")
    krita_server.kill()
    desk.ask("await_status", text="The server stopped; your edit is kept")
    krita_server.start()
    desk.ask("await_strength")
    assert desk.ask("strengths")["shown"] == 1.3


def test_without_a_server_what_is_there_can_still_be_shown_and_kept_and_the_rest_tried_again(
    desk: Krita, krita_server: RunningServer
) -> None:
    learn(desk)
    krita_server.stop()
    desk.ask("wait", seconds=1)
    shown = desk.ask("move_strength", eta=1.3)
    assert shown["status"].endswith("Run: python3 install.py install (shown: 1)")
    assert shown["retry"]
    desk.ask("click_strength", button="keep")
    assert desk.ask("stack") == ["Ink", f"{WORDS} 1"]
    krita_server.start()
    assert desk.ask("click_strength", button="retry")["shown"] == 1.3


def test_after_a_failure_another_strength_is_simply_painted(desk: Krita, krita_server: RunningServer) -> None:
    learn(desk)
    krita_server.stop()
    desk.ask("wait", seconds=1)
    assert desk.ask("move_strength", eta=1.3)["retry"]
    krita_server.start()
    shown = desk.ask("move_strength", eta=0.3)
    assert (shown["shown"], shown["retry"]) == (0.3, False)


def test_an_edit_that_fails_while_it_learns_says_so(desk: Krita) -> None:
    desk.ask("write_prompt", text="raise")
    desk.ask("click_run")
    failed = desk.ask("last_job")
    assert failed["phase"] == "FAILED"
    assert "Traceback" not in failed["line"]
    assert desk.ask("stack") == ["Ink"]
