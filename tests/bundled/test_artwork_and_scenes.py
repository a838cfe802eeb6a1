"""Scenes hold what they say, and nothing that is held out."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from tools.bundled_model import backgrounds, captions, colours, heldout, masks, pack
from tools.bundled_model.artwork import load_pictures, load_records
from tools.bundled_model.captions import Figure
from tools.bundled_model.colours import COLOURS
from tools.bundled_model.records import Record, Subject, bare
from tools.bundled_model.repertoire import Repertoire
from tools.bundled_model.scenes import Stage

SIZE = 64


@pytest.fixture(scope="module")
def stage(artwork: Path) -> Stage:
    return Stage(artwork)


def disc(hue: int) -> np.ndarray:
    picture = np.zeros((64, 64, 4), np.uint8)
    rgb = cv2.cvtColor(np.uint8([[[hue, 220, 230]]]), cv2.COLOR_HSV2RGB)[0, 0]
    cv2.circle(picture, (32, 32), 25, (*map(int, rgb), 255), -1)
    cv2.circle(picture, (32, 32), 5, (255, 255, 255, 255), -1)
    return picture


def test_no_figure_that_is_held_out_is_ever_drawn(stage: Stage) -> None:
    rng = np.random.default_rng(0)
    figures = [stage.figure(vendor, rng) for vendor in ("noto", "fluent") for _ in range(400)]
    held = stage.held_out
    assert not any(held.hides(figure.record) for figure in figures)
    assert not any(held.hides_colour(f.subject.concept, f.colour) for f in figures if f.colour)
    assert any(f.subject.concept == held.colours[0][0] and f.colour for f in figures), "other colours stay in"


def test_a_person_is_held_out_in_one_skin_tone_only(stage: Stage) -> None:
    hidden = next(cell for cell in stage.held_out.people if "|woman|" in cell)
    action, _, tone = hidden.split("|")
    rng = np.random.default_rng(1)
    figures = [stage.figure("twemoji", rng) for _ in range(600)]
    tones = {f.subject.tone for f in figures if f.subject.concept == action}
    assert tone not in tones
    assert len(tones) >= 4


def test_a_concept_and_a_ground_that_are_held_out_together_never_meet(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    banned = tuple(("animal thing", colour) for colour in backgrounds.PLAIN)
    everything = heldout.HeldOut((), (), (), (), banned, ())
    monkeypatch.setattr(stage, "held_out", everything)
    rng = np.random.default_rng(2)
    pairs = [stage._pair_with_ground(SIZE, "noto", rng) for _ in range(200)]
    assert not any(figure.subject.concept == "animal thing" and ground.colour for figure, ground in pairs)


def test_the_same_dice_make_the_same_scene(stage: Stage) -> None:
    one, other = (stage.scene(SIZE, np.random.default_rng((7, 3))) for _ in range(2))
    assert one.caption == other.caption
    assert np.array_equal(one.rgb, other.rgb)
    assert np.array_equal(one.mask, other.mask)


def test_a_scene_has_a_caption_and_something_to_repaint(stage: Stage) -> None:
    rng = np.random.default_rng(3)
    scenes = [stage.scene(SIZE, rng) for _ in range(150)]
    assert all(scene.caption and scene.mask.max() == 255 for scene in scenes)
    assert all(set(np.unique(scene.mask)) <= {0, 255} for scene in scenes)
    whole = np.mean([scene.mask.min() == 255 for scene in scenes])
    assert 0.3 < whole < 0.65


def test_a_placed_figure_covers_its_own_box_and_nothing_else(stage: Stage) -> None:
    record = next(r for r in _records(stage) if not stage.held_out.hides(r))
    canvas = np.zeros((SIZE, SIZE, 3), np.float32)
    placed = stage.place(canvas, Figure(record), (-10, 20, 30, 60))
    left, top, right, bottom = placed.box
    outside = np.ones((SIZE, SIZE), bool)
    outside[20:60, 0:30] = False
    assert not canvas[outside].any()
    assert (left, right) == (0, min(30, right))
    assert 20 <= top < bottom <= 60


@pytest.mark.parametrize("colour", COLOURS)
def test_recolouring_changes_the_hue_and_keeps_white_and_transparent(colour: str) -> None:
    before = disc(13)
    hue = colours.main_hue(before)
    assert hue is not None
    after = colours.recolour(before, hue, colour)
    assert np.array_equal(after[..., 3], before[..., 3])
    assert np.array_equal(after[32, 32], before[32, 32])
    changed = colours.main_hue(after)
    assert changed is not None
    assert colours.colour_name(changed) == colour


def test_a_grey_picture_has_no_main_hue() -> None:
    assert colours.main_hue(np.full((32, 32, 4), 128, np.uint8)) is None


@pytest.mark.parametrize("make", [masks.around, masks.part])
def test_selections_reach_into_the_box_they_are_about(make: object) -> None:
    rng = np.random.default_rng(4)
    for _ in range(50):
        mask = make(SIZE, (20, 20, 44, 44), rng)  # type: ignore[operator]
        assert mask.shape == (SIZE, SIZE)
        assert mask[20:44, 20:44].any()


def test_a_grown_outline_covers_the_thing() -> None:
    shape = np.zeros((SIZE, SIZE), np.uint8)
    shape[20:40, 20:40] = 255
    mask = masks.grown(shape, np.random.default_rng(5))
    assert (mask[shape > 0] == 255).all()
    assert (mask > 0).sum() > (shape > 0).sum()


def person() -> Figure:
    return Figure(Record(0, "noto", Subject("x", "woman shrugging", ("dunno", "maybe", "whatever"), "person",
                                            "shrugging", "woman", "dark")))  # fmt: skip


def test_identity_is_left_out_of_some_prompts_and_the_action_stays() -> None:
    rng = np.random.default_rng(6)
    phrases = [captions.phrase(person(), rng) for _ in range(300)]
    assert any("woman" not in p and "shrugging" in p for p in phrases)
    assert any("woman shrugging, dark skin" in p for p in phrases)


def test_the_full_phrase_names_tone_and_colour() -> None:
    assert captions.full_phrase(person()) == "woman shrugging, dark skin"
    thing = Figure(Record(0, "noto", Subject("y", "fox", (), "animal", "fox", "", "")), "blue")
    assert captions.full_phrase(thing) == "blue fox"


def test_code_points_are_compared_without_the_presentation_selector() -> None:
    assert bare("1F937-200D-2640-FE0F") == "1f937-200d-2640"


def test_what_is_held_out_is_written_down_and_of_a_useful_size() -> None:
    held = heldout.load()
    assert len(held.people) >= 60
    assert len(held.colours) >= 200
    assert len(held.concepts) >= 20


def test_packed_artwork_is_what_was_asked_for_numbered_anew(artwork: Path, tmp_path: Path) -> None:
    for name in ("art.npy", "art.json"):
        (tmp_path / name).symlink_to(artwork / name)
    before = {record.name: load_pictures(artwork)[record.index] for record in load_records(artwork)}
    pack.pack(tmp_path, 1, Repertoire(kinds={"animal": 1.0, "person": 1.0}, vendors={"twemoji": 1.0}))
    for name in ("art.npy", "art.json"):
        (tmp_path / name).unlink()
    pack.unpack(tmp_path, 1)
    records, pictures = load_records(tmp_path), load_pictures(tmp_path)
    assert [record.index for record in records] == list(range(len(pictures)))
    assert {(record.vendor, record.subject.kind) for record in records} == {
        ("twemoji", "animal"),
        ("twemoji", "person"),
    }
    for record, picture in zip(records, pictures, strict=True):
        assert np.array_equal(picture, before[record.name])


def _records(stage: Stage) -> list[Record]:
    return [r for shelf in stage._shelf.values() for records in shelf.values() for r in records]
