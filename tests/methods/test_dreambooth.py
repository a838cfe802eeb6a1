"""DreamBooth: a few pictures become a word, which any method then reads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from server.editing.edit import Answer, CancelledEdit, Scene, Step
from server.editing.results import NewLayers
from server.methods.create import create
from server.methods.dreambooth import IDENTIFIERS, KIND, Lexeme, dreambooth, estimate
from server.methods.imagic import imagic
from server.methods.unitune import unitune
from server.models.families.learning import DREAMBOOTH
from server.models.runtime.denoiser import EncodedPicture
from server.models.runtime.residency import Models
from server.models.store.loras import Lora, LoraStore
from server.models.store.taught import Taught
from server.pixels.picture import Picture
from server.tuning import trainer
from server.tuning.dataset import TuningDataset
from server.tuning.examples import examples
from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Bounds
from server.wire.messages import Estimate
from server.wire.raster import Channels, Depth, Raster
from server.wire.recipe import Extra, Recipe
from tests.bundled import untrained
from tests.methods import tuning_desk
from tests.methods.tuning_desk import fingerprint, scene, shortened
from tests.models.safe import write_safetensors

pytestmark = pytest.mark.torch

KINDS = ("sd15", "sdxl-inpainting", "sd3", "flux-fill", untrained.NAME)
PRIOR, LEARNING, PAINTING = "Painting others of its kind", "Learning the pictures", "Painting"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    return tuning_desk.models(KINDS, tmp_path_factory.mktemp("models"))


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch, tmp_path, models: Models) -> None:
    shortened(monkeypatch, 3)
    monkeypatch.setattr(models, "learned", tmp_path / "learned")
    monkeypatch.setattr(models, "lora_folder", tmp_path / "loras")


def teach(
    models: Models, family: str = "sd15", prompt: str = "rex, a dog", **more: object
) -> tuple[Answer[NewLayers], list[Step]]:
    steps: list[Step] = []
    where = more.pop("where", scene())
    recipe = replace(Recipe("dreambooth", prompt, model=family, steps=2, seed=4), **more)  # type: ignore[arg-type]
    with models.speaking(prompt, words(models)):
        return dreambooth(where, recipe, models, steps.append), steps  # type: ignore[arg-type]


def words(models: Models) -> LoraStore:
    return LoraStore(models.lora_folder)


def stages(steps: list[Step]) -> list[str]:
    return [stage for stage in dict.fromkeys(step.stage for step in steps) if not stage.startswith("Loading")]


def with_references(*seeds: int) -> Scene:
    pictures = tuple(scene(seed).picture for seed in seeds)
    return replace(scene(), references=pictures)


@pytest.mark.parametrize("family", KINDS)
def test_a_word_is_taught_and_shown_and_then_read_in_any_prompt(models: Models, family: str):
    network = models.get(family).network
    before = fingerprint(network)
    answer, steps = teach(models, family)
    assert stages(steps) == [PRIOR, LEARNING, PAINTING]
    assert fingerprint(network) == before
    (layer,) = answer.result.layers
    assert layer.picture.rgb.shape == (64, 64, 3)
    assert answer.recipe.prompt == "rex, a dog"
    assert "“rex” can be said in any prompt now" in answer.notices[0]
    (lora,) = words(models).all()
    assert (lora.word, lora.meaning, lora.kind, lora.rank) == ("rex", "dog", Taught.SUBJECT, DREAMBOOTH.rank)
    recipe = Recipe("create", "rex", model=family, steps=2, seed=4)
    with models.speaking("rex", words(models)) as wardrobe:
        shown = create(scene(), recipe, models, lambda _: None).result.layers[0].picture.rgb
    assert wardrobe.notices == ("“rex” was painted as it was taught.",)
    assert np.array_equal(shown, layer.picture.rgb)
    bare = create(scene(), recipe, models, lambda _: None).result.layers[0].picture.rgb
    assert not np.array_equal(shown, bare)


@pytest.mark.parametrize(
    ("prompt", "kind", "phrase", "labels"),
    [
        ("rex, a dog", Taught.SUBJECT, "{} dog", ("a {} dog", "a dog")),
        ("rex dog", Taught.SUBJECT, "{} dog", ("a {} dog", "a dog")),
        ("Rex: the red plush dog.", Taught.SUBJECT, "{} red plush dog", ("a {} red plush dog", "a red plush dog")),
        ("rex is a dog", Taught.SUBJECT, "{} dog", ("a {} dog", "a dog")),
        ("<rex> = an apple", Taught.SUBJECT, "{} apple", ("a {} apple", "a apple")),
        ("ink", Taught.STYLE, "in {} style", ("a picture in {} style", "a picture")),
        ("ink, a portrait", Taught.STYLE, "in {} style", ("a portrait in {} style", "a portrait")),
    ],
)
def test_the_words_of_a_person_become_those_of_the_paper(
    prompt: str, kind: Taught, phrase: str, labels: tuple[str, str]
):
    lexeme = Lexeme.of(prompt, kind)
    rare = next(one for one in IDENTIFIERS if one in lexeme.phrase)
    assert lexeme.word in ("rex", "ink")
    assert lexeme.phrase == phrase.format(rare)
    assert lexeme.labels == (labels[0].format(rare), labels[1])


@pytest.mark.parametrize("prompt", ["rex", "rex, a", "dog a dog", "7 a dog", "../x a dog", "rex.pkl a dog", ", a dog"])
def test_what_teaches_nothing_is_refused_before_anything_is_learned(models: Models, prompt: str):
    with pytest.raises(OverpaintError) as caught:
        teach(models, prompt=prompt)
    assert caught.value.code is Code.BAD_REQUEST
    assert caught.value.hint
    assert words(models).all() == ()


def test_a_style_is_taught_without_saying_what_it_is(models: Models):
    teach(models, prompt="ink", extras=(Extra(KIND.name, "style"),))
    (lora,) = words(models).all()
    assert (lora.kind, lora.meaning) == (Taught.STYLE, "")
    assert lora.phrase.endswith("style")


def test_taught_again_from_the_same_nothing_is_learned_anew_and_from_more_it_means_that(models: Models):
    teach(models)
    first = words(models).find("rex").digest
    answer, steps = teach(models, seed=5)
    assert LEARNING not in stages(steps)
    assert words(models).find("rex").digest == first
    assert len(answer.notices) == 1
    answer, steps = teach(models, where=with_references(8, 9))
    assert stages(steps) == [PRIOR, LEARNING, PAINTING]
    assert words(models).find("rex").digest != first
    assert "forgotten" in answer.notices[1]


def test_the_pictures_of_a_class_are_painted_once(models: Models):
    def painted(steps: list[Step]) -> int:
        return sum(step.stage == PRIOR and not step.of for step in steps)

    assert painted(teach(models)[1]) > 0
    assert painted(teach(models, prompt="bello, a dog", where=scene(9))[1]) == 0
    assert painted(teach(models, prompt="minka, a cat")[1]) > 0


def test_a_word_that_somebody_brought_is_not_taught_over(models: Models, tmp_path):
    file = write_safetensors(tmp_path / "any.safetensors", {"lora_unet_x.lora_down.weight": ("F16", (4, 8))})
    words(models).put(file, Lora("rex", "rex", "", Taught.STYLE, "sd15"))
    with pytest.raises(OverpaintError, match="taken"):
        teach(models)


def test_an_interrupted_teaching_goes_on_where_it_was_and_leaves_no_word(models: Models, monkeypatch):
    monkeypatch.setattr(trainer, "_NOTING_SHARE", float("inf"))

    def report(step: Step) -> None:
        if step.stage == LEARNING and step.step == 2:
            raise CancelledEdit

    recipe = Recipe("dreambooth", "rex, a dog", model="sd15", steps=2, seed=4)
    with pytest.raises(CancelledEdit), models.speaking("", words(models)):
        dreambooth(scene(), recipe, models, report)
    assert words(models).all() == ()
    _, steps = teach(models)
    assert [step.step for step in steps if step.stage == LEARNING] == [2, 3]


@pytest.mark.parametrize("stage", [PRIOR, LEARNING, PAINTING])
def test_a_cancel_ends_it_at_that_step_and_leaves_the_model_as_it_was(models: Models, stage: str):
    network = models.get("sd15").network
    before, reported = fingerprint(network), []

    def report(step: Step) -> None:
        reported.append(step.stage)
        if step.stage == stage:
            raise CancelledEdit

    recipe = Recipe("dreambooth", "rex, a dog", model="sd15", steps=2, seed=4)
    with pytest.raises(CancelledEdit), models.speaking("", words(models)):
        dreambooth(scene(), recipe, models, report)
    assert reported.count(stage) == 1
    assert fingerprint(network) == before


def test_what_learns_a_picture_learns_it_on_top_of_what_the_model_wears(models: Models):
    teach(models)
    before = fingerprint(models.get("sd15").network)
    for method, preset in ((imagic, "quality"), (imagic, "fast"), (unitune, "paper")):
        recipe = Recipe(method.__name__, "rex waving", model="sd15", steps=2, seed=4, preset=preset)
        with models.speaking(recipe.prompt, words(models)):
            worn = method(scene(), recipe, models, lambda _: None).result.images[0]
        bare = method(scene(), recipe, models, lambda _: None).result.images[0]
        assert not np.array_equal(worn, bare)
        with models.speaking(recipe.prompt, words(models)):
            steps: list[Step] = []
            assert np.array_equal(method(scene(), recipe, models, steps.append).result.images[0], worn)
        assert stages(steps) == [PAINTING]
    assert fingerprint(models.get("sd15").network) == before


def test_every_picture_is_shown_in_a_square_of_the_models_size(models: Models):
    wide, sprite = np.zeros((40, 90, 3), np.float32), np.zeros((200, 100, 3), np.float32)
    alpha = np.zeros((200, 100), np.float32)
    alpha[20:40, 30:60] = 1
    where = replace(scene(), references=(Picture(wide, np.ones((40, 90), np.float32)), Picture(sprite, alpha)))
    images = examples(where, models.get("sd15")).images
    assert [image.shape for image in images] == [(64, 64, 3)] * 3
    assert images[1].max() == 0
    assert images[2].min() < 0.1
    assert images[2].mean() > 0.3
    nothing = replace(scene(), references=(Picture(wide, np.zeros((40, 90), np.float32)),))
    with pytest.raises(OverpaintError, match="shows nothing"):
        examples(nothing, models.get("sd15"))


def test_each_step_sees_as_many_of_the_pictures_as_of_the_class():
    dataset = TuningDataset.of(
        [[EncodedPicture(torch.full((1, 1, 1, 1), float(one))) for one in group] for group in ([1, 2, 3, 4], [5] * 20)]
    )
    seen: list[int] = []
    for seed in range(50):
        kinds, pictures = dataset.sample(4, torch.Generator().manual_seed(seed))
        assert sorted(kinds.tolist()) == [0, 0, 1, 1]
        values = dataset.pictures.take(pictures).clean.flatten().tolist()
        assert [value == 5 for value in values] == [kind == 1 for kind in kinds.tolist()]
        seen += [int(value) for value in values]
    assert set(seen) == {1, 2, 3, 4, 5}
    firsts = [int(dataset.sample(4, torch.Generator().manual_seed(seed))[0][0]) for seed in range(50)]
    assert 10 < sum(firsts) < 40  # no kind has always the least noise


def test_half_of_what_a_step_sees_is_taught_however_many_words_are_to_be_remembered():
    pictures = [[EncodedPicture(torch.zeros(1, 1, 1, 1))] * 2 for _ in range(6)]
    dataset, seen = TuningDataset.of(pictures), set[int]()
    for seed in range(30):
        words, places = dataset.sample(8, torch.Generator().manual_seed(seed))
        assert int((words == 0).sum()) == 4
        assert torch.equal(places // 2, words)
        seen |= set(words.tolist())
    assert seen == set(range(6))


def test_an_estimate_counts_the_pictures_of_the_class_until_it_is_learned(models: Models):
    layer = Raster(Bounds(0, 0, 64, 64), Channels.RGBA, Depth.U8)
    recipe = Recipe("dreambooth", "rex, a dog", model="sd15", steps=2, seed=4)
    question = Estimate("a" * 32, recipe, layer, None, scene().content)
    told = estimate(question, models)
    assert told.learned == 0
    assert told.tuning_s > 2 * told.render_s > 0
    teach(models)
    told = estimate(question, models)
    assert (told.learned, told.tuning_s) == (1, 0)
