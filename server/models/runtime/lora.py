"""LoRAs put on a pipeline, through diffusers and peft, which know all names that such files have.

They are put on as other parameters: each layer that one reaches has for a while the sum of its own weights and the
addition (``W + s · B A``, arXiv 2106.09685, §4.1). Its own, the very same tensors, wait meanwhile and come back; so
every method works with a model that wears some as with any other, those that learn on top of it, too.
"""

from __future__ import annotations

import logging
import re
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from diffusers.utils import logging as diffusers_logging
from diffusers.utils.state_dict_utils import convert_state_dict_to_kohya
from peft.tuners.lora import LoraLayer
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from server.models.headers import safetensors
from server.models.store.loras import Lora, LoraStore
from server.models.store.spoken import Spoken
from server.wire.errors import Code, OverpaintError
from server.wire.files import private_folder

from .misfit import MisfitError

log = logging.getLogger(__name__)

Tensors = Mapping[str, Tensor]

_LEARNED = re.compile(r"lora_A|lora_down|lora\.down|lora_linear_layer\.down")
_OTHER_KINDS = re.compile(
    r"\.(hada|lokr)_w\d|lora_mid|dora_scale|lora_magnitude|oft_|ia3_|lora_controlnet|\.diff(_b)?$"
)
"""LoHa, LoKr, CP-decomposed and DoRA layers, OFT, (IA)³, whole differences: read by diffusers in part, or not."""

_WRONG = (ValueError, KeyError, IndexError, RuntimeError, AttributeError, TypeError, NotImplementedError)
"""What diffusers and peft raise over names and shapes that fit no layer."""


def read(path: Path) -> dict[str, Tensor]:
    """Its tensors, on the processor. Raises ``OverpaintError`` for a file that is not sound."""
    safetensors.read(path)
    return load_file(path)


@contextmanager
def worn(pipe: Any, spoken: Sequence[Spoken]) -> Iterator[None]:
    """While this lasts, ``pipe`` computes with all of them. Raises ``MisfitError``; then it wears none."""
    with _exchanged(pipe, {f"lora_{number}": one for number, one in enumerate(spoken)}):
        yield


def try_on(pipe: Any, tensors: Tensors, word: str) -> None:
    """Raises ``MisfitError`` for what ``pipe`` cannot wear. Its weights may be absent; it is of no use afterwards."""
    with _quietly():
        load(pipe, tensors, _TRIED, word)


def renamed(pipe: Any, source: Path, target: Path, word: str, *, kohya: bool) -> None:
    """``target`` becomes ``source`` with its tensors called as kohya's trainer has them, or peft. ``pipe``: that can
    wear it; of no use afterwards. Raises ``OverpaintError``."""
    try_on(pipe, read(source), word)
    tensors = _plain(pipe)
    notes = safetensors.read(source).metadata
    notes.pop("modelspec.hash_sha256", "")  # of the tensors under their names
    save_file(in_kohyas_naming(tensors) if kohya else tensors, target, notes)


def _plain(pipe: Any) -> dict[str, Tensor]:
    """What was tried on, in peft's naming behind the name of its part, at scale 1."""
    found: dict[str, Tensor] = {}
    for part, network in pipe.components.items():
        for name, layer in network.named_modules() if isinstance(network, nn.Module) else ():
            if isinstance(layer, LoraLayer):
                down, up = (side[_TRIED].get_parameter("weight").detach() for side in (layer.lora_A, layer.lora_B))
                found[f"{part}.{name}.lora_A.weight"] = down.contiguous()
                found[f"{part}.{name}.lora_B.weight"] = (up * layer.scaling[_TRIED]).contiguous()
    return found


def keep(tensors: Tensors, architecture: str, lora: Lora, store: LoraStore) -> Lora:
    """Puts ``tensors``, named as peft does behind the name of their part, on ``store`` as ``lora``: of a UNet in
    kohya's naming, which all programs read; of a transformer in diffusers', for kohya's has one for each kind."""
    notes = {"modelspec.architecture": f"{architecture}/lora"} if architecture else {}
    half = {name: tensor.to(_STORED.get(tensor.dtype, tensor.dtype)).contiguous() for name, tensor in tensors.items()}
    with tempfile.TemporaryDirectory(prefix=".", dir=private_folder(store.root)) as folder:
        file = Path(folder) / "taught.safetensors"
        save_file(in_kohyas_naming(half) if _of_unet(half) else half, file, {"format": "pt", **notes})
        return store.put(file, lora)


def in_kohyas_naming(tensors: Tensors) -> dict[str, Tensor]:
    """From peft's. Raises bad-request for what has no such names."""
    if not _of_unet(tensors):
        raise OverpaintError(
            Code.BAD_REQUEST,
            "kohya's naming is for models with a UNet, such as Stable Diffusion 1, 2 and XL.",
            "Export it in diffusers' naming, which others read for this model.",
        )
    converted = convert_state_dict_to_kohya(dict(tensors))  # type: ignore[no-untyped-call]
    return {name: tensor.contiguous() for name, tensor in converted.items()}


def _of_unet(tensors: Tensors) -> bool:
    return all(name.startswith(("unet.", "text_encoder")) for name in tensors)


_TRIED = "tried"
_STORED = {torch.float32: torch.float16}


def check_kind(names: Sequence[str]) -> None:
    """Raises bad-request for what is no LoRA, or one of a kind that would be worn in part only."""
    odd = next((name for name in names if _OTHER_KINDS.search(name)), "")
    if odd:
        raise OverpaintError(
            Code.BAD_REQUEST,
            f"The file holds “{odd[:80]}”: an addition of another kind than LoRA (LoHa, LoKr, DoRA, …).",
            "Get it as a plain LoRA, or convert it to one.",
        )
    if not any(_LEARNED.search(name) for name in names):
        raise OverpaintError(
            Code.BAD_REQUEST, "The file is no LoRA.", "Import a whole model with “overpaint models import”."
        )


@contextmanager
def _exchanged(pipe: Any, wanted: Mapping[str, Spoken]) -> Iterator[None]:
    parts = [part for part in pipe.components.values() if isinstance(part, nn.Module)]
    own = [
        (module, name, child) for part in parts for module in part.modules() for name, child in module.named_children()
    ]
    weights = [(module, dict(module._parameters)) for part in parts for module in part.modules()]
    try:
        try:
            with _quietly():
                _merge(pipe, parts, wanted)
        finally:
            for module, name, child in own:
                if module._modules.get(name) is not child:
                    module._modules[name] = child
            for part in parts:
                _forget_adapters(part)
        yield
    finally:
        for module, parameters in weights:
            for name, parameter in parameters.items():
                if module._parameters.get(name) is not parameter:
                    module._parameters[name] = parameter


def _merge(pipe: Any, parts: Sequence[nn.Module], wanted: Mapping[str, Spoken]) -> None:
    for name, one in wanted.items():
        load(pipe, read(one.lora.path), name, one.lora.word)
    scales = {name: one.weight for name, one in wanted.items()}
    for part in parts:
        for layer in [module for module in part.modules() if isinstance(module, LoraLayer)]:
            base = layer.get_base_layer()
            for leaf, parameter in base._parameters.items():
                if parameter is not None:  # what is merged gets other data, and these are not to be the model's own
                    base._parameters[leaf] = nn.Parameter(parameter.data, requires_grad=False)
            for name in (name for name in scales if name in layer.lora_A):
                layer.set_scale(name, scales[name])
                try:
                    layer.merge(safe_merge=True, adapter_names=[name])
                except ValueError as error:
                    raise MisfitError(wanted[name].lora.word, "some of its numbers are none") from error


def load(pipe: Any, tensors: Tensors, adapter: str, word: str) -> None:
    """Puts it on as layers of peft, all of it. Raises ``MisfitError`` where a part would be left out."""
    check_kind(list(tensors))
    loader = getattr(pipe, "load_lora_weights", None)
    if loader is None:
        raise MisfitError(word, "its kind of pipeline takes none")
    try:
        loader(dict(tensors), adapter_name=adapter)
    except _WRONG as error:
        raise MisfitError(word, _reason(error)) from error
    wanted = sum(bool(_LEARNED.search(name)) for name in tensors)
    found = sum(
        adapter in module.lora_A
        for part in _modules(pipe)
        for module in part.modules()
        if isinstance(module, LoraLayer)
    )
    if found != wanted:
        raise MisfitError(word, f"of its {wanted} layers the model has {found}")


def _reason(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:120]


def _modules(pipe: Any) -> list[nn.Module]:
    return [part for part in pipe.components.values() if isinstance(part, nn.Module)]


def _forget_adapters(part: nn.Module) -> None:
    for name in ("peft_config", "_hf_peft_config_loaded"):
        if name in part.__dict__:
            delattr(part, name)


@contextmanager
def _quietly() -> Iterator[None]:
    """diffusers warns of each part of a pipeline that a file has nothing for, peft of each second LoRA."""
    before = diffusers_logging.get_verbosity()
    diffusers_logging.set_verbosity(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        diffusers_logging.set_verbosity(before)
