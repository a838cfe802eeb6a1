"""Families of models: each a file that says all of itself, ours and those of other packages."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from server.models.families.families import FAMILIES
from server.models.families.family import Ability

FOREIGN = """
from server.models.families.family import Family

class Foreign(Family):
    name = "foreign"
    title = "Foreign"
    pipelines = ("ForeignPipeline",)

FAMILY = Foreign()
"""

LISTED = "import sys; from server.models.families.families import FAMILIES; "


def asked(code: str, *, where: Path | None = None) -> str:
    path = os.pathsep.join([".", *([str(where)] if where else [])])
    done = subprocess.run(
        [sys.executable, "-c", LISTED + code], env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_reading_what_families_say_loads_neither_torch_nor_diffusers():
    assert asked("print({'torch', 'diffusers', 'transformers'} & sys.modules.keys())") == "set()"


def test_no_two_families_claim_one_name_or_one_pipeline():
    names = [family.name for family in FAMILIES]
    pipelines = [pipeline for family in FAMILIES for pipeline in family.pipelines]
    assert len(set(names)) == len(names)
    assert len(set(pipelines)) == len(pipelines)


def test_every_family_says_what_it_can_do_and_how_it_learns():
    for family in FAMILIES:
        assert family.abilities
        assert (Ability.LEARN not in family.abilities) or family.presets


def test_a_family_of_another_package_is_among_them(tmp_path: Path):
    (tmp_path / "foreign_family.py").write_text(FOREIGN)
    told = tmp_path / "foreign_family-1.0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: foreign-family\nVersion: 1.0\n")
    (told / "entry_points.txt").write_text(
        "[overpaint.families]\nforeign = foreign_family:FAMILY\nbroken = nowhere_to_be_found:FAMILY\n"
    )
    names = asked("print([family.name for family in FAMILIES])", where=tmp_path)
    assert "'foreign'" in names
    assert "'sd15'" in names
