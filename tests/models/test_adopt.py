"""Importing models from this machine: folders, single files, and what is refused."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from server.models import files
from server.models.adopt import adopt, name_from
from server.models.shelf import Shelf
from server.models.transfer import Transfer, sha256
from server.wire.errors import Code, OverpaintError
from tests.models.safe import write_safetensors

INDEX = {
    "_class_name": "StableDiffusionInpaintPipeline",
    "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
    "scheduler": ["diffusers", "DDIMScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "shelf", bundled=tmp_path / "none")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Laid out as a hub's copy of an inpainting model is, with a few bytes of weights."""
    root = tmp_path / "My Model"
    for part in ("scheduler", "text_encoder", "tokenizer", "unet", "vae"):
        (root / part).mkdir(parents=True)
    (root / "model_index.json").write_text(json.dumps(INDEX))
    (root / "unet" / "config.json").write_text(json.dumps({"in_channels": 9, "sample_size": 64}))
    (root / "vae" / "config.json").write_text(json.dumps({"block_out_channels": [1, 1, 1, 1]}))
    (root / "README.md").write_text("---\nlicense: creativeml-openrail-m\n---\n# A model\n")
    for part, name in (
        ("unet", "diffusion_pytorch_model"),
        ("vae", "diffusion_pytorch_model"),
        ("text_encoder", "model"),
    ):
        write_safetensors(root / part / f"{name}.safetensors", {"weight": ("F16", (3, 5))})
    return root


def refusal(source: Path, shelf: Shelf) -> OverpaintError:
    with pytest.raises(OverpaintError) as caught:
        adopt(source, shelf, name="refused")
    assert shelf.cards() == ()
    assert list(shelf.root.glob("*")) in ([], [shelf.root / ".incoming"])
    return caught.value


def test_a_folder_is_copied_with_checksums_and_its_own_facts(folder: Path, shelf: Shelf) -> None:
    card = adopt(folder, shelf)
    assert (card.name, card.family, card.native, card.made_to_inpaint) == ("my-model", "sd15", 512, True)
    assert card.licence == "creativeml-openrail-m"
    assert shelf.card("my-model") == card
    home = shelf.find("my-model").weights
    assert {entry.path for entry in card.checksums} >= {"model_index.json", "unet/config.json"}
    for entry in card.checksums:
        assert sha256(home / entry.path) == entry.sha256
        assert (home / entry.path).stat().st_size == entry.nbytes


def test_only_what_loading_needs_is_copied(folder: Path, shelf: Shelf) -> None:
    (folder / "safety_checker").mkdir()
    write_safetensors(folder / "safety_checker" / "model.safetensors", {"weight": ("F16", (3,))})
    (folder / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"pickle")
    (folder / "unet" / "evil.py").write_text("raise SystemExit")
    write_safetensors(folder / "unet" / "diffusion_pytorch_model.fp16.safetensors", {"weight": ("F16", (3,))})
    copied = {entry.path for entry in adopt(folder, shelf).checksums}
    assert "unet/diffusion_pytorch_model.safetensors" in copied
    assert not any("safety" in path or "fp16" in path or path.endswith((".bin", ".py")) for path in copied)


def test_half_precision_weights_are_taken_where_there_are_no_others(folder: Path, shelf: Shelf) -> None:
    for path in folder.rglob("*.safetensors"):
        path.rename(path.with_suffix(".fp16.safetensors"))
    card = adopt(folder, shelf)
    assert card.variant == "fp16"
    assert sum(entry.path.endswith(".fp16.safetensors") for entry in card.checksums) == 3


def test_a_linked_folder_stays_where_it_is_and_is_not_deleted_with_the_model(folder: Path, shelf: Shelf) -> None:
    card = adopt(folder, shelf, link=True)
    assert shelf.find(card.name).weights == folder
    shelf.remove(card.name)
    assert shelf.cards() == ()
    assert (folder / "unet" / "diffusion_pytorch_model.safetensors").exists()


def test_a_link_that_leads_nowhere_is_said_in_words(folder: Path, shelf: Shelf) -> None:
    adopt(folder, shelf, link=True)
    folder.rename(folder.with_name("moved"))
    with pytest.raises(OverpaintError, match="no longer at") as caught:
        shelf.find("my-model")
    assert caught.value.code is Code.MODEL_MISSING


def test_progress_counts_all_bytes_to_the_end(folder: Path, shelf: Shelf) -> None:
    seen: list[Transfer] = []
    card = adopt(folder, shelf, on_transfer=seen.append)
    total = sum(entry.nbytes for entry in card.checksums)
    assert (seen[-1].done, seen[-1].total) == (total, total)


@pytest.mark.parametrize("suffix", [".ckpt", ".bin", ".pt", ".pth", ".pickle", ".pkl", ".CKPT"])
def test_a_pickle_is_refused_with_the_reason(tmp_path: Path, shelf: Shelf, suffix: str) -> None:
    path = tmp_path / f"model{suffix}"
    path.write_bytes(b"\x80\x04")
    error = refusal(path, shelf)
    assert error.code is Code.UNSAFE_FILE
    assert "can run any program" in error.sentence
    assert ".safetensors" in error.hint


def test_a_pickle_that_calls_itself_safetensors_is_refused(tmp_path: Path, shelf: Shelf) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"\x80\x04\x95" + os.urandom(500))
    assert refusal(path, shelf).code is Code.UNSAFE_FILE


def test_a_folder_with_a_part_only_as_a_pickle_is_refused(folder: Path, shelf: Shelf) -> None:
    (folder / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    (folder / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"pickle")
    error = refusal(folder, shelf)
    assert error.code is Code.UNSAFE_FILE
    assert "unet" in error.sentence


def test_a_folder_with_a_part_missing_is_refused(folder: Path, shelf: Shelf) -> None:
    (folder / "vae" / "diffusion_pytorch_model.safetensors").unlink()
    assert "vae" in refusal(folder, shelf).sentence


def test_a_folder_with_damaged_weights_is_refused(folder: Path, shelf: Shelf) -> None:
    path = folder / "vae" / "diffusion_pytorch_model.safetensors"
    path.write_bytes(path.read_bytes()[:-3])
    assert refusal(folder, shelf).code is Code.UNSAFE_FILE


def test_a_model_that_brings_code_of_its_own_is_refused(folder: Path, shelf: Shelf) -> None:
    (folder / "model_index.json").write_text(json.dumps({**INDEX, "unet": ["my_code", "UNet2DConditionModel"]}))
    assert refusal(folder, shelf).code is Code.UNSAFE_FILE


def test_a_kind_that_is_not_known_is_refused_by_its_name(folder: Path, shelf: Shelf) -> None:
    (folder / "model_index.json").write_text(json.dumps({**INDEX, "_class_name": "WonderPipeline"}))
    assert "WonderPipeline" in refusal(folder, shelf).sentence


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path, shelf: Shelf) -> None:
    assert "model_index.json" in refusal(tmp_path, shelf).sentence


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000])
def test_an_index_that_cannot_be_read_is_refused(folder: Path, shelf: Shelf, text: str) -> None:
    (folder / "model_index.json").write_text(text)
    assert refusal(folder, shelf).code is Code.BAD_REQUEST


def test_a_name_is_taken_only_once(folder: Path, shelf: Shelf) -> None:
    adopt(folder, shelf, name="mine")
    with pytest.raises(OverpaintError, match="installed already"):
        adopt(folder, shelf, name="mine")


@pytest.mark.parametrize("name", ["../evil", "a/b", ".hidden", "UPPER", "x" * 65])
def test_a_name_that_could_leave_the_shelf_is_refused(folder: Path, shelf: Shelf, name: str) -> None:
    with pytest.raises(OverpaintError, match="cannot be the name"):
        adopt(folder, shelf, name=name)


def test_names_are_made_from_what_files_are_called(tmp_path: Path) -> None:
    assert name_from(tmp_path / "Dream Shaper (v8).safetensors") == "dream-shaper-v8"
    assert name_from(tmp_path / "漫画.safetensors") == "model"


def test_weights_in_several_files_come_with_their_list() -> None:
    names = [
        "model_index.json",
        "unet/config.json",
        "unet/diffusion_pytorch_model.safetensors.index.json",
        "unet/diffusion_pytorch_model-00001-of-00002.safetensors",
        "unet/diffusion_pytorch_model-00002-of-00002.safetensors",
        "unet/diffusion_pytorch_model.safetensors.index.fp16.json",
        "unet/diffusion_pytorch_model.fp16-00001-of-00001.safetensors",
        "unet/diffusion_pytorch_model.bin.index.json",
        "../escape.json",
        "unet/deeper/config.json",
    ]
    plain = list(files.wanted(names, frozenset({"unet"}), ""))
    half = list(files.wanted(names, frozenset({"unet"}), "fp16"))
    assert plain == [
        "model_index.json",
        "unet/config.json",
        "unet/diffusion_pytorch_model-00001-of-00002.safetensors",
        "unet/diffusion_pytorch_model-00002-of-00002.safetensors",
        "unet/diffusion_pytorch_model.safetensors.index.json",
    ]
    assert half == [
        "model_index.json",
        "unet/config.json",
        "unet/diffusion_pytorch_model.fp16-00001-of-00001.safetensors",
        "unet/diffusion_pytorch_model.safetensors.index.fp16.json",
    ]
