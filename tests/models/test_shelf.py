"""What is installed, in which order it is offered, and what the menus get of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from server.methods import registry
from server.models.families.families import FAMILIES, Ability, family
from server.models.store import card as cards
from server.models.store.card import Card
from server.models.store.store import ModelStore, able
from server.wire import codec
from server.wire.errors import Code, OverpaintError

CARD = Card("a", "A", "sd15", "MIT", "tests", 1.5, "here", installed=10.0)


@pytest.fixture
def shelf(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "own", bundled=tmp_path / "bundled")


def put(root: Path, card: Card) -> None:
    (root / card.name).mkdir(parents=True)
    cards.write(root / card.name, card)


def test_an_empty_shelf_offers_what_needs_no_model(shelf: ModelStore) -> None:
    assert shelf.cards() == ()
    for offer in registry.offers(shelf.cards()):
        assert offer.ready == (registry.method(offer.name).requires is None)
        assert offer.models == ()


def test_a_card_is_read_as_it_was_written(shelf: ModelStore) -> None:
    card = replace(CARD, title="Zeichnung “ä”", checksums=(cards.Checksum("unet/x.safetensors", 5, "ab"),))
    put(shelf.root, card)
    assert shelf.cards() == (card,)
    assert shelf.card("a") == card
    assert shelf.card("a").offer.memory_gb == 1.5


def test_a_folder_that_cannot_be_read_does_not_hide_the_others(shelf: ModelStore) -> None:
    put(shelf.root, CARD)
    (shelf.root / "broken").mkdir()
    (shelf.root / "broken" / cards.FILE_NAME).write_text("{")
    (shelf.root / "empty").mkdir()
    assert shelf.cards() == (CARD,)


def _not_text(path: Path) -> None:
    path.write_bytes(b'{"name": "\xff\xfe"}')


def _a_folder(path: Path) -> None:
    path.mkdir()


def _a_circle(path: Path) -> None:
    path.symlink_to(path.name)


def _a_pipe(path: Path) -> None:
    os.mkfifo(path)


def _huge(path: Path) -> None:
    path.write_text("[" * (5 << 20))


def _deep(path: Path) -> None:
    path.write_text("[" * 100_000)


def _foreign_name(path: Path) -> None:
    path.write_text(codec.to_text(replace(CARD, name="../x" * 20_000)))


@pytest.mark.parametrize("damage", [_not_text, _a_folder, _a_circle, _a_pipe, _huge, _deep, _foreign_name])
def test_a_damaged_card_is_named_once_and_hides_no_other(
    shelf: ModelStore, damage: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    put(shelf.root, CARD)
    (shelf.root / "broken").mkdir()
    damage(shelf.root / "broken" / cards.FILE_NAME)
    for _ in range(3):
        assert shelf.cards() == (CARD,)
    assert ["broken" in text for text in caplog.messages] == [True]
    assert len(shelf.unreadable()) == 1


def test_a_card_that_was_mended_is_there_at_once(shelf: ModelStore) -> None:
    put(shelf.root, CARD)
    path = shelf.root / CARD.name / cards.FILE_NAME
    good = path.read_text()
    path.write_text("{")
    assert shelf.cards() == ()
    path.write_text(good)
    assert shelf.cards() == (CARD,)


def test_what_a_menu_shows_of_a_model_is_one_line(shelf: ModelStore) -> None:
    offer = replace(CARD, title="T" * 70_000, good_for="a\nb\x1b[2J\u202ec", licence="L " * 9000).offer
    assert max(len(offer.title), len(offer.good_for), len(offer.licence)) <= 120
    assert offer.good_for == "a b [2J c"


def test_an_own_model_comes_before_a_bundled_one_of_the_same_name(shelf: ModelStore, tmp_path: Path) -> None:
    put(tmp_path / "bundled", replace(CARD, title="Bundled", bundled=True))
    put(shelf.root, CARD)
    assert shelf.card("a") == CARD


def test_the_best_model_comes_first(shelf: ModelStore) -> None:
    plain = replace(CARD, name="plain", installed=50)
    newer = replace(CARD, name="newer", installed=60)
    fill = replace(CARD, name="fill", installed=1, made_to_inpaint=True)
    ours = replace(CARD, name="ours", installed=99, made_to_inpaint=True, bundled=True)
    installed = (ours, plain, fill, newer)
    assert [card.name for card in able(Ability.INPAINT, installed)] == ["fill", "newer", "plain", "ours"]
    assert [card.name for card in able(Ability.REDRAW, installed)] == ["newer", "plain", "fill", "ours"]
    offer = next(offer for offer in registry.offers(installed) if offer.name == "inpaint")
    assert offer.models == ("fill", "newer", "plain", "ours")
    assert offer.ready


def test_a_model_of_a_family_to_come_is_shown_but_not_offered(shelf: ModelStore) -> None:
    future = replace(CARD, family="dream-machine")
    put(shelf.root, future)
    assert shelf.cards() == (future,)
    assert not any(offer.models for offer in registry.offers(shelf.cards()))


def test_a_bundled_model_cannot_be_removed(shelf: ModelStore, tmp_path: Path) -> None:
    put(tmp_path / "bundled", replace(CARD, bundled=True))
    with pytest.raises(OverpaintError, match="part of Overpaint"):
        shelf.remove("a")


def test_removing_takes_the_whole_folder(shelf: ModelStore) -> None:
    put(shelf.root, CARD)
    shelf.remove("a")
    assert not (shelf.root / "a").exists()
    with pytest.raises(OverpaintError) as caught:
        shelf.remove("a")
    assert caught.value.code is Code.MODEL_MISSING


def test_a_method_that_is_not_there_is_an_error_that_lists_what_is() -> None:
    with pytest.raises(OverpaintError) as caught:
        registry.method("teleport")
    assert caught.value.code is Code.UNKNOWN_METHOD
    assert "inpaint" in caught.value.hint


def test_every_method_says_in_a_line_when_to_use_it() -> None:
    for entry in registry.methods():
        assert entry.purpose.endswith(".")
        assert len(entry.purpose) < 160
    assert len({entry.name for entry in registry.methods()}) == len(registry.methods())


def test_a_family_that_is_not_there_is_an_error_that_lists_what_is() -> None:
    with pytest.raises(OverpaintError, match="dream") as caught:
        family("dream")
    assert FAMILIES[0].title in caught.value.hint


def test_listing_models_and_methods_imports_no_torch() -> None:
    """The gateway and the command line do so, and have to answer at once."""
    modules = (
        "server.methods.registry, server.models.store.store, server.models.store.catalogue, "
        "server.models.store.import_model, server.models.store.pull"
    )
    code = f"import {modules}, sys; sys.exit('torch' in sys.modules or 'diffusers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
