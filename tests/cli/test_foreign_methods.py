"""A package outside the repository brings a method of each role with a setting of its own: it is there and runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from server.documents import image, png
from server.documents.image import Image
from server.wire.offers import Role
from tests.cli.test_edit import CommandLine
from tests.conftest import short_folder
from tests.running import FOREIGN, PONDERING, RunningServer

STRANGERS = os.pathsep.join([str(FOREIGN), str(FOREIGN / "every"), PONDERING["PYTHONPATH"]])


@pytest.fixture(scope="module")
def strangers() -> Iterator[CommandLine]:
    with short_folder() as folder:
        running = RunningServer(folder, environment={"PYTHONPATH": STRANGERS})
        yield CommandLine(folder)
        running.stop()


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("foreign") / "photo.png"
    path.write_bytes(png.encode(Image(np.full((60, 80, 3), 200, np.uint8))))
    return path


def test_they_are_listed_with_role_and_setting(strangers: CommandLine) -> None:
    status, out, _ = strangers("methods")
    assert status == 0
    for role in Role:
        assert f"strange-{role.value}" in out
    assert "--set shade=…  How light the answer is (from 0 to 255)" in out


@pytest.mark.parametrize("role", [role.value for role in Role])
def test_each_runs_with_its_own_setting(strangers: CommandLine, picture: Path, tmp_path: Path, role: str) -> None:
    answer = tmp_path / "answer.png"
    words = ("--method", f"strange-{role}", "--set", "shade=90", "--out", answer)
    status, _, err = strangers("edit", picture, *words)
    assert status == 0, err
    assert (image.read(answer).pixels == 90).any()


@pytest.mark.parametrize("role", ["effect", "instruct", "create", "enlarge", "compare", "teach"])
def test_a_role_that_nobody_else_has_is_theirs(
    strangers: CommandLine, picture: Path, tmp_path: Path, role: str
) -> None:
    answer = tmp_path / "answer.png"
    status, _, err = strangers("edit", picture, "--role", role, "--out", answer)
    assert status == 0, err
    assert (image.read(answer).pixels == 40).any()


def test_one_that_needs_neither_words_nor_selection_is_not_taken_before_ours_of_a_role(
    strangers: CommandLine, picture: Path, tmp_path: Path
) -> None:
    """The stranger's eraser would take it; ours stands before it and says what is missing."""
    status, _, err = strangers("edit", picture, "--role", "erase", "--out", tmp_path / "answer.png")
    assert status != 0
    assert "Nothing is selected" in err


@pytest.mark.parametrize(("given", "said"), [("shade=900", "from 0 to 255"), ("tone=1", "has no setting “tone”")])
def test_a_wrong_value_or_name_is_refused_with_what_there_is(
    strangers: CommandLine, picture: Path, tmp_path: Path, given: str, said: str
) -> None:
    words = ("--method", "strange-enlarge", "--set", given, "--out", tmp_path / "answer.png")
    status, _, err = strangers("edit", picture, *words)
    assert status != 0
    assert said in err
