"""Importing models from this machine: folders, single files, and what is refused."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from server.models.store import card as cards
from server.models.store import files
from server.models.store.download import DownloadProgress, sha256
from server.models.store.import_model import import_model, name_from
from server.models.store.store import ModelStore
from server.wire.errors import Code, OverpaintError
from tests import onnx_file, tiny_models
from tests.models.safe import write_safetensors

pytestmark = pytest.mark.torch


@pytest.fixture
def shelf(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "shelf", bundled=tmp_path / "none")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.save("sd15-inpainting", tmp_path_factory.mktemp("saved") / "My Model")


@pytest.fixture
def folder(tmp_path: Path, saved: Path) -> Path:
    """Laid out as a hub's copy of an inpainting model is."""
    root = tmp_path / "My Model"
    shutil.copytree(saved, root)
    (root / "README.md").write_text("---\nlicense: creativeml-openrail-m\n---\n# A model\n")
    return root


def change(path: Path, **values: object) -> None:
    """Entries of a JSON file."""
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def refusal(source: Path, shelf: ModelStore) -> OverpaintError:
    with pytest.raises(OverpaintError) as caught:
        import_model(source, shelf, name="refused")
    assert shelf.cards() == ()
    assert list(shelf.root.glob("*")) in ([], [shelf.root / ".incoming"])
    return caught.value


def test_a_folder_is_copied_with_checksums_and_its_own_facts(folder: Path, shelf: ModelStore) -> None:
    card = import_model(folder, shelf)
    assert (card.name, card.family, card.native, card.made_to_inpaint) == ("my-model", "sd15", tiny_models.SIDE, True)
    assert card.licence == "creativeml-openrail-m"
    assert shelf.card("my-model") == card
    home = shelf.find("my-model").weights
    assert {entry.path for entry in card.checksums} >= {"model_index.json", "unet/config.json"}
    for entry in card.checksums:
        assert sha256(home / entry.path) == entry.sha256
        assert (home / entry.path).stat().st_size == entry.nbytes


def test_only_what_loading_needs_is_copied(folder: Path, shelf: ModelStore) -> None:
    (folder / "safety_checker").mkdir()
    write_safetensors(folder / "safety_checker" / "model.safetensors", {"weight": ("F16", (3,))})
    (folder / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"pickle")
    (folder / "unet" / "evil.py").write_text("raise SystemExit")
    write_safetensors(folder / "unet" / "diffusion_pytorch_model.fp16.safetensors", {"weight": ("F16", (3,))})
    copied = {entry.path for entry in import_model(folder, shelf).checksums}
    assert "unet/diffusion_pytorch_model.safetensors" in copied
    assert not any("safety" in path or "fp16" in path or path.endswith((".bin", ".py")) for path in copied)


def test_half_precision_weights_are_taken_where_there_are_no_others(folder: Path, shelf: ModelStore) -> None:
    for path in folder.rglob("*.safetensors"):
        path.rename(path.with_suffix(".fp16.safetensors"))
    card = import_model(folder, shelf)
    assert card.variant == "fp16"
    assert sum(entry.path.endswith(".fp16.safetensors") for entry in card.checksums) == 3


def test_a_linked_folder_stays_where_it_is_and_is_not_deleted_with_the_model(folder: Path, shelf: ModelStore) -> None:
    card = import_model(folder, shelf, link=True)
    assert shelf.find(card.name).weights == folder
    shelf.remove(card.name)
    assert shelf.cards() == ()
    assert (folder / "unet" / "diffusion_pytorch_model.safetensors").exists()


def test_a_link_that_leads_nowhere_is_said_in_words(folder: Path, shelf: ModelStore) -> None:
    import_model(folder, shelf, link=True)
    folder.rename(folder.with_name("moved"))
    with pytest.raises(OverpaintError, match="no longer at") as caught:
        shelf.find("my-model")
    assert caught.value.code is Code.MODEL_MISSING


def test_progress_counts_all_bytes_to_the_end(folder: Path, shelf: ModelStore) -> None:
    seen: list[DownloadProgress] = []
    card = import_model(folder, shelf, on_transfer=seen.append)
    total = sum(entry.nbytes for entry in card.checksums)
    assert (seen[-1].done, seen[-1].total) == (total, total)


@pytest.mark.parametrize("suffix", [".ckpt", ".bin", ".pt", ".pth", ".pickle", ".pkl", ".CKPT"])
def test_a_pickle_is_refused_with_the_reason(tmp_path: Path, shelf: ModelStore, suffix: str) -> None:
    path = tmp_path / f"model{suffix}"
    path.write_bytes(b"\x80\x04")
    error = refusal(path, shelf)
    assert error.code is Code.UNSAFE_FILE
    assert "can run any program" in error.sentence
    assert ".safetensors" in error.hint


def test_a_pickle_that_calls_itself_safetensors_is_refused(tmp_path: Path, shelf: ModelStore) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"\x80\x04\x95" + os.urandom(500))
    assert refusal(path, shelf).code is Code.UNSAFE_FILE


def test_a_folder_with_a_part_only_as_a_pickle_is_refused(folder: Path, shelf: ModelStore) -> None:
    (folder / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    (folder / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"pickle")
    error = refusal(folder, shelf)
    assert error.code is Code.UNSAFE_FILE
    assert "unet" in error.sentence


def test_a_folder_with_a_part_missing_is_refused(folder: Path, shelf: ModelStore) -> None:
    (folder / "vae" / "diffusion_pytorch_model.safetensors").unlink()
    assert "vae" in refusal(folder, shelf).sentence


def test_a_folder_with_damaged_weights_is_refused(folder: Path, shelf: ModelStore) -> None:
    path = folder / "vae" / "diffusion_pytorch_model.safetensors"
    path.write_bytes(path.read_bytes()[:-3])
    assert refusal(folder, shelf).code is Code.UNSAFE_FILE


@pytest.mark.parametrize("part", ["unet", "vae", "text_encoder"])
def test_a_folder_whose_weights_lack_one_is_refused_by_the_parts_name(
    folder: Path, shelf: ModelStore, part: str
) -> None:
    path = next((folder / part).glob("*.safetensors"))
    weights = load_file(path)
    weights.pop(next(name for name in weights if name.endswith("norm1.weight")))
    save_file(weights, path, {"format": "pt"})
    error = refusal(folder, shelf)
    assert part in error.sentence
    assert "not whole" in error.sentence


@pytest.mark.parametrize("part", ["unet", "vae", "text_encoder"])
def test_a_folder_whose_weights_are_of_another_size_is_refused(folder: Path, shelf: ModelStore, part: str) -> None:
    path = next((folder / part).glob("*.safetensors"))
    weights = load_file(path)
    name = next(name for name, weight in weights.items() if weight.ndim == 1 and len(weight) > 1)
    save_file({**weights, name: weights[name][1:].clone()}, path, {"format": "pt"})
    assert "another size" in refusal(folder, shelf).sentence


@pytest.mark.parametrize("part", ["unet", "text_encoder"])
def test_a_folder_with_scaled_weights_is_refused(folder: Path, shelf: ModelStore, part: str) -> None:
    path = next((folder / part).glob("*.safetensors"))
    weights = load_file(path)
    name = next(name for name, weight in weights.items() if weight.ndim == 2)
    save_file({**weights, f"{name}_scale": torch.ones(1)}, path, {"format": "pt"})
    assert "stored scaled" in refusal(folder, shelf).sentence


def test_a_folder_with_quantised_weights_is_refused(folder: Path, shelf: ModelStore) -> None:
    change(folder / "unet" / "config.json", quantization_config={"quant_method": "bitsandbytes", "load_in_4bit": True})
    assert "quantised" in refusal(folder, shelf).sentence


@pytest.mark.parametrize(
    "changes", [{"block_out_channels": "many"}, {"down_block_types": ["NoBlock"]}, {"norm_num_groups": 0}]
)
def test_a_configuration_that_makes_no_network_is_refused(
    folder: Path, shelf: ModelStore, changes: dict[str, object]
) -> None:
    change(folder / "unet" / "config.json", **changes)
    assert "cannot be made" in refusal(folder, shelf).sentence


def test_the_names_of_older_autoencoders_are_known(folder: Path, shelf: ModelStore) -> None:
    path = next((folder / "vae").glob("*.safetensors"))
    older = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
    weights = load_file(path)
    for ours, theirs in older.items():
        weights = {name.replace(f".{ours}.", f".{theirs}."): weight for name, weight in weights.items()}
    save_file(weights, path, {"format": "pt"})
    assert import_model(folder, shelf).family == "sd15"


def test_a_model_that_brings_code_of_its_own_is_refused(folder: Path, shelf: ModelStore) -> None:
    change(folder / "model_index.json", unet=["my_code", "UNet2DConditionModel"])
    assert refusal(folder, shelf).code is Code.UNSAFE_FILE


@pytest.mark.parametrize("part", ["safety_checker", "feature_extractor", "image_encoder", "anything"])
def test_code_of_its_own_is_refused_for_parts_that_are_not_loaded_too(
    folder: Path, shelf: ModelStore, part: str
) -> None:
    change(folder / "model_index.json", **{part: ["my_code", "Thing"]})
    error = refusal(folder, shelf)
    assert error.code is Code.UNSAFE_FILE
    assert part in error.sentence


def test_code_named_in_a_parts_configuration_is_refused(folder: Path, shelf: ModelStore) -> None:
    change(folder / "text_encoder" / "config.json", auto_map={"AutoModel": "my_code.Encoder"})
    assert refusal(folder, shelf).code is Code.UNSAFE_FILE


def test_the_usual_safety_checker_is_no_code_of_its_own(folder: Path, shelf: ModelStore) -> None:
    change(folder / "model_index.json", safety_checker=["stable_diffusion", "StableDiffusionSafetyChecker"])
    assert import_model(folder, shelf).family == "sd15"


def test_what_a_mac_leaves_beside_each_file_is_none_of_the_models(folder: Path, shelf: ModelStore) -> None:
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        (path.parent / f"._{path.name}").write_bytes(b"\0\5\x16\7" + bytes(100))
    card = import_model(folder, shelf)
    assert card.variant == ""
    assert not any("._" in entry.path for entry in card.checksums)


def test_a_kind_that_is_not_known_is_refused_by_its_name(folder: Path, shelf: ModelStore) -> None:
    change(folder / "model_index.json", _class_name="WonderPipeline")
    assert "WonderPipeline" in refusal(folder, shelf).sentence


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path, shelf: ModelStore) -> None:
    assert "model_index.json" in refusal(tmp_path, shelf).sentence


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000])
def test_an_index_that_cannot_be_read_is_refused(folder: Path, shelf: ModelStore, text: str) -> None:
    (folder / "model_index.json").write_text(text)
    assert refusal(folder, shelf).code is Code.BAD_REQUEST


def test_a_name_is_taken_only_once(folder: Path, shelf: ModelStore) -> None:
    import_model(folder, shelf, name="mine")
    with pytest.raises(OverpaintError, match="installed already"):
        import_model(folder, shelf, name="mine")


@pytest.mark.parametrize(
    "name",
    ["../evil", "a/b", ".hidden", "UPPER", "x" * 65, "con", "nul.v2", "a\u202eb", "a\u200bb", "a\nb", "\udcff", "v1."],
)
def test_a_name_that_could_leave_the_shelf_is_refused(folder: Path, shelf: ModelStore, name: str) -> None:
    with pytest.raises(OverpaintError, match="cannot be the name"):
        import_model(folder, shelf, name=name)


@pytest.mark.parametrize(
    "stem, name",
    [
        ("Dream Shaper (v8)", "dream-shaper-v8"),
        ("漫画", "漫画"),
        ("Модель Ночь", "модель-ночь"),
        ("हिन्दी मॉडल", "हिन्दी-मॉडल"),
        ("نموذج 2", "نموذج-2"),
        ("Ünïcode Modell (final) v2", "ünïcode-modell-final-v2"),
        ("a'b\"c", "a-b-c"),
        ("🦊", "model"),
        ("CON", "con-model"),
        ("漫" * 70, "漫" * 64),
    ],
)
def test_names_are_made_from_what_files_are_called_in_any_script(tmp_path: Path, stem: str, name: str) -> None:
    assert name_from(tmp_path / f"{stem}.safetensors") == name
    assert cards.check_name(name) == name


def test_a_model_named_in_another_script_is_found_by_that_name(folder: Path, shelf: ModelStore) -> None:
    folder = folder.rename(folder.with_name("Модель Ночь"))
    assert import_model(folder, shelf).name == "модель-ночь"
    assert shelf.find("модель-ночь").card.title == "Модель Ночь"


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


@pytest.mark.parametrize("given", ["prediction", "own_configs"])
def test_what_a_folder_says_itself_is_not_said_beside_it_in_vain(folder: Path, shelf: ModelStore, given: str) -> None:
    words = {"prediction": "v", "own_configs": folder}
    with pytest.raises(OverpaintError, match="changes nothing of this model"):
        import_model(folder, shelf, **{given: words[given]})
    assert shelf.cards() == ()


@pytest.mark.parametrize("given", ["prediction", "own_configs"])
def test_an_erasing_model_has_no_configuration_to_be_given(
    folder: Path, shelf: ModelStore, tmp_path: Path, given: str
) -> None:
    words = {"prediction": "v", "own_configs": folder}
    with pytest.raises(OverpaintError, match="changes nothing of this model"):
        import_model(onnx_file.lama(tmp_path / "lama.onnx", 0.25), shelf, **{given: words[given]})


def test_a_prediction_that_is_none_is_refused_before_anything_is_read(folder: Path, shelf: ModelStore) -> None:
    with pytest.raises(OverpaintError, match="noise or velocity"):
        import_model(folder, shelf, prediction="wonders")
