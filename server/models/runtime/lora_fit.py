"""Which installed model a LoRA fits: all of it has to find its layer there, in the right shape.

The models are built on torch's meta device, where they take no memory, and diffusers puts the LoRA on as it would on
real ones. Needs torch: ``import_lora`` of ``import_lora`` asks for it when it has a file in hand, not before.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers

from server.models.families.families import family
from server.models.store import files
from server.models.store.card import Card
from server.models.store.loras import Lora
from server.models.store.store import Installed
from server.wire.errors import Code, OverpaintError

from . import lora as loras
from . import whole

log = logging.getLogger(__name__)


def fitting(file: Path, word: str, installed: Iterable[Installed]) -> tuple[Card, str] | None:
    """The first of ``installed`` that can wear all of ``file``, and how such files name it (``Family.architecture``);
    None where none can. Raises ``OverpaintError`` for a file that is no LoRA, or of a kind that nothing here wears."""
    tensors = loras.read(file)
    loras.check_kind(list(tensors))
    for model in installed:
        try:
            pipe = _built(model)
            loras.try_on(pipe, tensors, word)
        except OverpaintError as misfit:
            log.info("not for %s: %s", model.card.name, misfit)
            continue
        return model.card, family(model.card.family).architecture(pipe)
    return None


def renamed(source: Path, target: Path, lora: Lora, installed: Iterable[Installed], kohya: bool) -> None:
    """As ``lora.renamed``, by the first of ``installed`` that can wear it. Raises ``OverpaintError``."""
    found = fitting(source, lora.word, installed)
    if found is None:
        raise OverpaintError(
            Code.MODEL_MISSING,
            f"No model is installed that “{lora.word}” fits; its layers are named after the model's.",
            "Export it as it is kept: leave out --naming.",
        )
    model = next(one for one in installed if one.card.name == found[0].name)
    pipe = _built(model)
    for part in pipe.components.values():
        if isinstance(part, torch.nn.Module):
            part.to_empty(device="cpu")  # so that the tensors put on are real; nothing is written to the others
    loras.renamed(pipe, source, target, lora.word, kohya=kohya)


def _built(model: Installed) -> Any:
    """Its pipeline, without its weights."""
    configs = model.configs if model.card.single_file else model.weights
    entry, index = family(model.card.family), files.index(configs)
    networks = {}
    for part in files.parts_of(index):
        kind = whole.part_class(index, part)
        if issubclass(kind, (diffusers.ModelMixin, transformers.PreTrainedModel)):
            networks[part] = whole.unweighted(part, kind, configs)
    pipeline = getattr(diffusers, entry.pipeline)
    return pipeline.from_pretrained(configs, local_files_only=True, **networks, **entry.absent)
