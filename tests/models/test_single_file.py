"""Models in one .safetensors file: told apart by their header, loaded with shipped configurations, without a hub."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from server.methods.sdedit import redraw
from server.models import configs
from server.models.headers import safetensors
from server.models.runtime.denoiser import SamplingRequest
from server.models.runtime.residency import Models
from server.models.store.import_model import import_model
from server.models.store.store import ModelStore
from server.wire.errors import OverpaintError
from tests import single_file
from tests.models.safe import write_safetensors

pytestmark = pytest.mark.torch

PARAMETERS = {
    "sd1": {"unet": 859_520_964, "vae": 83_653_863, "text_encoder": 123_060_480},
    "sd2": {"unet": 865_910_724, "vae": 83_653_863, "text_encoder": 340_387_840},
    "sdxl": {"unet": 2_567_463_684, "vae": 83_653_863, "text_encoder": 123_060_480, "text_encoder_2": 694_659_840},
}
"""As published."""

_UNET = "model.diffusion_model."
_WORDS = "transformer_blocks.0.attn2.to_k.weight"  # its width tells the kinds apart


@pytest.fixture
def shelf(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "shelf", bundled=tmp_path / "none")


def checkpoint(path: Path, **changes: tuple[str, tuple[int, ...]] | None) -> Path:
    """The header of a Stable Diffusion 1, as far as it is looked at. None takes an entry away."""
    tensors: dict[str, Any] = {
        f"{_UNET}input_blocks.0.0.weight": ("F16", (2, 4, 3, 3)),
        f"{_UNET}input_blocks.1.1.{_WORDS}": ("F16", (2, 768)),
        "first_stage_model.encoder.conv_in.weight": ("F16", (1,)),
        "cond_stage_model.transformer.text_model.x": ("F16", (1,)),
    }
    return write_safetensors(path, tensors | changes)


@pytest.mark.parametrize("name", configs.SHIPPED)
def test_the_shipped_configurations_build_the_published_networks(name: str, tmp_path: Path) -> None:
    configs.write(name, tmp_path / "configs")
    built: dict[str, Any] = {}
    with torch.device("meta"):
        for part, kind in (("unet", UNet2DConditionModel), ("vae", AutoencoderKL)):
            built[part] = kind.from_config(kind.load_config(tmp_path / "configs" / part))
        for part in ("text_encoder", "text_encoder_2"):
            if (tmp_path / "configs" / part).exists():
                config = CLIPTextConfig.from_pretrained(tmp_path / "configs" / part)
                encoder = CLIPTextModelWithProjection if part == "text_encoder_2" else CLIPTextModel
                built[part] = encoder(config)
    counted = {part: sum(weight.numel() for weight in module.parameters()) for part, module in built.items()}
    assert counted == PARAMETERS[name]


def test_a_model_made_to_inpaint_has_five_more_channels(tmp_path: Path) -> None:
    configs.write("sd1", tmp_path / "configs", in_channels=9)
    with torch.device("meta"):
        unet = UNet2DConditionModel.from_config(UNet2DConditionModel.load_config(tmp_path / "configs" / "unet"))
    assert sum(weight.numel() for weight in unet.parameters()) == PARAMETERS["sd1"]["unet"] + 5 * 320 * 9


def test_the_tokenizer_made_from_the_merges_is_clips(tmp_path: Path) -> None:
    configs.write("sdxl", tmp_path / "configs")
    first, second = (
        CLIPTokenizer.from_pretrained(tmp_path / "configs" / part) for part in ("tokenizer", "tokenizer_2")
    )
    assert len(first) == 49_408
    assert first("A photo of a cat").input_ids == [49406, 320, 1125, 539, 320, 2368, 49407]
    assert (first.pad_token_id, second.pad_token_id) == (49407, 0)
    assert len(first("word " * 200, truncation=True).input_ids) == 77


@pytest.mark.parametrize("kind, in_channels", [("sd1", 4), ("sd1", 9), ("sdxl", 4), ("sdxl", 9)])
def test_a_single_file_paints_what_the_same_weights_in_a_folder_paint(
    kind: str, in_channels: int, shelf: ModelStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.set_num_threads(1)
    pipe = single_file.build(kind, in_channels)
    pipe.save_pretrained(tmp_path / "folder")
    path = single_file.save(pipe, tmp_path / "One File.safetensors")
    monkeypatch.setattr(socket.socket, "connect", _no_network)
    import_model(tmp_path / "folder", shelf, name="folder")
    card = import_model(path, shelf, name="file", own_configs=tmp_path / "folder")
    assert card.family == ("sdxl" if kind == "sdxl" else "sd15")
    assert card.made_to_inpaint == (in_channels == 9)
    assert _painted(shelf, "file") == pytest.approx(_painted(shelf, "folder"), abs=1e-5)


def test_a_prediction_beside_own_configurations_is_written_into_the_shelfs_copy(
    shelf: ModelStore, tmp_path: Path
) -> None:
    path = write_safetensors(tmp_path / "a.safetensors", single_file.published("sd1"))
    configs.write("sd1", tmp_path / "own", prediction="epsilon")
    import_model(path, shelf, name="told", own_configs=tmp_path / "own", prediction="v")
    folders = shelf.find("told").configs, tmp_path / "own"
    said = [json.loads((folder / "scheduler" / "scheduler_config.json").read_text()) for folder in folders]
    assert [each["prediction_type"] for each in said] == ["v_prediction", "epsilon"]


def test_a_linked_single_file_keeps_its_configurations_on_the_shelf(shelf: ModelStore, tmp_path: Path) -> None:
    path = write_safetensors(tmp_path / "a.safetensors", single_file.published("sd1"))
    import_model(path, shelf, name="linked", link=True)
    model = shelf.find("linked")
    assert model.weights == path
    assert (model.configs / "unet" / "config.json").exists()
    shelf.remove("linked")
    assert path.exists()


@pytest.mark.parametrize("kind, native", [("sd1", 512), ("sd2", 512), ("sdxl", 1024)])
@pytest.mark.parametrize("channels", [4, 9])
def test_a_file_of_the_published_size_is_taken(
    shelf: ModelStore, tmp_path: Path, kind: str, native: int, channels: int
) -> None:
    path = write_safetensors(tmp_path / "a.safetensors", single_file.published(kind, channels))
    card = import_model(path, shelf, link=True)
    assert (card.native, card.made_to_inpaint) == (native, channels == 9)
    unet = json.loads((shelf.find(card.name).configs / "unet" / "config.json").read_text())
    assert unet["in_channels"] == channels


@pytest.mark.parametrize(
    "tensors, said",
    [
        ({"lora_unet_down.alpha": ("F16", (1,))}, "LoRA"),
        ({"blocks.0.hada_w1_a": ("F16", (1,))}, "LoRA"),
        ({"control_model.input_blocks.0.x": ("F16", (1,))}, "ControlNet"),
        ({"controlnet_cond_embedding.x": ("F16", (1,))}, "ControlNet"),
        ({"emb_params": ("F16", (1, 768))}, "textual inversion"),
        ({"clip_l": ("F16", (1, 768)), "clip_g": ("F16", (1, 1280))}, "textual inversion"),
        ({"joint_blocks.0.x": ("F16", (1,))}, "Stable Diffusion 3 cannot be loaded from one file"),
        ({f"{_UNET}joint_blocks.0.x": ("F16", (1,))}, "Stable Diffusion 3 cannot be loaded from one file"),
        ({"double_blocks.0.x": ("F16", (1,))}, "FLUX.1 Fill cannot be loaded from one file"),
        (
            {"double_blocks.0.x": ("F16", (1,)), "img_in.weight": ("F16", (8, 384))},
            "FLUX.1 Fill cannot be loaded from one file",
        ),
        ({"double_blocks.0.x": ("F16", (1,)), "img_in.weight": ("F16", (8, 64))}, "not made to fill"),
        (
            {f"{_UNET}double_blocks.0.x": ("F16", (1,)), f"{_UNET}img_in.weight": ("F16", (8, 64))},
            "not made to fill",
        ),
        (
            {"double_blocks.0.x": ("F16", (1,)), "double_stream_modulation_img.lin.weight": ("F16", (8, 8))},
            "FLUX.2 klein cannot be loaded from one file",
        ),
        ({f"{_UNET}input_blocks.0.0.weight": ("F16", (2, 5, 3, 3))}, "takes 5 channels"),
        (
            {
                f"{_UNET}input_blocks.0.0.weight": ("F16", (2, 4, 3, 3)),
                f"{_UNET}input_blocks.1.1.{_WORDS}": ("F16", (2, 3072)),
            },
            "not Stable Diffusion 1, 2 or XL",
        ),
        ({"transformer_blocks.0.x": ("F16", (1,))}, "only a part"),
        ({"first_stage_model.encoder.x": ("F16", (1,))}, "only a part"),
        ({"down_blocks.0.x": ("F16", (1,))}, "only a part"),
        ({"something": ("F16", (1,))}, "not a model that Overpaint knows"),
    ],
)
def test_what_is_no_whole_model_is_called_by_its_name(
    shelf: ModelStore, tmp_path: Path, tensors: Any, said: str
) -> None:
    with pytest.raises(OverpaintError, match=said):
        import_model(write_safetensors(tmp_path / "a.safetensors", tensors), shelf)


@pytest.mark.parametrize(
    "missing, said",
    [
        ("first_stage_model.encoder.conv_in.weight", "autoencoder"),
        ("cond_stage_model.transformer.text_model.x", "text encoder"),
    ],
)
def test_a_checkpoint_without_one_of_its_parts_is_refused(
    shelf: ModelStore, tmp_path: Path, missing: str, said: str
) -> None:
    whole = safetensors.read(checkpoint(tmp_path / "a")).tensors
    rest = {name: (tensor.dtype, tensor.shape) for name, tensor in whole.items() if name != missing}
    with pytest.raises(OverpaintError, match=said):
        import_model(write_safetensors(tmp_path / "b.safetensors", rest), shelf)


def _painted(shelf: ModelStore, name: str) -> np.ndarray[Any, Any]:
    image = np.random.default_rng(1).random((64, 64, 3), dtype=np.float32)
    mask = np.zeros((64, 64), np.float32)
    mask[:, 16:] = 1
    request = SamplingRequest(image, mask, "a hat", "", 3, 1.0, 3, 5.0)
    return redraw(Models(shelf).get(name), [request], lambda *_: None)[0]


def _no_network(*_: object) -> None:
    raise AssertionError("the network was asked")
