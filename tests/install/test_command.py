"""The ``overpaint`` command, from homes of every name, and in folders of strangers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.install import application
from tools.install.environment import Environment

ROOT = Path(__file__).parents[2]
HOMES = ["o'brien", "two words", "日本", "$HOME `x`", 'a"b', "100% me", "-n", "semi;colon&", "new\nline"]


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("name", HOMES)
def test_it_runs_from_a_home_of_any_name(user: Path, name: str) -> None:
    home = user / name / "op"
    script = application.write_command(home, Environment(Path(sys.prefix)), ROOT)[0]
    done = subprocess.run([str(script), "trusted", "--json"], capture_output=True, text=True, timeout=200, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", [*HOMES, "Håkan", "Ján Něm"])
def test_on_windows_it_finds_everything_by_its_own_place(
    user: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    home = user / name
    (script,) = application.write_command(home, Environment(home / "env"), home / "app")
    text = script.read_bytes()
    assert text.isascii()
    assert text.count(b"\r\n") == text.count(b"\n") == len(text.splitlines())
    assert rb'"%~dp0..\env\Scripts\python.exe"' in text
    assert rb'"%~dp0..\app\server\start.py" %*' in text


def test_on_windows_an_environment_elsewhere_is_named_in_utf_8(user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    (script,) = application.write_command(user / "op", Environment(user / "日本 100%"), ROOT)
    text = script.read_text("utf-8")
    assert text.index("chcp 65001") < text.index("日本 100%%")


def test_nothing_is_imported_from_the_folder_it_is_started_in(user: Path) -> None:
    pictures = user / "pictures"
    pictures.mkdir()
    for name in ("typer", "zmq", "psutil", "cv2", "numpy", "json", "sitecustomize", "usercustomize", "server"):
        (pictures / f"{name}.py").write_text(f"open({str(user / 'owned')!r}, 'a').write('{name} ')\n")
    script = application.write_command(user / "op", Environment(Path(sys.prefix)), ROOT)[0]
    variables = {**os.environ, "PYTHONPATH": str(pictures), "PYTHONSTARTUP": str(pictures / "json.py")}
    command = [str(script), "models", "list", "--json"]
    done = subprocess.run(
        command, cwd=pictures, env=variables, capture_output=True, text=True, timeout=200, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert not (user / "owned").exists()


def test_a_link_of_somebody_elses_named_overpaint_is_left_alone(user: Path) -> None:
    link = user / ".local/bin/overpaint"
    link.parent.mkdir(parents=True)
    link.write_text("#!/bin/sh\n")
    assert application.write_command(user / "op", Environment(Path(sys.prefix)), ROOT) == [user / "op/bin/overpaint"]
    assert link.read_text() == "#!/bin/sh\n"
