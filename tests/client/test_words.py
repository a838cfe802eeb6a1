"""What a person reads: names, errors with a way out, times; in two languages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.client import naming, recipes, wording
from server.client.chinese import CHINESE
from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Bounds
from server.wire.messages import Estimated, Finished, Limits, ResultLayer, Welcome
from server.wire.raster import Channels, Depth, Raster
from server.wire.recipe import Recipe

CLIENT = Path(naming.__file__).parent


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    wording.use_language("en")
    yield
    wording.use_language("en")


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
        layers = tuple(ResultLayer("result", raster, seed, eta) for eta in etas for seed in range(variations))
        recipe = Recipe("imagic", "a sitting dog", variations=variations, eta=etas)
        return naming.answer_names(Finished("0" * 32, recipe, layers))

    assert names((0.7,), 1) == ["a sitting dog"]
    assert names((0.7,), 2) == ["a sitting dog 1", "a sitting dog 2"]
    assert names((0.7, 1.0), 1) == ["a sitting dog 0.7", "a sitting dog 1"]
    assert names((0.7, 0.85), 2)[2:] == ["a sitting dog 0.85 · 1", "a sitting dog 0.85 · 2"]


def test_the_recipe_of_one_layer_has_its_own_edit_strength() -> None:
    raster = Raster(Bounds(0, 0, 1, 1), Channels.RGBA, Depth.U8)
    layers = (ResultLayer("result-0", raster, 3, 0.5), ResultLayer("result-1", raster, 3, 0.75))
    finished = Finished("0" * 32, Recipe("imagic", "a dog", eta=(0.5, 0.75)), layers)
    made = recipes.of_result(finished, 1)
    assert made.recipe.eta == (0.75,)
    assert recipes.from_text(recipes.to_text(made)) == made


# --- recipes -----------------------------------------------------------------------------------


def finished() -> Finished:
    raster = Raster(Bounds(5, 6, 7, 8), Channels.RGBA, Depth.U8)
    layers = (ResultLayer("result-0", raster, 40), ResultLayer("result-1", raster, 41))
    return Finished(
        "j", Recipe("inpaint", "风筝", seed=40, variations=2, steps=20), layers, {"paint": 1.5, "load": 0.25}
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
    wording.use_language(language)
    shown = wording.explain(OverpaintError(code, "It happened.", "Do this."))
    assert shown.title
    assert bool(shown.button) == (shown.remedy is not wording.Remedy.NONE)
    assert (language == "en") == shown.title.isascii()


def test_the_language_follows_the_host_and_else_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert wording.use_language("zh_CN") is wording.Language.CHINESE
    assert wording.use_language("de") is wording.Language.ENGLISH
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert wording.use_language() is wording.Language.CHINESE
    assert wording.tr("Nothing is selected.") == "没有选区。"


def test_a_sentence_without_a_translation_stays_readable() -> None:
    wording.use_language("zh_CN")
    shown = wording.explain(OverpaintError(Code.OUT_OF_MEMORY, "The model needs about 9.8 GB, 6.1 GB are free."))
    assert shown.title == "内存不足"
    assert shown.sentence == "The model needs about 9.8 GB, 6.1 GB are free."


def test_every_fixed_sentence_of_the_client_is_translated() -> None:
    said = {text for path in CLIENT.glob("*.py") for text in _error_texts(path)}
    assert len(said) > 10
    assert said - CHINESE.keys() == set()


def _error_texts(path: Path) -> Iterator[str]:
    """The constant texts of every ``OverpaintError(…)`` and ``tr(…)`` in a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("OverpaintError", "tr"):
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and argument.value:
                    yield argument.value


def test_translations_keep_their_placeholders() -> None:
    for english_text, chinese_text in CHINESE.items():
        assert english_text.count("{") == chinese_text.count("{"), english_text


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
    wording.use_language("zh_CN")
    assert "3 秒" in wording.estimate_line(asked)


def test_the_server_is_described_in_one_line() -> None:
    def welcome(waiting: int = 0, problem: str = "") -> Welcome:
        return Welcome(1, 0, "s", "CPU", (), (), Limits(), waiting, problem)

    assert wording.server_line(None) == "Starting…"
    assert wording.server_line(welcome()) == "Ready · CPU"
    assert wording.server_line(welcome(2)) == "Working for 2 · CPU"
    assert wording.server_line(welcome(problem="The worker does not start.")) == "The worker does not start."
