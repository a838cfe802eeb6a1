"""What one sees is what is edited: no patch, nothing hidden comes to light, whatever a layer's look follows from."""

from __future__ import annotations

import pytest

from tests.hosts.krita.running import Krita
from tests.hosts.krita.scenes import SCENES, build, difference, directly_above, erase, seen


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
