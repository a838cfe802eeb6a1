"""What one sees is what is edited: no patch, nothing hidden comes to light, whatever a layer's look follows from."""

from __future__ import annotations

import pytest

from tests.hosts.krita.running import Krita
from tests.hosts.krita.scenes import SCENES, build, difference, directly_above, erase, seen

SEEN_THROUGH = {
    "40 % opaque, nothing below",
    "60 % opaque pixels, nothing below",
    "group at 40 % of thin ink",
    "nested groups",
    "group with a filter mask",
}
"""Where the answer inherits an alpha between 0 and 1. Krita 6 mixes its colours with what it lies on by that alpha,
where Krita 5 puts them in its place: there is still a patch."""


@pytest.mark.parametrize("name", SCENES)
def test_an_erased_blot_looks_like_what_is_around_it(
    krita: Krita, krita_suite: str, name: str, request: pytest.FixtureRequest
) -> None:
    if krita_suite == "krita6" and name in SEEN_THROUGH:
        request.applymarker(pytest.mark.xfail(strict=True, reason="Krita 6 mixes what inherits alpha"))
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
