from __future__ import annotations

import pytest


def offer(name: str, role: str, *needs: str, ready: bool = True) -> object:
    from overpaint.server.wire.offers import MethodOffer, Need, Role

    return MethodOffer(name, name.title(), "", Role(role), tuple(map(Need, needs)), ready=ready)


@pytest.mark.parametrize(
    ("prompt", "selected", "label", "method"),
    [
        ("a door", True, "Replace selection", "inpaint"),
        ("", True, "Erase selection", "erase"),
        ("  ", True, "Erase selection", "erase"),
        ("a door", False, "Edit layer", "sdedit"),
        ("", False, "Edit layer", ""),
    ],
)
def test_the_button_follows_words_and_selection(prompt: str, selected: bool, label: str, method: str) -> None:
    from overpaint.intent import intend

    intent = intend(prompt, selected)
    assert (intent.label, intent.method) == (label, method)


def test_with_nothing_to_do_the_button_says_what_is_missing() -> None:
    from overpaint.intent import intend

    assert intend("", False).hint == "Select a part, or say how the layer should change."


def test_a_method_of_another_role_is_never_taken_wherever_it_stands() -> None:
    """It needs neither words nor a selection, and stands before the one that redraws, or alone."""
    from overpaint.intent import intend

    enlarger, redraw = offer("enlarger", "enlarge", "layer"), offer("other", "redraw", "prompt")
    assert intend("a door", False, [enlarger, redraw]).method == "other"
    assert intend("a door", False, [enlarger]).method == ""


def test_of_one_role_what_is_ready_goes_first() -> None:
    from overpaint.intent import intend

    lacking, ready = offer("first", "redraw", "prompt", ready=False), offer("second", "redraw", "prompt")
    assert intend("a door", False, [lacking, ready]).method == "second"
    assert intend("a door", False, [lacking]).method == "first"


def refusal(method: str, prompt: str, offers: list[object]) -> str:
    from overpaint.server.client.roles import check_offer
    from overpaint.server.wire.errors import OverpaintError
    from overpaint.server.wire.recipe import Recipe

    with pytest.raises(OverpaintError) as refused:
        check_offer(Recipe(method, prompt), offers)
    return refused.value.code.value


def test_what_the_server_cannot_do_is_refused_before_anything_is_sent() -> None:
    offers = [offer("inpaint", "replace", "prompt", ready=False), offer("sdedit", "redraw", "prompt")]
    assert refusal("imagic", "a door", offers) == "unknown-method"
    assert refusal("inpaint", "a door", offers) == "model-missing"
    assert refusal("sdedit", " ", offers) == "host"


def test_nothing_is_refused_while_the_server_is_not_known() -> None:
    from overpaint.server.client.roles import check_offer
    from overpaint.server.wire.recipe import Recipe

    check_offer(Recipe("inpaint", "a door"), [])
