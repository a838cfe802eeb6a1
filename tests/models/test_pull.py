"""Fetching models from a hub: a real HTTP server on loopback with the bytes of a real (tiny) pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import huggingface_hub
import numpy as np
import pytest

from server.editing.edit import Scene
from server.methods.inpaint import inpaint
from server.models.families.families import family
from server.models.runtime.residency import Models
from server.models.store.catalogue import CATALOGUE, CatalogueEntry
from server.models.store.download import DownloadProgress, nobody
from server.models.store.hub import Hub
from server.models.store.pull import fetch, pull
from server.models.store.store import ModelStore
from server.pixels.picture import Picture
from server.wire.errors import Code, OverpaintError
from server.wire.recipe import Recipe
from tests import tiny_models
from tests.models.loopback_hub import COMMIT, LoopbackHub

pytestmark = pytest.mark.torch

REPOSITORY = "somebody/tiny-inpainting"
UNET = "unet/diffusion_pytorch_model.fp16.safetensors"
KNOWN = CatalogueEntry("tiny", "Tiny", "sd15", REPOSITORY, "MIT", "tests", 0.1, 0.1)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As models are published: plain and half-precision weights, pickles, a filter, pictures, a model card."""
    folder = tmp_path_factory.mktemp("published")
    tiny_models.save("sd15-inpainting", folder)
    tiny_models.save("sd15-inpainting", folder, variant="fp16")
    (folder / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"pickle")
    (folder / "sd.ckpt").write_bytes(b"pickle")
    (folder / "safety_checker").mkdir()
    (folder / "safety_checker" / "model.safetensors").write_bytes(b"?")
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n")
    return folder


@pytest.fixture
def remote(published: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackHub]:
    # The library writes out 10 MB at a time, more than a tiny model has: a broken file would not keep anything.
    monkeypatch.setattr(huggingface_hub.constants, "DOWNLOAD_CHUNK_SIZE", 20_000)
    monkeypatch.setattr("time.sleep", lambda _: None)  # its pauses between two tries
    with LoopbackHub(REPOSITORY, published) as hub:
        yield hub


@pytest.fixture
def shelf(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "shelf", bundled=tmp_path / "none")


def refusal(shelf: ModelStore, remote: LoopbackHub, name: str = REPOSITORY) -> OverpaintError:
    with pytest.raises(OverpaintError) as caught:
        pull(name, shelf, Hub(remote.endpoint))
    assert shelf.cards() == ()
    return caught.value


def test_a_pulled_model_has_its_card_and_paints(shelf: ModelStore, remote: LoopbackHub) -> None:
    card = fetch(KNOWN, shelf, Hub(remote.endpoint))
    assert shelf.card("tiny") == card
    assert (card.family, card.variant, card.made_to_inpaint, card.native) == ("sd15", "fp16", True, 64)
    assert card.source == f"hub:{REPOSITORY}@{COMMIT}"
    picture = Picture(np.zeros((64, 64, 3), np.float32), np.ones((64, 64), np.float32))
    scene = Scene(picture, np.ones((64, 64), np.float32))
    answer = inpaint(scene, Recipe("inpaint", prompt="a hat", model="tiny", steps=2), Models(shelf), lambda _: None)
    assert answer.result.images[0].shape == (64, 64, 3)


def test_only_what_loading_needs_is_fetched(shelf: ModelStore, remote: LoopbackHub) -> None:
    card = fetch(KNOWN, shelf, Hub(remote.endpoint))
    asked = {name for name, _ in remote.ranges}
    assert asked == {entry.path for entry in card.checksums}
    assert UNET in asked
    assert not any(
        name.endswith((".bin", ".ckpt")) or "safety" in name or name == UNET.replace(".fp16", "") for name in asked
    )
    lying = {
        path.relative_to(shelf.root / "tiny").as_posix() for path in (shelf.root / "tiny").rglob("*") if path.is_file()
    }
    assert lying == asked | {"overpaint.json"}


def test_a_repository_outside_the_catalogue_says_its_own_licence(shelf: ModelStore, remote: LoopbackHub) -> None:
    card = pull(REPOSITORY, shelf, Hub(remote.endpoint))
    assert (card.name, card.licence) == ("tiny-inpainting", "apache-2.0")
    assert card.memory_gb >= 0


def test_progress_runs_to_the_end_and_never_back(shelf: ModelStore, remote: LoopbackHub) -> None:
    seen: list[DownloadProgress] = []
    card = fetch(KNOWN, shelf, Hub(remote.endpoint), seen.append)
    done = [transfer.done for transfer in seen]
    total = sum(entry.nbytes for entry in card.checksums)
    assert done == sorted(done)
    assert (seen[-1].done, seen[-1].total) == (total, total)
    assert len(set(done)) > len(card.checksums)


def test_a_connection_that_breaks_is_taken_up_again_where_it_broke(shelf: ModelStore, remote: LoopbackHub) -> None:
    remote.break_after[UNET] = 50_000
    fetch(KNOWN, shelf, Hub(remote.endpoint))
    begins = [begin for name, begin in remote.ranges if name == UNET]
    assert begins[0] == 0
    assert begins[1:] == sorted(begins[1:])
    assert begins[1] > 0


def test_a_pull_that_was_given_up_goes_on_where_it_stopped(shelf: ModelStore, remote: LoopbackHub) -> None:
    class GaveUpError(Exception):
        pass

    def give_up(transfer: DownloadProgress) -> None:
        if transfer.file == UNET and len(remote.ranges) and remote.ranges[-1][0] == UNET:
            seen.append(transfer.done)
            if len(seen) == 4:
                raise GaveUpError

    seen: list[int] = []
    with pytest.raises(GaveUpError):
        fetch(KNOWN, shelf, Hub(remote.endpoint), give_up)
    assert shelf.cards() == ()
    before = len(remote.ranges)
    fetch(KNOWN, shelf, Hub(remote.endpoint))
    second = remote.ranges[before:]
    assert second[0][0] == UNET, "what was complete is not fetched again"
    assert second[0][1] > 0


@pytest.mark.parametrize("name", [UNET, "unet/config.json"])
def test_a_file_that_is_not_what_was_announced_is_refused_and_deleted(
    shelf: ModelStore, remote: LoopbackHub, name: str
) -> None:
    remote.changed.add(name)
    error = refusal(shelf, remote)
    assert error.code is Code.UNSAFE_FILE
    assert "checksum" in error.sentence
    assert not list(shelf.root.rglob(f"{name}*"))
    remote.changed.clear()
    assert pull(REPOSITORY, shelf, Hub(remote.endpoint)).name == "tiny-inpainting"


def test_a_locked_model_says_where_to_accept_its_licence(shelf: ModelStore, remote: LoopbackHub) -> None:
    remote.locked = True
    error = refusal(shelf, remote)
    assert error.code is Code.REFUSED
    assert "accept their licence" in error.sentence
    assert f"{remote.endpoint}/{REPOSITORY}" in error.hint


@pytest.mark.parametrize("status", [401, 403])
def test_a_hub_that_wants_a_sign_in_is_worded(shelf: ModelStore, remote: LoopbackHub, status: int) -> None:
    remote.status = status
    error = refusal(shelf, remote)
    assert error.code in (Code.REFUSED, Code.MODEL_MISSING)
    assert "hf auth login" in error.hint


def test_a_repository_that_is_not_there_is_worded(shelf: ModelStore, remote: LoopbackHub) -> None:
    error = refusal(shelf, remote, "nobody/nothing")
    assert error.code is Code.MODEL_MISSING
    assert "nobody/nothing" in error.sentence


def test_a_hub_that_fails_is_worded(shelf: ModelStore, remote: LoopbackHub) -> None:
    remote.status = 500
    assert refusal(shelf, remote).code is Code.UNREACHABLE


def test_no_hub_at_all_is_worded(shelf: ModelStore, remote: LoopbackHub) -> None:
    with pytest.raises(OverpaintError) as caught:
        pull(REPOSITORY, shelf, Hub("http://127.0.0.1:9"))
    assert caught.value.code is Code.UNREACHABLE
    assert "kept" in caught.value.hint


def test_a_model_with_pickles_only_is_refused_before_anything_large_is_fetched(
    tmp_path: Path, shelf: ModelStore
) -> None:
    folder = tiny_models.save("sd15", tmp_path / "old")
    for path in folder.rglob("*.safetensors"):
        path.rename(path.with_suffix(".bin"))
    with LoopbackHub(REPOSITORY, folder) as remote:
        assert refusal(shelf, remote).code is Code.UNSAFE_FILE
        assert {name for name, _ in remote.ranges} == {"model_index.json"}


def test_a_name_that_is_taken_is_refused_before_the_hub_is_asked(shelf: ModelStore, remote: LoopbackHub) -> None:
    fetch(KNOWN, shelf, Hub(remote.endpoint))
    asked = len(remote.ranges)
    with pytest.raises(OverpaintError, match="installed already"):
        fetch(KNOWN, shelf, Hub(remote.endpoint), nobody)
    assert len(remote.ranges) == asked


def test_a_name_that_is_not_in_the_catalogue_lists_what_is(shelf: ModelStore) -> None:
    with pytest.raises(OverpaintError) as caught:
        pull("sd99", shelf)
    assert "sd15-inpainting" in caught.value.hint


def test_the_catalogue_is_of_families_that_run() -> None:
    assert len({entry.name for entry in CATALOGUE}) == len(CATALOGUE)
    for entry in CATALOGUE:
        assert family(entry.family)
        assert entry.licence
        assert entry.good_for
        assert entry.download_gb > 0
        assert entry.memory_gb > 0
