"""A selection replaced after words in the real Krita, by the model that comes with Overpaint."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from tests.hosts.krita.pictures import Rect, pixels, select
from tests.hosts.krita.running import Krita
from tests.hosts.likeness import DOG, PICTURES, likest

pytestmark = pytest.mark.torch

CANVAS = Rect(0, 0, 640, 264)
CHOSEN = Rect(*DOG)


@pytest.mark.parametrize("animal", ("panda", "fox"))
def test_the_selection_becomes_what_the_words_say(krita: Krita, animal: str) -> None:
    path = shutil.copy(PICTURES / "illustrations/friends.png", krita.file("friends.png"))
    (source,) = krita.ask("open_file", path=str(path))
    before = pixels(krita, source, CANVAS)
    select(krita, CHOSEN)
    words = f"{animal} on white background, cartoon"
    settings = {"model": "illustration", "feather": 0, "seed": 1}
    (name,) = krita.ask("api", function="replace_selection", node=source, prompt=words, **settings)
    assert name.startswith(animal)
    answer = pixels(krita, name, CANVAS).copy()
    assert likest(answer[CHOSEN.slices][..., [2, 1, 0]]) == animal
    answer[CHOSEN.slices] = 0
    assert not answer[..., 3].any()  # nothing outside the selection
    np.testing.assert_array_equal(pixels(krita, source, CANVAS), before)
