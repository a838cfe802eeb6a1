"""Whether a model's files hold every weight that its networks have, in the right shape, and nothing that is left out.

diffusers and transformers load what fits and only log the rest: a file that lacks a block, or keeps its weights scaled,
would paint noise. So the networks are built on torch's meta device, where they take no memory, and compared with the
files' headers. Needs torch: ``import_model`` and ``pull`` import it when they have a model in hand, not before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers

from server.models.families.single_file import FilePart, PipelineFile
from server.models.headers import safetensors
from server.models.headers.safetensors import SafetensorsHeader
from server.models.store import files
from server.wire.errors import Code, OverpaintError

transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]

Shapes = dict[str, tuple[int, ...]]

_FLOATS = {"F16", "BF16", "F32", "F64", "F8_E4M3", "F8_E5M2"}
"""Types whose numbers are the weights themselves; others need scales that are kept elsewhere."""

_COUNTED = re.compile(r"(.*\.)?num_batches_tracked")
"""A whole number by nature: how many batches a batch norm saw while it was trained."""

_UNREAD = re.compile(r"(.*\.)?(position_ids|logit_scale|attn_mask)|(vision_model|decoder|lm_head)\..*")
"""What published text encoders carry along although nobody reads it."""


def check_folder(folder: Path, variant: str) -> None:
    """A diffusers folder, with the weights of ``variant`` where a part has such. Raises ``OverpaintError``
    (bad-request) that names the part which is not whole."""
    index = files.index(folder)
    for part in sorted(files.parts_of(index)):
        kind = part_class(index, part)
        if issubclass(kind, diffusers.ModelMixin):
            stored = _stored(folder, part, variant)
            _check_types(part, {name: tensor.dtype for header in stored for name, tensor in header.tensors.items()})
            shapes = {name: tensor.shape for header in stored for name, tensor in header.tensors.items()}
            network = unweighted(part, kind, folder)
            network._fix_state_dict_keys_on_load(shapes)  # as from_pretrained does: names of older files
            _compare(part, _shapes(network), shapes)
        elif issubclass(kind, transformers.PreTrainedModel):
            _check_encoder(part, kind, folder, variant)


def check_file(header: SafetensorsHeader, found: PipelineFile, configs: Path) -> None:
    """A pipeline in one file, ``found``, to be loaded with what is in ``configs``. Raises as ``check_folder``."""
    index = files.index(configs)
    rest = {name for name in header.tensors if not found.beside.fullmatch(name) and not _UNREAD.fullmatch(name)}
    for part in found.parts:
        inside = {name: header.tensors[name] for name in rest if name.startswith(part.prefix)}
        _check_types(part.name, {name: tensor.dtype for name, tensor in inside.items()})
        network = unweighted(part.name, part_class(index, part.name), configs)
        on_meta = {name: torch.empty(tensor.shape, device="meta") for name, tensor in inside.items()}
        with _foreign(part.name):
            renamed = part.renamed(on_meta, network)
        _compare(part.name, _shapes(network), {name: tuple(weight.shape) for name, weight in renamed.items()})
        _check_nothing_left(part, inside, len(renamed))
        rest -= inside.keys()
    if rest:
        raise _refused(f"The file holds “{min(rest)[:80]}”, which is no part of such a model.")


def part_class(index: Mapping[str, Any], part: str) -> Any:
    library, name = index.get(part, ("", "nothing"))
    kind = getattr(diffusers if library == "diffusers" else transformers, str(name), None)
    if not isinstance(kind, type):
        raise _refused(f"The model's part “{part[:40]}” is a “{str(name)[:60]}”, which this version does not know.")
    return kind


def unweighted(part: str, kind: Any, configs: Path) -> Any:
    """Built from its configuration, without memory for its weights."""
    with _foreign(part), torch.device("meta"):
        if issubclass(kind, diffusers.ModelMixin):
            return kind.from_config(kind.load_config(configs / part))
        return kind(kind.config_class.from_pretrained(configs, subfolder=part, local_files_only=True))


def _shapes(network: Any) -> Shapes:
    return {name: tuple(weight.shape) for name, weight in network.state_dict().items()}


def _stored(folder: Path, part: str, variant: str) -> list[SafetensorsHeader]:
    names = [path.relative_to(folder).as_posix() for path in (folder / part).iterdir()]
    wanted = files.wanted(names, frozenset({part}), variant)
    return [safetensors.read(folder / name) for name in wanted if name.endswith(files.WEIGHTS)]


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


def _check_nothing_left(part: FilePart, inside: Mapping[str, safetensors.Tensor], taken: int) -> None:
    threefold = sum(name.endswith(part.threefold) for name in inside)
    if len(inside) + 2 * threefold != taken:
        raise _refused(f"Some of what the file holds for its part “{part.name}” would be left out.")


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
