"""Whether a model's files hold every weight that its networks have, in the right shape, and nothing that is left out.

diffusers and transformers load what fits and only log the rest: a file that lacks a block, or keeps its weights scaled,
would paint noise. So the networks are built on torch's meta device, where they take no memory, and compared with the
files' headers. Needs torch: ``adopt`` and ``pull`` import it when they have a model in hand, not before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from diffusers.loaders import single_file_utils

from server.models.store import files, headers
from server.models.store.headers import Header
from server.wire.errors import Code, OverpaintError

transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]

original: Any = single_file_utils
"""How diffusers renames what the original code wrote; without types."""

Shapes = dict[str, tuple[int, ...]]
Weights = dict[str, torch.Tensor]

_FLOATS = {"F16", "BF16", "F32", "F64", "F8_E4M3", "F8_E5M2"}
"""Types whose numbers are the weights themselves; others need scales that are kept elsewhere."""

_COUNTED = re.compile(r"(.*\.)?num_batches_tracked")
"""A whole number by nature: how many batches a batch norm saw while it was trained."""

_UNREAD = re.compile(
    r"(.*\.)?(position_ids|logit_scale|attn_mask)|(vision_model|decoder|lm_head)\..*"
    r"|(cond_stage_model|conditioner\.embedders\.0)\..*text_projection(\.weight)?"
)
"""What published text encoders carry along although nobody reads it."""

_BESIDE = re.compile(
    r"(model_ema|safety_checker|control_model|(first_stage_model\.)?(loss|discriminator))\..*|denoiser\.\w+|v_pred|ztsnr"
    r"|scale_factor|global_step|betas|alphas_cumprod(_prev)?|(sqrt|log)_\w+|posterior_\w+|logvar|lvlb_weights"
)
"""In a single file beside the networks that paint: averaged weights, other networks, schedules, marks."""


@dataclass(frozen=True)
class _Part:
    """A network in a single file: the beginning of its tensors' names there, and how diffusers renames them."""

    name: str
    prefix: str
    renamed: Callable[[Weights, Any], Weights]


def check_folder(folder: Path, variant: str) -> None:
    """A diffusers folder, with the weights of ``variant`` where a part has such. Raises ``OverpaintError``
    (bad-request) that names the part which is not whole."""
    index = files.index(folder)
    for part in sorted(files.parts_of(index)):
        kind = _class(index, part)
        if issubclass(kind, diffusers.ModelMixin):
            stored = _stored(folder, part, variant)
            _check_types(part, {name: tensor.dtype for header in stored for name, tensor in header.tensors.items()})
            shapes = {name: tensor.shape for header in stored for name, tensor in header.tensors.items()}
            network = _network(part, kind, folder)
            network._fix_state_dict_keys_on_load(shapes)  # as from_pretrained does: names of older files
            _compare(part, _shapes(network), shapes)
        elif issubclass(kind, transformers.PreTrainedModel):
            _check_encoder(part, kind, folder, variant)


def check_file(header: Header, configs: Path) -> None:
    """A Stable Diffusion in one file, to be loaded with what is in ``configs``. Raises as ``check_folder``."""
    index = files.index(configs)
    rest = {name for name in header.tensors if not _BESIDE.fullmatch(name) and not _UNREAD.fullmatch(name)}
    rest -= set(original.SD_2_TEXT_ENCODER_KEYS_TO_IGNORE)
    for part in _parts(index, header):
        inside = {name: header.tensors[name] for name in rest if name.startswith(part.prefix)}
        _check_types(part.name, {name: tensor.dtype for name, tensor in inside.items()})
        network = _network(part.name, _class(index, part.name), configs)
        on_meta = {name: torch.empty(tensor.shape, device="meta") for name, tensor in inside.items()}
        with _foreign(part.name):
            renamed = part.renamed(on_meta, network)
        _compare(part.name, _shapes(network), {name: tuple(weight.shape) for name, weight in renamed.items()})
        _check_nothing_left(part.name, inside, len(renamed))
        rest -= inside.keys()
    if rest:
        raise _refused(f"The file holds “{min(rest)[:80]}”, which is no part of a Stable Diffusion.")


def _parts(index: Mapping[str, Any], header: Header) -> Iterator[_Part]:
    yield _Part("unet", original.LDM_UNET_KEY, _unet)
    yield _Part("vae", "first_stage_model.", _vae)
    if "text_encoder_2" in index:
        yield _Part("text_encoder", "conditioner.embedders.0.transformer.", _clip)
        yield _open_clip("text_encoder_2", "conditioner.embedders.1.model.")
    elif any(name.startswith("cond_stage_model.model.") for name in header.tensors):
        yield _open_clip("text_encoder", "cond_stage_model.model.")
    else:
        yield _Part("text_encoder", "cond_stage_model.transformer.", _clip)


def _unet(weights: Weights, network: Any) -> Weights:
    return original.convert_ldm_unet_checkpoint(weights, network.config)  # type: ignore[no-any-return]


def _vae(weights: Weights, network: Any) -> Weights:
    return original.convert_ldm_vae_checkpoint(weights, network.config)  # type: ignore[no-any-return]


def _clip(weights: Weights, network: Any) -> Weights:
    return _flattened(original.convert_ldm_clip_checkpoint(weights), network)


def _open_clip(name: str, prefix: str) -> _Part:
    def renamed(weights: Weights, network: Any) -> Weights:
        return _flattened(original.convert_open_clip_checkpoint(network, weights, prefix=prefix), network)

    return _Part(name, prefix, renamed)


def _flattened(weights: Weights, network: Any) -> Weights:
    """Without the ``text_model.`` before each name where this version of transformers has none."""
    if hasattr(network, "text_model"):
        return weights
    return {name.removeprefix("text_model."): weight for name, weight in weights.items()}


def _class(index: Mapping[str, Any], part: str) -> Any:
    library, name = index[part]
    kind = getattr(diffusers if library == "diffusers" else transformers, str(name), None)
    if not isinstance(kind, type):
        raise _refused(f"The model's part “{part[:40]}” is a “{str(name)[:60]}”, which this version does not know.")
    return kind


def _network(part: str, kind: Any, configs: Path) -> Any:
    """Built from its configuration, without memory for its weights."""
    with _foreign(part), torch.device("meta"):
        if issubclass(kind, diffusers.ModelMixin):
            return kind.from_config(kind.load_config(configs / part))
        return kind(kind.config_class.from_pretrained(configs, subfolder=part, local_files_only=True))


def _shapes(network: Any) -> Shapes:
    return {name: tuple(weight.shape) for name, weight in network.state_dict().items()}


def _stored(folder: Path, part: str, variant: str) -> list[Header]:
    names = [path.relative_to(folder).as_posix() for path in (folder / part).iterdir()]
    wanted = files.wanted(names, frozenset({part}), variant)
    return [headers.read(folder / name) for name in wanted if name.endswith(files.WEIGHTS)]


def _check_encoder(part: str, kind: Any, folder: Path, variant: str) -> None:
    """transformers compares by itself, and knows of tied weights and of the names of its earlier versions."""
    stored = _stored(folder, part, variant)
    _check_types(part, {name: tensor.dtype for header in stored for name, tensor in header.tensors.items()})
    found = files.variants(path.name for path in (folder / part).iterdir())
    with _foreign(part):
        _, info = kind.from_pretrained(
            folder / part,
            device_map="meta",
            output_loading_info=True,
            use_safetensors=True,
            local_files_only=True,
            ignore_mismatched_sizes=True,  # told by us below
            variant=variant if variant and variant in found else None,
        )
    _check_missing(part, {str(name) for name in info["missing_keys"]})
    _check_misshapen(part, {str(name[0] if isinstance(name, tuple) else name) for name in info["mismatched_keys"]})
    _check_unknown(part, {str(name) for name in info["unexpected_keys"] if not _UNREAD.fullmatch(str(name))})


def _compare(part: str, wanted: Shapes, given: Shapes) -> None:
    _check_missing(part, wanted.keys() - given.keys())
    _check_unknown(part, given.keys() - wanted.keys())
    _check_misshapen(part, {name for name, shape in wanted.items() if given[name] != shape})


def _check_nothing_left(part: str, inside: Mapping[str, headers.Tensor], taken: int) -> None:
    """Each tensor becomes one, but for OpenCLIP's, which hold query, key and value in one."""
    fused = sum(name.endswith((".in_proj_weight", ".in_proj_bias")) for name in inside)
    if len(inside) + 2 * fused != taken:
        raise _refused(f"Some of what the file holds for its part “{part}” would be left out.")


def _check_types(part: str, types: Mapping[str, str]) -> None:
    for name, dtype in types.items():
        if dtype not in _FLOATS and not _UNREAD.fullmatch(name) and not _COUNTED.fullmatch(name):
            raise _refused(
                f"The model's part “{part}” is stored in {dtype}, packed, which Overpaint does not read.",
                "Get the model in 16 bits (fp16 or bf16).",
            )


def _check_missing(part: str, names: set[str]) -> None:
    if names:
        raise _refused(
            f"The model's part “{part}” is not whole: it lacks {_count(names)}.",
            "It may be cut, pruned, or of another kind: get a whole one.",
        )


def _check_misshapen(part: str, names: set[str]) -> None:
    if names:
        raise _refused(f"The model's part “{part}” is of another size than its kind: {_count(names)}.")


def _check_unknown(part: str, names: set[str]) -> None:
    scales = {name for name in names if "scale" in name.rpartition(".")[2]}
    if scales:
        raise _refused(
            f"The weights of the model's part “{part}” are stored scaled, which Overpaint does not read.",
            "Get the model in 16 bits (fp16 or bf16), or in plain fp8.",
        )
    if names:
        raise _refused(f"The model's part “{part}” holds what would be left out: {_count(names)}.")


def _count(names: set[str]) -> str:
    return f"“{min(names)[:80]}”" + (f" and {len(names) - 1} more" if len(names) > 1 else "")


@contextmanager
def _foreign(part: str) -> Iterator[None]:
    """What a library raises over a file that says nonsense, as a sentence."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError) as error:
        reason = f"{type(error).__name__}: {error}"[:200]
        raise _refused(f"The model's part “{part}” cannot be made from what its files say ({reason}).") from error


def _refused(sentence: str, hint: str = "Get the model as its makers published it, in 16 bits.") -> OverpaintError:
    return OverpaintError(Code.BAD_REQUEST, sentence, hint)
