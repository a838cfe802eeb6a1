from __future__ import annotations

import pytest


def test_settings_come_back_as_they_were_stored() -> None:
    from overpaint.settings import Settings, load

    settings = Settings("sdxl", 3, 7, 0.5, 20, 6.5, 4, 12, 256)
    assert load(settings.dump()) == settings


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"steps": "many", "grow": null, "gone": 1, "model": 3}'])
def test_unreadable_settings_are_the_defaults(text: str) -> None:
    from overpaint.settings import Settings, load

    assert load(text) == Settings()


def test_settings_and_words_make_a_recipe() -> None:
    from overpaint.settings import Settings

    recipe = Settings(variations=2, seed=9, grow=4).recipe("inpaint", "  a red door ")
    assert (recipe.method, recipe.prompt, recipe.variations, recipe.seed) == ("inpaint", "a red door", 2, 9)
    assert (recipe.grow, recipe.steps) == (4, None)


def test_up_and_down_walk_through_earlier_words_and_back_to_the_draft() -> None:
    from overpaint.settings import History

    history = History()
    for prompt in ("first", "second", "first"):
        history.add(prompt)
    shown = "dra"
    walked = []
    for step in (history.older, history.older, history.older, history.newer, history.newer, history.newer):
        shown = step(shown)
        walked.append(shown)
    assert walked == ["first", "second", "second", "first", "dra", "dra"]


def test_the_history_is_kept_between_starts_and_does_not_grow_without_end() -> None:
    from overpaint.settings import History

    history = History()
    for number in range(80):
        history.add(f"prompt {number}")
    again = History(history.dump())
    assert again.older("") == "prompt 79"
    assert again.dump() == history.dump()
    assert again.dump().count("prompt") == History.LONGEST


@pytest.mark.parametrize("text", ["{", "{}", "[1, null]", "3"])
def test_an_unreadable_history_is_empty(text: str) -> None:
    from overpaint.settings import History, Pace

    assert History(text).older("draft") == "draft"
    assert Pace(text).expected("erase", "", "CPU") is None


def test_how_long_it_takes_is_said_only_when_it_is_long() -> None:
    from overpaint.settings import Pace

    pace = Pace()
    pace.note("erase", "", "CPU", 3.0)
    pace.note("inpaint", "sdxl", "CPU", 41.23)
    again = Pace(pace.dump())
    assert again.expected("erase", "", "CPU") is None
    assert again.expected("inpaint", "sdxl", "CPU") == 41.2
    assert again.expected("inpaint", "sdxl", "CUDA") is None


def test_erasing_takes_no_words_and_no_model_that_cannot_do_it() -> None:
    from overpaint.server.wire.messages import MethodOffer
    from overpaint.settings import Settings

    erase = MethodOffer("erase", "Erase", "", needs_prompt=False, needs_selection=True, models=("lama",))
    made = Settings(model="sd15").recipe("erase", "a red door", erase)
    assert (made.prompt, made.model) == ("", "")
    assert Settings(model="lama").recipe("erase", "", erase).model == "lama"


def test_what_is_read_is_stored_and_anything_else_is_the_usual() -> None:
    from overpaint.server.client.reading import Reading
    from overpaint.settings import Settings, load

    assert load(Settings(reading=Reading.VISIBLE).dump()).reading is Reading.VISIBLE
    assert load('{"reading": "everything"}').reading is Reading.LAYER


def test_every_picture_has_its_own_words() -> None:
    from overpaint.settings import Words

    words = Words()
    assert words.of("", "written first") == "written first"
    assert words.of("one", "written first") == "written first"
    assert words.of("two", "written first") == ""
    assert words.of("one", "for two") == "written first"
    assert words.of("two", "written first") == "for two"
