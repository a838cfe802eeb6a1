"""What kind of model a .safetensors file holds, from the names and shapes in its header. Torch-free."""

from __future__ import annotations

from dataclasses import dataclass

from server.wire.errors import Code, OverpaintError

from .headers import Header

_UNET = "model.diffusion_model."
_WORDS_IN = "transformer_blocks.0.attn2.to_k.weight"


@dataclass(frozen=True)
class Checkpoint:
    """A whole Stable Diffusion in one file. configs: the shipped configuration it loads with. prediction: as the
    file's own notes say; empty: unknown."""

    family: str
    configs: str
    in_channels: int
    prediction: str

    @property
    def made_to_inpaint(self) -> bool:
        return self.in_channels == 9


def sniff(header: Header) -> Checkpoint:
    """Raises bad-request, saying what the file is instead, when it is not a whole model of a family we can load."""
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
    return Checkpoint(
        "sdxl" if configs == "sdxl" else "sd15", configs, first[1], _prediction(header, configs, first[1])
    )


def _configs(header: Header) -> str:
    context = header.shape(f"{_UNET}input_blocks.1.1.{_WORDS_IN}") or header.shape(
        f"{_UNET}input_blocks.4.1.{_WORDS_IN}"
    )
    known = {768: "sd1", 1024: "sd2", 2048: "sdxl"}
    if context is None or context[-1] not in known:
        raise _refused("The model is not Stable Diffusion 1, 2 or XL.")
    return known[context[-1]]


def _prediction(header: Header, configs: str, in_channels: int) -> str:
    noted = header.metadata.get("modelspec.prediction_type", "")
    if noted:
        return "v_prediction" if noted.startswith("v") else "epsilon"
    if "v_pred" in header.tensors:  # how SDXL fine-tunes mark it
        return "v_prediction"
    return "epsilon" if configs == "sd2" and in_channels == 9 else ""


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
