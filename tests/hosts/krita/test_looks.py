"""What one sees is what is edited: no patch, nothing hidden comes to light, whatever a layer's look follows from."""

from __future__ import annotations

import numpy as np
import pytest

from tests.hosts.krita.running import Krita
from tests.hosts.krita.scenes import CHOSEN, PLAINLY_SEEN, SCENES, build, difference, directly_above, erase, seen, sent


@pytest.mark.parametrize("name", SCENES)
def test_an_erased_blot_looks_like_what_is_around_it(krita: Krita, name: str) -> None:
    scene = SCENES[name]
    build(krita, scene)
    before = seen(krita)
    assert erase(krita, scene.source) == ["Erased"]
    found = difference(before, seen(krita))
    assert found.right, found
    places = krita.ask("places")
    assert directly_above(places, "Erased", scene.above), places
    shown = krita.ask("shown", name="Erased")
    assert (shown["opacity"], shown["mode"]) == (255, "normal")


@pytest.mark.parametrize("name", PLAINLY_SEEN)
def test_what_is_sent_is_what_is_seen(krita: Krita, name: str) -> None:
    """Where nothing lies above."""
    scene = SCENES[name]
    build(krita, scene)
    shown = seen(krita)
    pixels, part = sent(krita, scene.source)
    opaque = pixels[..., 3] == 255
    assert opaque[CHOSEN.slices].any()
    assert np.abs(pixels - shown[part.slices])[opaque].max(initial=0) <= 1
