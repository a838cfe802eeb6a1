"""The recipes of docs/contributing.md, followed in a copy of the code: with the files they list, and no others, what is
added is there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from server.methods import registry
from tests.running import CHECKOUT

PAGE = (CHECKOUT / "docs/contributing.md").read_text("utf-8")


class Copy:
    """``server/`` as a contributor has it. touched: the files that were added or changed since."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.touched: set[str] = set()
        shutil.copytree(
            CHECKOUT / "server",
            folder / "server",
            ignore=shutil.ignore_patterns("__pycache__", "illustration", "locale"),
        )

    def add(self, name: str, text: str) -> None:
        assert not (self.folder / name).exists()
        self._write(name, text)

    def change(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text("utf-8")
        assert text.count(old) == 1
        self._write(name, text.replace(old, new))

    def _write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, "utf-8")
        self.touched.add(name)

    def run(self, *words: str) -> str:
        own = {"PYTHONPATH": str(self.folder), "OVERPAINT_HOME": str(self.folder), "COLUMNS": "200"}
        command = [sys.executable, *words]
        done = subprocess.run(command, env={**os.environ, **own}, cwd=self.folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path)


def said(what: str) -> int:
    """How many files the page says, without words and tiny model."""
    found = re.search(rf"^\| {re.escape(what)} \| (\d+)", PAGE, re.MULTILINE)
    assert found
    return int(found[1])


def test_a_method_like_redraw_is_one_file(copy: Copy) -> None:
    text = (CHECKOUT / "server/methods/sdedit.py").read_text("utf-8").replace('name="sdedit"', 'name="warm"')
    copy.add("server/methods/warm.py", text)
    code = "from server.methods import registry; print(*(offer.name for offer in registry.offers([])))"
    assert set(copy.run("-c", code).split()) == {*(offer.name for offer in registry.offers([])), "warm"}
    assert len(copy.touched) == said("a method like *Redraw*")


def test_a_setting_is_a_field_and_the_method_that_reads_it(copy: Copy) -> None:
    copy.change(
        "server/wire/recipe.py",
        "    grow: int = ",
        '    warmth: int = _setting(0, _WHOLE, "Warmth", "How warm the light is", 0, 9)\n    grow: int = ',
    )
    copy.change("server/methods/sdedit.py", '"guidance"),', '"guidance", "warmth"),')
    help_text = copy.run("-m", "server.cli", "edit", "--help")
    assert "--warmth" in help_text
    assert "How warm the light is" in help_text
    code = (
        "from server.wire.recipe import Recipe, SETTINGS, out_of_range; from server.methods import registry\n"
        "print(SETTINGS['warmth'].range, *(wrong.name for wrong in out_of_range(Recipe('sdedit', warmth=10))))\n"
        "print(*(offer.name for offer in registry.offers([]) if 'warmth' in offer.settings))"
    )
    assert copy.run("-c", code).splitlines() == ["from 0 to 9 warmth", "sdedit"]
    assert len(copy.touched) == said("a setting")


def test_a_family_is_one_file(copy: Copy) -> None:
    text = (CHECKOUT / "server/models/families/stable_diffusion_3.py").read_text("utf-8")
    text = text.replace('"sd3"', '"warm"').replace("StableDiffusion3Pipeline", "WarmPipeline")
    copy.add("server/models/families/warm.py", text.replace('"joint_blocks."', '"warm_blocks."'))
    code = (
        "from server.models.families.families import family, family_of_pipeline\n"
        "print(family('warm').signature[0], family_of_pipeline('WarmPipeline').name)"
    )
    assert copy.run("-c", code).split() == ["warm_blocks.", "warm"]
    assert len(copy.touched) == said("a family of models")


def test_a_runner_is_one_file_and_its_entry_point(copy: Copy) -> None:
    text = (CHECKOUT / "tests/runners/more_runners.py").read_text("utf-8")
    copy.add("warm_runners.py", text)
    about = copy.folder / "warm-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: warm\nVersion: 1\n", "utf-8")
    (about / "entry_points.txt").write_text("[overpaint.runners]\nwarm = warm_runners:ThreadRunner\n", "utf-8")
    code = "from server.workers.runner import runner_class; print(runner_class('warm').__name__)"
    assert copy.run("-c", code).strip() == "ThreadRunner"
    assert len(copy.touched) == said("a runner")
