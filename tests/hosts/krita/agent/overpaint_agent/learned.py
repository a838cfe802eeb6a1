"""A picture that is learned: what is said before, and the slider of edit strengths afterwards."""

from __future__ import annotations

from .documents import current
from .edits import await_server
from .waiting import until, wait
from .window import our_docker

NOTHING_KNOWN = (
    "Say what it should become; then it is said here how long that takes.",
    "Working out how long it takes…",
)


def ask_for(method: str) -> None:
    """The method's entry below the arrow of the button, which must be one that can be chosen."""
    from overpaint.controller import the_controller
    from overpaint.server.client.translation import tr

    await_server()
    offer = next(one for one in the_controller().offers if one.name == method)
    button = our_docker().panel.button
    our_docker().panel._fill_menu()
    title = tr(offer.title)
    entry = next(one for one in button.menu().actions() if one.text().split(" — ")[0] == title)
    assert entry.isEnabled()
    entry.trigger()
    wait(0.1)


def learning() -> dict:
    """What is asked and said before a picture is learned."""
    one = our_docker().panel.learning
    our_docker().panel.refresh()
    presets = [one._presets.itemText(row) for row in range(one._presets.count())] if one._presets.isVisible() else []
    return {"shown": one.isVisible(), "presets": presets, "forecast": one.estimate}


def await_forecast() -> str:
    """What is said once the server has answered."""
    from overpaint.server.client.translation import tr

    one = our_docker().panel
    one.refresh()
    until(lambda: one.learning.estimate not in [*map(tr, NOTHING_KNOWN)])
    return one.learning.estimate


def _pane():
    return next(card._pane for card in our_docker().panel._cards.values() if card._pane is not None)


def strengths() -> dict:
    """The slider's place as it is now."""
    pane = _pane()
    exploring = pane._exploring
    shown = exploring.strengths.shown
    return {
        "slider": pane.eta.value() / 100,
        "number": pane.number.value(),
        "shown": shown[0].eta if shown else None,
        "etas": list(exploring.strengths.etas(exploring.strengths.wanted.seed)),
        "variations": [pane.variation.itemText(row) for row in range(pane.variation.count())],
        "status": pane.status.text(),
        "note": pane.note.text(),
        "retry": pane.retry.isVisible(),
        "put_here": not pane.put_here.isHidden(),  # without a document Krita hides the docker itself
    }


def move_strength(eta: float, await_it: bool = True) -> dict:
    _pane().eta.setValue(round(100 * eta))
    if await_it:
        await_strength()
    return strengths()


def await_strength() -> None:
    """What the slider stands on is there, or it is said why not."""
    until(lambda: not _pane()._exploring.eager)
    wait(0.1)


def click_strength(button: str, document: bool = True) -> dict:
    """A button of the pane by its name in the code; afterwards nothing is under way any more. ``document``: there is
    one open."""
    exploring = _pane()._exploring
    getattr(_pane(), button).click()
    until(lambda: not exploring.placing and not exploring.eager)
    if document:
        current().waitForDone()
    wait(0.3)
    return strengths()


def await_status(text: str) -> None:
    until(lambda: text in _pane()._exploring.status)


def preview(path: str) -> None:
    """The picture above the slider."""
    _pane().picture.icon().pixmap(_pane().picture.iconSize()).save(path)
