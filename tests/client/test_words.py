"""What a person reads: names, errors with a way out, times; in two languages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from server.client import naming, recipes, translation, wording
from server.client.translation import languages, tr, tr_n, use_language
from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Bounds
from server.wire.messages import Estimated, Finished, Welcome
from server.wire.offers import Limits
from server.wire.raster import Channels, Depth, Raster
from server.wire.recipe import Recipe
from server.wire.results import ResultBlob, ResultKind


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    use_language("en")
    yield
    use_language("en")


# --- layer names -------------------------------------------------------------------------------


def test_a_layer_is_named_after_its_prompt() -> None:
    assert naming.layer_name("a red kite") == "a red kite"
    assert naming.layer_names("a red kite", 2) == ["a red kite 1", "a red kite 2"]
    assert naming.layer_names("", 1) == ["Erased"]


def test_a_long_prompt_is_shortened_at_a_word() -> None:
    name = naming.layer_name("an old wooden boat, lying on the beach in the evening")
    assert name == "an old wooden boat, lying on the beach…"
    assert len(naming.layer_name("x" * 100)) == 40


def test_a_name_is_one_line_without_control_characters() -> None:
    assert naming.layer_name("a\nred\t\x00kite  ") == "a red kite"


def test_layers_of_several_edit_strengths_say_theirs() -> None:
    def names(etas: tuple[float, ...], variations: int) -> list[str]:
        raster = Raster(Bounds(0, 0, 1, 1), Channels.RGBA, Depth.U8)
        layers = tuple(
            ResultBlob(ResultKind.REPAINT, "result", raster, seed, eta) for eta in etas for seed in range(variations)
        )
        recipe = Recipe("imagic", "a sitting dog", variations=variations, eta=etas)
        return naming.answer_names(Finished("0" * 32, recipe, raster.bounds, layers))

    assert names((0.7,), 1) == ["a sitting dog"]
    assert names((0.7,), 2) == ["a sitting dog 1", "a sitting dog 2"]
    assert names((0.7, 1.0), 1) == ["a sitting dog 0.7", "a sitting dog 1"]
    assert names((0.7, 0.85), 2)[2:] == ["a sitting dog 0.85 · 1", "a sitting dog 0.85 · 2"]


@pytest.mark.parametrize(
    ("kind", "scale", "name"),
    [
        (ResultKind.REPAINT, 1, "Erased"),
        (ResultKind.LAYER, 1, "Created"),
        (ResultKind.CANVAS, 1, "Expanded"),
        (ResultKind.CANVAS, 2, "Enlarged"),
    ],
)
def test_without_words_a_layer_is_named_after_what_was_done(kind: ResultKind, scale: int, name: str) -> None:
    raster = Raster(Bounds(0, 0, 1, 1), Channels.RGBA, Depth.U8)
    results = (ResultBlob(kind, "result", raster, 3, scale=scale),)
    finished = Finished("0" * 32, Recipe("somebodys"), raster.bounds, results)
    assert naming.answer_names(finished) == [naming.group_name(finished)] == [name]


def test_the_recipe_of_one_layer_has_its_own_edit_strength() -> None:
    raster = Raster(Bounds(0, 0, 1, 1), Channels.RGBA, Depth.U8)
    layers = (
        ResultBlob(ResultKind.REPAINT, "result-0", raster, 3, 0.5),
        ResultBlob(ResultKind.REPAINT, "result-1", raster, 3, 0.75),
    )
    finished = Finished("0" * 32, Recipe("imagic", "a dog", eta=(0.5, 0.75)), raster.bounds, layers)
    made = recipes.of_result(finished, 1)
    assert made.recipe.eta == (0.75,)
    assert recipes.from_text(recipes.to_text(made)) == made


# --- recipes -----------------------------------------------------------------------------------


def finished() -> Finished:
    raster = Raster(Bounds(5, 6, 7, 8), Channels.RGBA, Depth.U8)
    layers = (
        ResultBlob(ResultKind.REPAINT, "result-0", raster, 40),
        ResultBlob(ResultKind.REPAINT, "result-1", raster, 41),
    )
    return Finished(
        "j",
        Recipe("inpaint", "风筝", seed=40, variations=2, steps=20),
        raster.bounds,
        layers,
        {"paint": 1.5, "load": 0.25},
    )


def test_a_recipe_kept_with_its_layer_makes_that_very_layer_again() -> None:
    made = recipes.from_text(recipes.to_text(recipes.of_result(finished(), 1, source="Ink")))
    assert made == recipes.LayerRecipe(
        Recipe("inpaint", "风筝", seed=41, variations=1, steps=20), Bounds(5, 6, 7, 8), "Ink", 1.75
    )


def test_another_variation_changes_the_seed_only() -> None:
    recipe = Recipe("inpaint", "a kite", seed=3, steps=9)
    other = recipes.another_variation(recipe)
    assert other.seed is not None
    assert 0 <= other.seed < 1 << 32
    assert other == Recipe("inpaint", "a kite", seed=other.seed, steps=9)


def test_a_recipe_of_a_newer_format_or_a_broken_one_is_an_error() -> None:
    text = recipes.to_text(recipes.of_result(finished(), 0))
    with pytest.raises(OverpaintError) as raised:
        recipes.from_text(text.replace('"format": 1', '"format": 2'))
    assert raised.value.code is Code.VERSION_MISMATCH
    with pytest.raises(OverpaintError):
        recipes.from_text("{}")
    assert recipes.from_text(text.replace('"format": 1', '"later": 1')).recipe.prompt == "风筝"


# --- errors and lines --------------------------------------------------------------------------


@pytest.mark.parametrize("code", list(Code))
@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_every_error_has_a_title_and_its_button_a_word(code: Code, language: str) -> None:
    use_language(language)
    shown = wording.explain(OverpaintError(code, "It happened.", "Do this."))
    assert shown.title
    assert bool(shown.button) == (shown.remedy is not wording.Remedy.NONE)
    assert (language == "en") == shown.title.isascii()


@pytest.mark.parametrize(
    ("names", "language"),
    (
        (["zh_CN"], "zh_CN"),
        (["zh-Hans_CN.UTF-8"], "zh_CN"),
        (["zh_TW"], "zh_CN"),
        (["de"], "en"),
        (["de_DE", "zh_CN", "en"], "zh_CN"),
        (["en_GB", "zh_CN"], "en"),
        (["C.UTF-8", "zh_CN"], "en"),
        (["", "zh_CN@pinyin"], "zh_CN"),
    ),
)
def test_the_first_language_that_there_are_words_for_is_spoken(names: list[str], language: str) -> None:
    assert use_language(*names) == language
    assert tr("Nothing is selected.") == ("没有选区。" if language == "zh_CN" else "Nothing is selected.")


@pytest.mark.parametrize(
    ("environment", "language"),
    (
        ({"LANG": "zh_CN.UTF-8"}, "zh_CN"),
        ({"LANGUAGE": "zh_CN:en", "LANG": "de_DE.UTF-8"}, "zh_CN"),
        ({"LANGUAGE": "en", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "en"),
        ({}, "en"),
    ),
)
def test_a_host_that_does_not_say_is_asked_by_its_environment(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], language: str
) -> None:
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert use_language() == language


def test_another_language_is_one_more_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translation, "LOCALE", tmp_path)
    (tmp_path / "pl.po").write_text(POLISH, encoding="utf-8")
    assert languages() == ["pl"]
    assert use_language("pl_PL.UTF-8") == "pl"
    assert tr("Ready") == "Gotowe"
    assert tr("Sending") == "Sending"  # marked as a guess
    assert tr("Receiving") == "Receiving"  # empty
    assert tr("") == ""
    assert [tr_n("{count} hour", "{count} hours", count) for count in (1, 3, 5)] == ["1 h.", "3 godziny", "5 godzin"]


POLISH = r"""
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\n"
"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);\n"

#: a.py
msgid "Ready"
msgstr ""
"Got"
"owe"

#, fuzzy
msgid "Sending"
msgstr "Wysyłanie"

msgid "Receiving"
msgstr ""

#, python-brace-format
msgid "{count} hour"
msgid_plural "{count} hours"
msgstr[0] "{count} h."
msgstr[1] "{count} godziny"
msgstr[2] "{count} godzin"

#~ msgid "Gone"
#~ msgstr "Nie ma"
"""


def test_a_sentence_without_a_translation_stays_readable() -> None:
    use_language("zh_CN")
    shown = wording.explain(OverpaintError(Code.OUT_OF_MEMORY, "It needs 9.8 GB."))
    assert shown.title == "内存不足"
    assert shown.sentence == "It needs 9.8 GB."


def test_a_problem_of_a_host_is_in_the_readers_language_with_its_values() -> None:
    use_language("zh_CN")
    error = wording.problem("‘{name}’ is hidden.", "Choose ‘{below}’ in the Layers dialog.", name="{Ink}", below="墨")
    assert (error.code, error.sentence, error.hint) == (Code.HOST, "“{Ink}”不可见。", "请在图层对话框中选择“墨”。")


@pytest.mark.parametrize(
    ("sent", "read"),
    (
        ("There is not enough memory for this edit.", "内存不足以完成这次编辑。"),
        ("The model “{x} 9” needs about 9.8 GB, 6.1 GB are free.", "模型“{x} 9”约需 9.8 GB，目前可用 6.1 GB。"),
        ("The model “sd15” cannot do Replace.", "模型“sd15”无法做到“替换”。"),
        ("The model “sd15” cannot do this.", "模型“sd15”无法做到这一点。"),
        ("The edit did not work (ValueError: a\nb).", "编辑没有成功（ValueError：a\nb）。"),
        ("Nobody has foreseen this (1).", "Nobody has foreseen this (1)."),
        ("", ""),
    ),
)
def test_what_the_server_has_filled_with_values_is_translated_around_them(sent: str, read: str) -> None:
    use_language("zh_CN")
    assert translation.tr_sent(sent) == read
    use_language("en")
    assert translation.tr_sent(sent) == sent


def test_times_are_clocks() -> None:
    assert wording.time_left(38.4) == "0:38 left"
    assert wording.time_left(3723) == "1:02:03 left"
    assert wording.stage_line("Painting", None) == "Painting"
    assert wording.stage_line("Learning the picture", 61) == "Learning the picture · 1:01 left"
    assert wording.place_line(0) == "Next in the queue"
    assert wording.place_line(2) == "2 before this one"


@pytest.mark.parametrize(
    ("seconds", "words"),
    (
        (0.2, "1 second"),
        (3.4, "3 seconds"),
        (42, "40 seconds"),
        (88, "90 seconds"),
        (450, "8 minutes"),
        (5400, "2 hours"),
        (3000, "50 minutes"),
    ),
)
def test_a_forecast_is_as_exact_as_a_forecast_can_be(seconds: float, words: str) -> None:
    assert wording.duration(seconds) == words


@pytest.mark.parametrize(
    ("learned", "line"),
    (
        (0.0, "Learning the picture takes about 40 seconds, each answer then about 3 seconds. It"),
        (0.5, "Learning goes on where it stood, for about 40 seconds; each answer then takes about 3 seconds. It"),
        (1.0, "This picture is learned already: each answer takes about 3 seconds and"),
    ),
)
def test_what_learning_a_picture_takes_is_said_in_one_line(learned: float, line: str) -> None:
    asked = Estimated("0" * 32, "small", "fast", 40.0, 3.0, 2.14, learned)
    assert wording.estimate_line(asked).startswith(line)
    assert "2.1 GB of memory." in wording.estimate_line(asked)
    use_language("zh_CN")
    assert "3 秒" in wording.estimate_line(asked)


def test_of_a_method_that_learns_nothing_no_learning_is_said() -> None:
    asked = Estimated("0" * 32, "large", "", 0.0, 3.0, 2.14, 0.0)
    assert wording.estimate_line(asked) == "Each answer takes about 3 seconds and 2.1 GB of memory."
    looking = replace(asked, tuning_s=2.0)
    assert wording.estimate_line(looking).startswith("Looking at the picture takes about 2 seconds, each answer then")
    assert wording.estimate_line(replace(looking, learned=1.0)) == wording.estimate_line(asked)


def test_where_there_is_little_room_a_duration_is_in_seconds_then_in_minutes() -> None:
    said = [wording.short_duration(seconds) for seconds in (0.2, 38.4, 89, 90, 600)]
    assert said == ["1 s", "38 s", "89 s", "2 min", "10 min"]


def test_the_server_is_described_in_one_line() -> None:
    def welcome(waiting: int = 0, problem: str = "") -> Welcome:
        return Welcome(1, 0, "s", "CPU", (), (), Limits(), waiting, problem)

    assert wording.server_line(None) == "Starting…"
    assert wording.server_line(welcome()) == "Ready · CPU"
    assert wording.server_line(welcome(2)) == "Working for 2 · CPU"
    assert wording.server_line(welcome(problem="The worker does not start.")) == "The worker does not start."
