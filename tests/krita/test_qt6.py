"""The docker with PyQt6, which Krita 6 brings; with PyQt5 it is tested in a real Krita (``tests/hosts/krita``)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import ImageCms

from tests.running import RunningServer
from tools.install.plugins import CHECKOUT, assemble

HERE = Path(__file__).parent / "qt6"
PYTHON = os.environ.get("OVERPAINT_QT6_PYTHON", sys.executable)
"""A Python that has PyQt6 and pyzmq."""


def has_qt6() -> bool:
    wanted = "import PyQt6.QtWidgets, PyQt6.QtTest, zmq"
    return subprocess.run([PYTHON, "-c", wanted], capture_output=True, check=False).returncode == 0


@pytest.mark.timeout(1600)
@pytest.mark.skipif(not has_qt6(), reason="PYQT6 NOT TESTED: python3 install.py run python -m pip install PyQt6")
def test_a_picture_is_learned_shown_at_any_strength_and_kept_with_pyqt6(
    pondering: RunningServer, tmp_path: Path
) -> None:
    plugin = tmp_path / "plugin" / "overpaint"
    plugin.parent.mkdir()
    assemble(CHECKOUT / "plugin_krita/overpaint", plugin, None, pondering.home)
    shot = CHECKOUT / "build" / "krita-qt6.png"
    shot.parent.mkdir(exist_ok=True)
    command = [PYTHON, str(HERE / "docker.py"), str(plugin.parent), str(shot)]
    profile = tmp_path / "srgb.icc"
    profile.write_bytes(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    variables = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "OVERPAINT_HOME": str(pondering.home),
        "LIBKIS_PROFILE": str(profile),
    }
    ran = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=1500, check=False)
    assert ran.returncode == 0, ran.stderr
    said = json.loads(ran.stdout.splitlines()[-1])
    swept = [f"a red door {eta:g}" for eta in (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)]
    assert said["forecast"].startswith("Learning the picture takes about 1 second")
    assert said["before"] == ["Ink"]
    assert said["after"] == [["Ink", []], ["a red door 1.2", []], ["a red door", swept]]
    assert (said["alpha"], said["alpha_outside"]) == ([255], 0)
