"""``overpaint.api.imagic`` as a script in a real Krita calls it. The method that learns is the one made for tests."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest

from tests.hosts.krita.pictures import FULL, Rect, grain, outside, paint, pixels, select
from tests.hosts.krita.running import Krita, RefusedError

SIZE = Rect(0, 0, 200, 160)
CHOSEN = Rect(76, 56, 38, 38)
WORDS = "a dog that sits"
SPACES = [("RGBA", "U8"), ("RGBA", "U16"), ("RGBA", "F32"), ("GRAYA", "U8"), ("CMYKA", "U8"), ("LABA", "U16")]


@pytest.fixture
def easel(krita: Krita) -> Iterator[Krita]:
    lay_out(krita)
    yield krita
    krita.ask("fresh_docker")


def lay_out(krita: Krita, model: str = "RGBA", depth: str = "U8") -> None:
    krita.ask("new_document", width=SIZE.width, height=SIZE.height, model=model, depth=depth)
    paint(krita, "Ink", grain(SIZE.width, SIZE.height, model, depth))
    krita.ask("add_layer", name="Sketch")
    select(krita, CHOSEN)


def imagic(krita: Krita, node: str = "Ink", **settings: object) -> list[str]:
    wanted = {"method": "ponder", "prompt": WORDS, "steps": 1, "feather": 0, "seed": 7, **settings}
    made = krita.ask("api", function="imagic", node=node, **wanted)
    assert isinstance(made, list)
    return made


def recipes(krita: Krita) -> list[dict]:
    kept = [text for name, text in krita.ask("annotations").items() if name.startswith("overpaint-")]
    return [json.loads(text)["made"]["recipe"] for text in kept if text.startswith("{")]


@pytest.mark.parametrize(("model", "depth"), SPACES)
def test_one_strength_is_one_layer_in_the_documents_own_colours_and_one_step(
    krita: Krita, model: str, depth: str
) -> None:
    lay_out(krita, model, depth)
    source = pixels(krita, "Ink", SIZE, model, depth)
    space = krita.ask("layer", name="Ink")["space"]
    assert imagic(krita, eta=0.8) == [WORDS]
    assert krita.ask("stack") == ["Ink", WORDS, "Sketch"]
    assert krita.ask("layer", name=WORDS)["space"] == space
    made = pixels(krita, WORDS, SIZE, model, depth)
    assert (made[..., -1][outside(CHOSEN, SIZE)] == 0).all()
    assert (made[CHOSEN.slices][..., -1] == FULL[depth]).mean() > 0.9
    np.testing.assert_array_equal(pixels(krita, "Ink", SIZE, model, depth), source)
    krita.ask("undo")
    assert krita.ask("stack") == ["Ink", "Sketch"]


def test_several_strengths_are_a_group_in_one_step_and_only_the_strongest_is_visible(easel: Krita) -> None:
    names = imagic(easel, eta="0.5:1.0:3")
    assert names == [f"{WORDS} 0.5", f"{WORDS} 0.75", f"{WORDS} 1"]
    assert easel.ask("stack") == ["Ink", WORDS, "Sketch"]
    assert easel.ask("group_of", name=WORDS) == [f"({names[0]})", f"({names[1]})", names[2]]
    assert sorted(recipe["eta"] for recipe in recipes(easel)) == [[0.5], [0.75], [1.0]]
    easel.ask("undo")
    assert easel.ask("stack") == ["Ink", "Sketch"]


def test_strengths_and_variations_say_both(easel: Krita) -> None:
    names = imagic(easel, eta=[0.5, 0.7], variations=2)
    assert names == [f"{WORDS} {eta} · {number}" for eta in (0.5, 0.7) for number in (1, 2)]
    assert sorted((recipe["eta"][0], recipe["seed"]) for recipe in recipes(easel)) == [
        (0.5, 7), (0.5, 8), (0.7, 7), (0.7, 8),
    ]  # fmt: skip


def test_inside_a_group_the_answers_stay_in_it(easel: Krita) -> None:
    easel.ask("add_layer", name="Group", kind="grouplayer")
    easel.ask("add_layer", name="Within", parent="Group")
    paint(easel, "Within", grain(SIZE.width, SIZE.height))
    imagic(easel, node="Within", eta=(0.5, 1.0))
    assert easel.ask("stack") == ["Ink", "Sketch", "Group"]
    assert easel.ask("group_of", name="Group") == ["Within", WORDS]


def test_a_group_is_learned_as_it_looks_and_the_answer_comes_above_it(easel: Krita) -> None:
    easel.ask("add_layer", name="Group", kind="grouplayer")
    easel.ask("add_layer", name="Within", parent="Group")
    paint(easel, "Within", grain(SIZE.width, SIZE.height))
    imagic(easel, node="Group", eta=1.0)
    assert easel.ask("stack") == ["Ink", "Sketch", "Group", WORDS]
    assert (pixels(easel, WORDS, SIZE)[CHOSEN.slices][..., 3] == 255).mean() > 0.9


def test_run_again_makes_that_very_strength_again_also_from_a_file(easel: Krita) -> None:
    first = imagic(easel, eta="0.5:1.0:3")[0]
    painted = pixels(easel, first, SIZE)
    path = easel.file("again.kra")
    easel.ask("save", path=str(path))
    easel.ask("close_all")
    easel.ask("open_file", path=str(path))
    easel.ask("deselect")  # the selection of then is in the file
    easel.ask("rename", name=WORDS, to="Range")
    assert easel.ask("api", function="run_again", node=first) == [WORDS]
    assert easel.ask("stack") == ["Ink", "Range", WORDS, "Sketch"]  # never under an earlier answer
    np.testing.assert_array_equal(pixels(easel, WORDS, SIZE), painted)


def test_another_variation_has_the_same_strength_and_another_seed(easel: Krita) -> None:
    imagic(easel, eta=0.6)
    easel.ask("api", function="run_again", node=WORDS, another=True)
    assert [recipe["eta"] for recipe in recipes(easel)] == [[0.6], [0.6]]
    assert len({recipe["seed"] for recipe in recipes(easel)}) == 2


@pytest.mark.parametrize(
    ("settings", "sentence", "hint"),
    [
        ({"method": "imagic", "prompt": "  "}, "There are no words yet.", "Say what should be here."),
        ({"eta": "a lot"}, "“a lot” is no edit strength.", "Write one like 0.7, or several like 0.5:1.0:6"),
        ({"eta": 3.0}, "“3.0” is no edit strength.", "each from 0 to 1.5."),
        ({"preset": "alchemy"}, "has no preset “alchemy”", ""),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_sentence(easel: Krita, settings: dict, sentence: str, hint: str) -> None:
    with pytest.raises(RefusedError) as refused:
        imagic(easel, **settings)
    assert sentence in refused.value.sentence
    assert hint in refused.value.hint
    assert easel.ask("stack") == ["Ink", "Sketch"]


def test_a_hidden_layer_is_refused_with_the_way_out(easel: Krita) -> None:
    easel.ask("hide", name="Ink")
    with pytest.raises(RefusedError) as refused:
        imagic(easel)
    assert refused.value.sentence == "‘Ink’ is hidden."
    assert "choose another layer" in refused.value.hint


def test_a_locked_layer_is_only_read(easel: Krita) -> None:
    easel.ask("lock", name="Ink")
    assert imagic(easel)[0].startswith(WORDS)
