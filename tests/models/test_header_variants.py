"""Single files as people share them: each is painted as the same weights in 32 bits are, or refused with the reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from server.models.families.single_file import EPSILON, VELOCITY
from server.models.headers import safetensors
from server.models.store.import_model import import_model
from server.models.store.sniff import sniff
from server.models.store.store import ModelStore
from server.wire.errors import OverpaintError
from tests import single_file
from tests.models import variants
from tests.models.safe import write_safetensors

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, variants.Source]:
    return {kind: variants.source(kind, tmp_path_factory.mktemp(kind)) for kind in ("sd1", "sdxl")}


@pytest.fixture
def shelf(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "shelf", bundled=tmp_path / "none")


@pytest.mark.parametrize("variant", variants.PAINTED)
def test_it_paints_what_the_same_weights_in_32_bits_paint(
    variant: str, sources: dict[str, variants.Source], shelf: ModelStore, tmp_path: Path
) -> None:
    kind, changed, most = variants.PAINTED[variant]
    path = variants.file(changed(sources[kind].weights), tmp_path / "a.safetensors")
    import_model(path, shelf, name="a", own_configs=sources[kind].configs)
    assert np.abs(variants.paint(shelf, "a") - sources[kind].painted).max() <= most


@pytest.mark.parametrize("variant", variants.REFUSED)
def test_what_would_be_painted_wrongly_is_refused_when_it_is_imported(
    variant: str, sources: dict[str, variants.Source], shelf: ModelStore, tmp_path: Path
) -> None:
    kind, changed, said = variants.REFUSED[variant]
    path = variants.file(changed(sources[kind].weights), tmp_path / "a.safetensors")
    with pytest.raises(OverpaintError, match=said):
        import_model(path, shelf, name="a", own_configs=sources[kind].configs)
    assert shelf.cards() == ()


@pytest.mark.parametrize("variant", variants.SAID)
def test_what_a_file_says_of_its_training_is_read(variant: str, tmp_path: Path) -> None:
    kind, marks, notes, wanted = variants.SAID[variant]
    path = write_safetensors(tmp_path / "a.safetensors", {**single_file.published(kind), **marks}, notes)
    found = sniff(safetensors.read(path))
    assert (found.prediction, found.zero_snr, found.native) == wanted


@pytest.mark.parametrize("spread, prediction, native", [(0.2, VELOCITY, 768), (0.02, EPSILON, 512)])
@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float32])
def test_the_two_kinds_of_2_are_told_apart_by_a_bias(
    spread: float, prediction: str, native: int, kind: torch.dtype, tmp_path: Path
) -> None:
    bias = f"{variants.UNET}output_blocks.11.1.transformer_blocks.0.norm1.bias"
    told = {f"{variants.UNET}input_blocks.0.0.weight": torch.zeros(320, 4, 3, 3)}
    told |= {f"{variants.UNET}input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight": torch.zeros(320, 1024)}
    told |= {"first_stage_model.x": torch.zeros(1), "cond_stage_model.x": torch.zeros(1)}
    told |= {bias: spread * torch.randn(320, generator=torch.Generator().manual_seed(1))}
    path = variants.file({name: weight.to(kind) for name, weight in told.items()}, tmp_path / "a.safetensors")
    found = sniff(safetensors.read(path))
    assert (found.prediction, found.native) == (prediction, native)


@pytest.mark.parametrize(
    "marks, notes, said",
    [
        ({"v_pred": ("F16", (0,))}, {"modelspec.prediction_type": "epsilon"}, "contradicts itself"),
        ({}, {"modelspec.prediction_type": "sample"}, "sample"),
    ],
)
def test_notes_that_cannot_be_followed_are_refused(
    marks: dict[str, Any], notes: dict[str, str], said: str, tmp_path: Path
) -> None:
    path = write_safetensors(tmp_path / "a.safetensors", {**single_file.published("sdxl"), **marks}, notes)
    with pytest.raises(OverpaintError, match=said):
        sniff(safetensors.read(path))
    assert sniff(safetensors.read(path), VELOCITY).prediction == VELOCITY


def test_a_schedule_that_ends_in_pure_noise_is_painted_with(shelf: ModelStore, tmp_path: Path) -> None:
    marks = {"v_pred": ("F16", (0,)), "ztsnr": ("F16", (0,))}
    path = write_safetensors(tmp_path / "a.safetensors", {**single_file.published("sdxl"), **marks})
    import_model(path, shelf, name="a", link=True)
    said = json.loads((shelf.find("a").configs / "scheduler" / "scheduler_config.json").read_text())
    assert said["rescale_betas_zero_snr"] is True
    assert (said["timestep_spacing"], said["prediction_type"]) == ("trailing", "v_prediction")
