from __future__ import annotations

import pytest


def offer(
    name: str, *, selection: bool = True, ready: bool = True, prompt: bool = True, learns: bool = False
) -> object:
    from overpaint.server.wire.messages import MethodOffer, PresetOffer

    presets = (PresetOffer("usual", "Usual", ""),) if learns else ()
    return MethodOffer(
        name, name.title(), "", needs_prompt=prompt, needs_selection=selection, ready=ready, presets=presets
    )


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


def test_a_layer_is_edited_by_the_first_ready_method_that_needs_no_selection() -> None:
    from overpaint.intent import layer_method

    offers = [offer("inpaint"), offer("unitune", selection=False, ready=False), offer("sdedit", selection=False)]
    assert layer_method(offers) == "sdedit"
    assert layer_method(offers[:2]) == "unitune"


def test_a_layer_is_not_edited_by_what_takes_minutes_to_learn_unless_that_is_asked_for() -> None:
    from overpaint.intent import layer_method

    offers = [offer("imagic", selection=False, learns=True), offer("sdedit", selection=False, ready=False)]
    assert layer_method(offers) == "sdedit"


def test_the_method_that_learns_is_the_first_ready_one_with_presets() -> None:
    from overpaint.intent import learning_method, learns

    offers = [
        offer("inpaint"),
        offer("imagic", selection=False, learns=True, ready=False),
        offer("other", selection=False, learns=True),
    ]
    assert learning_method(offers) == "other"
    assert learning_method(offers[:2]) == "imagic"
    assert learning_method([]) == "imagic"
    assert [learns(name, offers) for name in ("other", "imagic", "inpaint")] == [True, True, False]


def refusal(method: str, prompt: str, offers: list[object]) -> str:
    from overpaint.intent import check_offer
    from overpaint.server.wire.errors import OverpaintError

    with pytest.raises(OverpaintError) as refused:
        check_offer(method, prompt, offers)
    return refused.value.code.value


def test_what_the_server_cannot_do_is_refused_before_anything_is_sent() -> None:
    offers = [offer("inpaint", ready=False), offer("sdedit")]
    assert refusal("imagic", "a door", offers) == "unknown-method"
    assert refusal("inpaint", "a door", offers) == "model-missing"
    assert refusal("sdedit", " ", offers) == "host"


def test_nothing_is_refused_while_the_server_is_not_known() -> None:
    from overpaint.intent import check_offer

    check_offer("inpaint", "a door", [])
