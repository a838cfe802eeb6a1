"""Methods for tests alone, found as those of any other package are: by the entry points that lie beside this file."""

from server.methods.method import Method
from server.wire.offers import PresetOffer, Role
from server.wire.recipe import SETTINGS


class _Heavy(Method):
    """It stands for a method with a model: the light worker does not take it."""

    light = False


PONDER = _Heavy(
    name="ponder",
    title="Ponder",
    purpose="",
    role=Role.LEARN,
    run="tests.pondering.edit:ponder",
    settings=tuple(SETTINGS),
    presets=(PresetOffer("slow", "Slow", ""),),
    estimator="tests.pondering.edit:estimate",
    explores="eta",
)
MUSE = _Heavy(
    name="muse",
    title="Muse",
    purpose="",
    role=Role.REDRAW,
    run="tests.pondering.edit:ponder",
    settings=tuple(SETTINGS),
)
"""It learns nothing first."""
ROAM = _Heavy(
    name="roam",
    title="Roam",
    purpose="",
    role=Role.REDRAW,
    run="tests.pondering.edit:ponder",
    settings=tuple(SETTINGS),
    explores="eta",
)
"""It learns nothing, cannot say how long it takes, and has edit strengths to explore."""
LEARN = _Heavy(
    name="learn",
    title="Learn",
    purpose="",
    role=Role.REDRAW,
    run="tests.pondering.learn:learn",
    settings=tuple(SETTINGS),
)
