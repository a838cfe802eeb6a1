"""A word taught from two layers in the real GIMP, and said in a prompt, with the model that comes with Overpaint."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from server.models.store.loras import LoraStore
from tests.hosts.gimp.desk import lay_out
from tests.hosts.gimp.shown import Shown, shown_by
from tests.hosts.host import Host
from tests.running import BUNDLED, PONDERING, RunningServer

pytestmark = [pytest.mark.torch, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def home(host: Host) -> Path:
    home = host.work / "op-taught"
    home.mkdir()
    return home


@pytest.fixture(scope="module")
def shown(host: Host, home: Path) -> Iterator[Shown]:
    """By a server whose lessons are short."""
    lesson = {**PONDERING, **BUNDLED, "OVERPAINT_TEST_LESSON": "6"}
    server = RunningServer(home, "--device", "cpu", environment=lesson)
    yield shown_by(lay_out(host, home, "gimp-taught"), "taught")
    server.stop()


def test_a_word_is_taught_from_two_layers_and_shown_as_a_new_one(shown: Shown, home: Path) -> None:
    found = shown.case("taught_and_said")
    assert found["taught"]["error"] == ""
    (layer,) = found["taught"]["layers"]
    assert (layer["width"], layer["height"]) == (96, 64)
    (lora,) = LoraStore(home / "loras").all()
    assert (lora.word, lora.meaning, lora.family) == ("rex", "dog", "illustration")
    assert found["left"] == ["Other", "One"]


def test_said_in_another_prompt_it_is_painted_as_it_was_taught(shown: Shown) -> None:
    found = shown.case("taught_and_said")
    before, taught, after = (shown.pixels(found[key]["layers"][0]) for key in ("before", "taught", "after"))
    assert np.array_equal(after, taught)
    assert not np.array_equal(after, before)


def test_a_word_without_what_it_is_says_what_to_write(shown: Shown) -> None:
    assert "rex, a dog" in shown.case("taught_and_said")["refused"]["error"]
