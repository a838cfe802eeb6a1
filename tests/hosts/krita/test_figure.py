"""A figure's pose changed in the real Krita by Imagic itself, with the model that comes with Overpaint. What it paints
is judged by `bench.edits`; here it must give back the figure at strength 0 and change it at 0.9."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.hosts.krita.pictures import Rect, outside, pixels, select
from tests.hosts.krita.running import Krita
from tests.hosts.likeness import PICTURES
from tests.hosts.screen import Screen
from tools.bundled_model.retrieval import psnr

pytestmark = [pytest.mark.torch, pytest.mark.timeout(900)]

CANVAS = Rect(0, 0, 640, 264)
MAN = Rect(440, 32, 200, 200)
WORDS = "raising hand"


def likeness(layer: np.ndarray, source: np.ndarray) -> float:
    """How like the man a layer is, in dB."""
    man = [one[MAN.slices][..., :3].astype(np.float32) / 255 for one in (layer, source)]
    return psnr(*man)


def test_a_learned_figure_is_posed_with_the_slider_and_then_by_a_script_at_once(
    krita: Krita, krita_display: Screen, artefacts: Path
) -> None:
    path = shutil.copy(PICTURES / "illustrations/friends.png", krita.file("figure.png"))
    (source,) = krita.ask("open_file", path=str(path))
    before = pixels(krita, source, CANVAS)
    select(krita, MAN)
    krita.ask("show_docker", width=300)
    krita.ask("fresh_docker")
    krita.ask("set_field", name="model", value="illustration")
    krita.ask("set_field", name="feather", value=0)
    krita.ask("ask_for", method="imagic")
    krita.ask("write_prompt", text=WORDS)
    assert krita.ask("await_forecast").startswith("Learning the picture takes about")
    krita.ask("click_run")
    assert krita.ask("last_job", within=800)["phase"] == "EXPLORING"
    krita.ask("move_strength", eta=0.9)
    krita_display.screenshot(artefacts / "krita-imagic-figure.png")
    for eta in (0.0, 0.9):
        krita.ask("move_strength", eta=eta)
        krita.ask("click_strength", button="keep")
    assert krita.ask("stack") == [source, f"{WORDS} 0", f"{WORDS} 0.9"]
    krita.ask("click_close")

    assert krita.ask("await_forecast").startswith("This picture is learned already")
    settings = {"method": "imagic", "model": "illustration", "seed": 5, "eta": 0.9, "feather": 0}
    (scripted,) = krita.ask("api", function="imagic", node=source, prompt=WORDS, **settings)
    layers = [pixels(krita, name, CANVAS) for name in (f"{WORDS} 0", f"{WORDS} 0.9", scripted)]
    for layer in layers:
        assert not layer[..., 3][outside(MAN, CANVAS)].any()
    kept, posed, again = (likeness(layer, before) for layer in layers)
    assert kept > 18  # the man himself, learned
    assert max(posed, again) < kept - 2
    np.testing.assert_array_equal(pixels(krita, source, CANVAS), before)
