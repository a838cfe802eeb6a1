"""What kind of model a .safetensors file holds, from the names and shapes in its header. Torch-free.

A file from a trainer or a merger says little of how it was trained. What it says is taken from its notes (Stability's
``modelspec`` and kohya's ``ss_`` fields), and from the empty tensors with which fine-tunes of SDXL mark themselves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from server.wire.errors import Code, OverpaintError

from . import headers
from .headers import Header

EPSILON, VELOCITY = "epsilon", "v_prediction"

_UNET = "model.diffusion_model."
_WORDS_IN = "transformer_blocks.0.attn2.to_k.weight"
_TELLING = f"{_UNET}output_blocks.11.1.transformer_blocks.0.norm1.bias"
_SPREAD = 0.09
"""Of the standard deviation of that bias: more in Stable Diffusion 2's models that predict velocity, less in its base
models; by it ComfyUI tells them apart, which differ in nothing else that the file says."""


@dataclass(frozen=True)
class Checkpoint:
    """A whole Stable Diffusion in one file.

    configs: the shipped configuration it loads with. in_channels: of the UNet. prediction: EPSILON or VELOCITY.
    zero_snr: trained to a schedule that ends in pure noise (Lin et al., arXiv 2305.08891).
    native: side in pixels of the squares it was trained on.
    """

    family: str
    configs: str
    in_channels: int
    prediction: str
    zero_snr: bool
    native: int

    @property
    def made_to_inpaint(self) -> bool:
        return self.in_channels == 9


def sniff(header: Header, prediction: str = "") -> Checkpoint:
    """prediction: EPSILON or VELOCITY where the person knows better than the file.

    Raises bad-request, saying what the file is instead, when it is not a whole model of a family we can load.
    """
    first = header.shape(f"{_UNET}input_blocks.0.0.weight")
    if first is None or len(first) != 4:
        raise _not_whole(header)
    if first[1] not in (4, 9):
        raise _refused(f"The model takes {first[1]} channels; Overpaint runs those with 4 or 9.")
    configs = _configs(header)
    if not _has(header, "first_stage_model."):
        raise _refused("The file holds no autoencoder, so it is only a part of a model.")
    if not _has(header, "cond_stage_model.") and not _has(header, "conditioner.embedders."):
        raise _refused("The file holds no text encoder, so it is only a part of a model.")
    _refuse_continuous(header)
    predicts = prediction or _prediction(header, configs, first[1])
    zero_snr = "ztsnr" in header.tensors or header.metadata.get("ss_zero_terminal_snr", "").lower() == "true"
    if prediction == EPSILON:
        zero_snr = False
    elif zero_snr and predicts == EPSILON:
        raise _refused(
            "The file says that its noise ends in pure noise (zero terminal SNR) and that it predicts noise, "
            "which cannot both be.",
            "If you know how it was trained, import it with --prediction.",
        )
    native = _native(header, configs, predicts, first[1])
    return Checkpoint("sdxl" if configs == "sdxl" else "sd15", configs, first[1], predicts, zero_snr, native)


def _configs(header: Header) -> str:
    context = header.shape(f"{_UNET}input_blocks.1.1.{_WORDS_IN}") or header.shape(
        f"{_UNET}input_blocks.4.1.{_WORDS_IN}"
    )
    known = {768: "sd1", 1024: "sd2", 2048: "sdxl"}
    if context is None or context[-1] not in known:
        raise _refused("The model is not Stable Diffusion 1, 2 or XL.")
    return known[context[-1]]


def _refuse_continuous(header: Header) -> None:
    """EDM's continuous noise levels (CosXL, Playground 2.5): no scheduler of ours paints with them."""
    if any(name.startswith("edm_") for name in header.tensors):
        raise _refused("The model was trained with EDM's continuous noise levels, which Overpaint cannot paint with.")


def _prediction(header: Header, configs: str, in_channels: int) -> str:
    noted = {said for said in (_in_modelspec(header), _in_kohya(header), _marked(header)) if said}
    if len(noted) > 1:
        raise _refused(
            "The file contradicts itself about what it predicts: noise, or velocity.",
            "If you know, import it with --prediction epsilon or --prediction v.",
        )
    if noted:
        return noted.pop()
    return _of_base_2(header) if configs == "sd2" and in_channels == 4 else EPSILON


def prediction_of(said: str) -> str:
    """EPSILON or VELOCITY for one of their names, empty for an empty one. Raises bad-request for anything else."""
    known = {"": "", "epsilon": EPSILON, "eps": EPSILON, "v": VELOCITY, "v_prediction": VELOCITY, "velocity": VELOCITY}
    name = said.strip().lower()
    if name not in known:
        raise _refused(
            f"Overpaint paints with models that predict noise or velocity, not “{name[:40]}”.",
            "Say --prediction epsilon for noise, or --prediction v for velocity.",
        )
    return known[name]


def _in_modelspec(header: Header) -> str:
    return prediction_of(header.metadata.get("modelspec.prediction_type", ""))


def _in_kohya(header: Header) -> str:
    return {"true": VELOCITY, "false": EPSILON}.get(header.metadata.get("ss_v_parameterization", "").lower(), "")


def _marked(header: Header) -> str:
    return VELOCITY if "v_pred" in header.tensors else ""


def _of_base_2(header: Header) -> str:
    numbers = headers.values(header, _TELLING)
    if numbers is None or numbers.size == 0:
        return EPSILON
    return VELOCITY if float(numbers.std()) > _SPREAD else EPSILON


def _native(header: Header, configs: str, prediction: str, in_channels: int) -> int:
    noted = re.fullmatch(r"(\d{3,4})x\1", header.metadata.get("modelspec.resolution", "").strip())
    if noted and int(noted[1]) in range(256, 2049, 64):
        return int(noted[1])
    if configs == "sd2":
        return 768 if prediction == VELOCITY and in_channels == 4 else 512
    return 1024 if configs == "sdxl" else 512


def _not_whole(header: Header) -> OverpaintError:
    if any("lora" in name.lower() for name in header.tensors):
        return _refused("The file is a LoRA, an addition to a model, not a model.")
    if _has(header, "joint_blocks.") or _has(header, f"{_UNET}joint_blocks."):
        return _refused("Stable Diffusion 3 cannot be loaded from one file.", "Import its diffusers folder instead.")
    if _has(header, "double_blocks.") or _has(header, f"{_UNET}double_blocks."):
        return _refused("FLUX cannot be loaded from one file.", "Import its diffusers folder instead.")
    if _has(header, "down_blocks.") or _has(header, "text_model.") or _has(header, "encoder."):
        return _refused("The file is only a part of a model.", "Import the whole diffusers folder it belongs to.")
    return _refused("The file is not a model that Overpaint knows.")


def _has(header: Header, prefix: str) -> bool:
    return any(name.startswith(prefix) for name in header.tensors)


def _refused(
    sentence: str, hint: str = "Get a whole Stable Diffusion 1, 2 or XL model, or a diffusers folder."
) -> OverpaintError:
    return OverpaintError(Code.BAD_REQUEST, sentence, hint)
