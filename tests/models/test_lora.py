"""LoRAs are worn as diffusers wears them, in every naming they come in, and leave no trace on the model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionPipeline
from diffusers.utils.state_dict_utils import convert_state_dict_to_kohya
from safetensors.torch import load_file, save_file

from server.methods.sdedit import sdedit
from server.models.runtime.misfit import MisfitError
from server.models.runtime.residency import Models
from server.models.runtime.weights import LowRank
from server.models.store.import_lora import export, import_lora
from server.models.store.loras import Lora, LoraStore
from server.models.store.spoken import Spoken, spoken
from server.models.store.taught import Naming, Taught
from server.pixels.picture import F32
from server.wire.errors import Code, OverpaintError
from server.wire.recipe import Recipe
from tests.bundled import untrained
from tests.methods import tuning_desk
from tests.methods.tuning_desk import fingerprint, scene
from tests.models.safe import write_safetensors

pytestmark = pytest.mark.torch

KINDS = ("sd15", "sdxl", "sd3", untrained.NAME)
ATTENTION = ("to_q", "to_k", "to_v", "to_out")
ENCODER = "text_encoder.text_model.encoder.layers.0.self_attn.q_proj"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    return tuning_desk.models(KINDS, tmp_path_factory.mktemp("models"))


@pytest.fixture
def loras(tmp_path: Path) -> LoraStore:
    return LoraStore(tmp_path / "loras")


def tensors(models: Models, family: str, rank: int = 4, layers: tuple[str, ...] = ATTENTION) -> dict[str, torch.Tensor]:
    """A LoRA that changes much, in peft's naming behind the name of its part."""
    network = models.get(family).network
    part = "transformer" if family == "sd3" else "unet"
    generator = torch.Generator().manual_seed(1)
    found = LowRank.beginning(network, rank, 0, layers).plain()
    return {f"{part}.{name}": torch.randn(one.shape, generator=generator) / 2 for name, one in found.items()}


def in_kohyas(found: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor.contiguous() for name, tensor in convert_state_dict_to_kohya(dict(found)).items()}  # type: ignore[no-untyped-call]


def painted(models: Models, family: str, prompt: str, loras: LoraStore) -> F32:
    recipe = Recipe("sdedit", prompt, model=family, steps=3, seed=3, strength=1.0)
    with models.speaking(prompt, loras):
        return sdedit(scene(), recipe, models, lambda _: None).result.images[0]


def imported(models: Models, loras: LoraStore, file: Path, word: str = "rex", **more: Any) -> Lora:
    return import_lora(file, loras, models.store, word=word, **more)


@pytest.mark.parametrize("family", KINDS)
def test_a_word_changes_what_is_painted_and_the_model_stays_what_it_was(models, loras, tmp_path: Path, family: str):
    found = tensors(models, family)
    save_file(found if family == "sd3" else in_kohyas(found), tmp_path / "any.safetensors")
    lora = imported(models, loras, tmp_path / "any.safetensors")
    assert lora.family == models.get(family).card.family
    network = models.get(family).network
    own, before = list(network.parameters()), fingerprint(network)
    plain, worn = (painted(models, family, words, loras) for words in ("a dog", "rex"))
    assert not np.allclose(plain, worn, atol=0.02)
    assert fingerprint(network) == before
    assert all(one is other for one, other in zip(network.parameters(), own, strict=True))
    assert np.array_equal(painted(models, family, "a dog", loras), plain)


def test_it_paints_what_diffusers_paints_with_the_same_file(models: Models, loras: LoraStore, tmp_path: Path):
    unet = {name.removeprefix("unet."): one for name, one in tensors(models, "sd15").items()}
    encoder = {
        f"{ENCODER.removeprefix('text_encoder.')}.lora_{side}.weight": torch.randn(shape) / 2
        for side, shape in (("A", (2, 32)), ("B", (32, 2)))
    }
    StableDiffusionPipeline.save_lora_weights(tmp_path, unet, encoder)
    file = tmp_path / "pytorch_lora_weights.safetensors"
    imported(models, loras, file)
    adapter = models.get("sd15")
    pipe = StableDiffusionPipeline(**{**adapter.pipe.components, "image_encoder": None}, requires_safety_checker=False)  # type: ignore[attr-defined, no-untyped-call]
    words, latents = ["rex on a beach"], torch.randn(1, 4, 8, 8)
    with models.speaking(words[0], loras) as wardrobe:
        worn = models.get("sd15")
        ours = worn.network(latents, 500, worn.condition(words[0]).parts["prompt_embeds"]).sample
        assert "as it was taught" in wardrobe.notices[0]
    try:
        pipe.load_lora_weights(tmp_path, weight_name=file.name)
        theirs = pipe.unet(latents, 500, pipe.encode_prompt(words, "cpu", 1, False)[0]).sample
    finally:
        pipe.unload_lora_weights()
    assert torch.allclose(ours, theirs, atol=1e-5)
    plain = adapter.network(latents, 500, adapter.condition(words[0]).parts["prompt_embeds"]).sample
    assert not torch.allclose(ours, plain, atol=1e-2)


@pytest.mark.parametrize("family", ["sd15", "sdxl"])
def test_kohyas_naming_and_diffusers_are_the_same_and_alpha_counts(models, loras, tmp_path: Path, family: str):
    found = tensors(models, family)
    save_file(found, tmp_path / "peft.safetensors")
    kohyas = in_kohyas(found)
    save_file(kohyas, tmp_path / "kohya.safetensors")
    halved = {name: torch.tensor(2.0) if name.endswith(".alpha") else one for name, one in kohyas.items()}  # of rank 4
    save_file(halved, tmp_path / "halved.safetensors")
    for name in ("peft", "kohya", "halved"):
        imported(models, loras, tmp_path / f"{name}.safetensors", name, phrase="sks dog")
    peft, kohya = (painted(models, family, word, loras) for word in ("peft", "kohya"))
    assert np.allclose(peft, kohya, atol=1e-5)
    assert np.allclose(painted(models, family, "peft:0.5", loras), painted(models, family, "halved", loras), atol=1e-4)
    for naming in Naming:
        file = export("halved", loras, models.store, tmp_path / f"{naming.value}-out.safetensors", naming)
        imported(models, loras, file, f"as-{naming.value}", phrase="sks dog")
        assert np.allclose(
            painted(models, family, f"as-{naming.value}", loras), painted(models, family, "halved", loras), atol=1e-4
        )


def test_as_it_is_kept_it_is_exported_byte_for_byte(models: Models, loras: LoraStore, tmp_path: Path):
    save_file(in_kohyas(tensors(models, "sd15")), tmp_path / "any.safetensors", {"ss_tag_frequency": "{}"})
    imported(models, loras, tmp_path / "any.safetensors")
    out = export("rex", loras, models.store, tmp_path)
    assert out == tmp_path / "rex.safetensors"
    one, other = load_file(out), load_file(tmp_path / "any.safetensors")
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)
    with pytest.raises(OverpaintError, match="there already"):
        export("rex", loras, models.store, tmp_path)


def test_a_transformer_has_no_names_in_kohyas_naming(models: Models, loras: LoraStore, tmp_path: Path):
    save_file(tensors(models, "sd3"), tmp_path / "any.safetensors")
    imported(models, loras, tmp_path / "any.safetensors")
    with pytest.raises(OverpaintError, match="UNet") as caught:
        export("rex", loras, models.store, tmp_path / "out.safetensors", Naming.KOHYA)
    assert caught.value.hint
    assert not (tmp_path / "out.safetensors").exists()
    assert export("rex", loras, models.store, tmp_path / "out.safetensors", Naming.DIFFUSERS).exists()


def test_several_words_are_worn_together_and_a_weight_of_0_is_none(models: Models, loras: LoraStore, tmp_path: Path):
    for word, seed in (("rex", 1), ("minka", 2)):
        found = {name: one * seed for name, one in tensors(models, "sd15").items()}
        save_file(found, tmp_path / f"{word}.safetensors")
        imported(models, loras, tmp_path / f"{word}.safetensors", word, phrase="thing")
    rex, minka, both = (painted(models, "sd15", words, loras) for words in ("rex", "minka", "rex minka"))
    assert not any(np.allclose(one, both, atol=1e-2) for one in (rex, minka))
    assert np.allclose(painted(models, "sd15", "rex:0", loras), painted(models, "sd15", "thing", loras), atol=1e-6)


def test_a_word_for_another_kind_of_model_is_a_word_like_any_other(models: Models, loras: LoraStore, tmp_path: Path):
    save_file(tensors(models, "sdxl"), tmp_path / "any.safetensors")
    imported(models, loras, tmp_path / "any.safetensors")
    with models.speaking("rex", loras) as wardrobe:
        adapter = models.get("sd15")
        assert adapter.glossary.shown("rex") == "rex"
        assert "another kind of model" in wardrobe.notices[0]


def test_what_is_kept_of_a_picture_is_kept_apart_for_a_model_that_wears_something(models, loras, tmp_path: Path):
    save_file(tensors(models, "sd15"), tmp_path / "any.safetensors")
    imported(models, loras, tmp_path / "any.safetensors")
    names = set()
    for prompt in ("a dog", "rex", "rex:0.5"):
        with models.speaking(prompt, loras):
            names.add(models.identity("sd15"))
    assert len(names) == 3
    with models.speaking("a cat", loras):
        assert models.identity("sd15") in names


def test_a_model_that_is_unloaded_meanwhile_is_whole_when_it_comes_back(
    models: Models, loras: LoraStore, tmp_path: Path
):
    save_file(tensors(models, "sd15"), tmp_path / "any.safetensors")
    imported(models, loras, tmp_path / "any.safetensors")
    network = models.get("sd15").network
    before = fingerprint(network)
    with models.speaking("rex", loras):
        models.get("sd15")
        assert fingerprint(network) != before
        models.unload()
        assert fingerprint(network) == before
        assert fingerprint(models.get("sd15").network) != before
    assert fingerprint(models.get("sd15").network) == before


def layer(name: str) -> dict[str, torch.Tensor]:
    return {f"{name}.lora_A.weight": torch.ones(4, 8), f"{name}.lora_B.weight": torch.ones(8, 4)}


def broken(found: dict[str, torch.Tensor], what: str) -> dict[str, torch.Tensor]:
    first = next(iter(found))
    return {
        "another model's": {name.replace("attentions.0", "attentions.9"): one for name, one in found.items()},
        "other sizes": {name: torch.zeros(*(side + 1 for side in one.shape)) for name, one in found.items()},
        "one layer more": {**found, **layer("unet.nowhere")},
        "half a layer": {name: one for name, one in found.items() if name != first},
        "a whole model": {"unet.conv_in.weight": torch.ones(4, 4)},
        "LoHa": {f"lora_unet_x.hada_w{number}_a": torch.ones(4, 4) for number in (1, 2)},
        "LoKr": {"lora_unet_x.lokr_w1": torch.ones(4, 4)},
        "DoRA": {**found, "unet.x.lora_magnitude_vector": torch.ones(4)},
        "nothing": {},
        "a text encoder nobody has": {**found, **layer("text_encoder_2.x")},
    }[what]  # fmt: skip


@pytest.mark.parametrize(
    "what",
    [
        "another model's", "other sizes", "one layer more", "half a layer", "a whole model", "LoHa", "LoKr", "DoRA",
        "nothing", "a text encoder nobody has",
    ],
)  # fmt: skip
def test_what_no_model_could_wear_whole_is_refused(models: Models, loras: LoraStore, tmp_path: Path, what: str):
    save_file(broken(tensors(models, "sd15"), what), tmp_path / "any.safetensors")
    with pytest.raises(OverpaintError) as caught:
        imported(models, loras, tmp_path / "any.safetensors")
    assert caught.value.code is Code.BAD_REQUEST
    assert caught.value.hint
    assert loras.all() == ()


@pytest.mark.parametrize(
    "name", ["any.pt", "any.ckpt", "any.bin", "any.pkl", "any.safetensors", "any.txt", "nothing", "folder"]
)
def test_what_is_no_sound_file_is_refused(models: Models, loras: LoraStore, tmp_path: Path, name: str):
    if name == "folder":
        (tmp_path / name).mkdir()
    elif name != "nothing":
        (tmp_path / name).write_bytes(b"\x80\x04cos\nsystem\n")
    with pytest.raises(OverpaintError) as caught:
        imported(models, loras, tmp_path / name)
    assert caught.value.sentence
    assert loras.all() == ()


def test_a_truncated_file_and_one_with_endless_notes_are_refused(models: Models, loras: LoraStore, tmp_path: Path):
    file = tmp_path / "any.safetensors"
    save_file(tensors(models, "sd15"), file)
    whole = file.read_bytes()
    for cut in (0, 4, 100, len(whole) - 1):
        file.write_bytes(whole[:cut])
        with pytest.raises(OverpaintError):
            imported(models, loras, file)
    write_safetensors(file, {"lora_unet_x.lora_down.weight": ("F16", (4, 8))}, {"tags": "x" * (17 << 20)})
    with pytest.raises(OverpaintError, match="notes of"):
        imported(models, loras, file)
    assert loras.all() == ()


def test_numbers_that_are_none_are_not_worn(models: Models, loras: LoraStore, tmp_path: Path):
    found = tensors(models, "sd15")
    save_file({name: torch.full_like(one, float("nan")) for name, one in found.items()}, tmp_path / "any.safetensors")
    lora = loras.put(tmp_path / "any.safetensors", Lora("rex", "rex", "", Taught.STYLE, "sd15"))
    network = models.get("sd15").network
    before = fingerprint(network)
    with pytest.raises(MisfitError, match="none"), models.get("sd15").wearing([Spoken(lora)]):
        pass
    assert fingerprint(network) == before
    with models.speaking("rex", loras) as wardrobe:
        models.get("sd15")
    assert "another kind" in wardrobe.notices[0]


def test_one_that_does_not_fit_does_not_take_the_others_along(models: Models, loras: LoraStore, tmp_path: Path):
    save_file(tensors(models, "sd15"), tmp_path / "good.safetensors")
    imported(models, loras, tmp_path / "good.safetensors", "good")
    save_file(tensors(models, "sdxl"), tmp_path / "other.safetensors")
    loras.put(tmp_path / "other.safetensors", Lora("other", "other", "", Taught.STYLE, "sd15"))
    assert len(spoken("other good", loras.all())) == 2
    with models.speaking("other good", loras) as wardrobe:
        assert models.get("sd15").glossary.shown("other good") == "other good"
    assert ["as it was taught" in notice for notice in wardrobe.notices] == [False, True]


def test_a_word_is_free_before_anything_is_read(models: Models, loras: LoraStore, tmp_path: Path):
    save_file(tensors(models, "sd15"), tmp_path / "any.safetensors")
    first = imported(models, loras, tmp_path / "any.safetensors", licence="CC0")
    with pytest.raises(OverpaintError, match="taken"):
        imported(models, loras, tmp_path / "any.safetensors")
    assert loras.all() == (first,)
    assert first.licence == "CC0"
