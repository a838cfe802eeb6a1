"""FLUX.2 klein, with and without a reference picture: what diffusers' own pipeline makes of the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from server.methods.inpaint import repaint
from server.methods.sdedit import redraw
from server.models.families.family import Ability, Defaults
from server.models.runtime.denoiser import SamplingRequest
from server.models.runtime.residency import Models
from server.models.store.store import ModelStore
from server.pixels.picture import F32
from tests import tiny_models

pytestmark = pytest.mark.torch

NAME = "flux2-klein"


@pytest.fixture(scope="module")
def klein(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """As most people have it: distilled."""
    torch.set_num_threads(1)
    root = tmp_path_factory.mktemp("models")
    shelf = ModelStore(root / "shelf", bundled=root / "none")
    tiny_models.install(NAME, shelf, root)
    model: Any = Models(shelf).get(NAME)
    model.pipe.register_to_config(is_distilled=True)
    return model


def picture(seed: int, height: int = 64, width: int = 64) -> F32:
    return np.random.default_rng(seed).random((height, width, 3), dtype=np.float32)


def request(strength: float, *references: F32) -> SamplingRequest:
    mask = np.zeros((64, 64), np.float32)
    mask[16:48, 16:48] = 1
    return SamplingRequest(picture(7), mask, "a red hat", "", 11, strength, 4, 1.0, references=references)


def bare(klein: Any, strength: float, reference: F32 | None) -> F32:
    more = {} if reference is None else {"image_reference": torch.from_numpy(reference).permute(2, 0, 1)[None]}
    asked = request(strength)
    image: F32 = klein.pipe(
        prompt=asked.prompt,
        image=torch.from_numpy(asked.image).permute(2, 0, 1)[None],
        mask_image=torch.from_numpy(asked.mask)[None, None],
        strength=strength,
        num_inference_steps=asked.steps,
        guidance_scale=1.0,
        generator=torch.Generator().manual_seed(asked.seed),
        output_type="np",
        **more,
    ).images[0]
    return image


@pytest.mark.parametrize("strength", [1.0, 0.5])
@pytest.mark.parametrize("reference", [None, picture(8, 48, 80)])
def test_the_pixels_are_those_of_the_bare_pipeline(klein: Any, strength: float, reference: F32 | None) -> None:
    references = () if reference is None else (reference,)
    (ours,) = repaint(klein, [request(strength, *references)], lambda *_: None)
    assert np.array_equal(ours, bare(klein, strength, reference))


def test_a_reference_picture_of_an_odd_size_is_shown_without_its_border(klein: Any) -> None:
    whole, cut = picture(9, 50, 70), np.ascontiguousarray(picture(9, 50, 70)[1:49, 3:67])
    (first,), (second,) = (redraw(klein, [request(1.0, shown)], lambda *_: None) for shown in (whole, cut))
    (without,) = redraw(klein, [request(1.0)], lambda *_: None)
    assert np.array_equal(first, second)
    assert not np.allclose(first, without, atol=1e-3)


def test_a_distilled_model_wants_four_steps_and_no_guidance(klein: Any) -> None:
    assert klein.family.defaults_of(klein.pipe) == Defaults(steps=4, guidance=1.0)
    assert klein.unconditional("") is None
    assert klein.card.abilities == {Ability.INPAINT, Ability.REDRAW, Ability.FLOW, Ability.REFERENCES}
