"""A model in one file, as its family recognises it from the file's header. Torch-free when imported."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from server.models.headers.onnx import OnnxHeader
from server.models.headers.safetensors import SafetensorsHeader
from server.wire.errors import Code, OverpaintError

if TYPE_CHECKING:
    from torch import Tensor

FileHeader = SafetensorsHeader | OnnxHeader

EPSILON, VELOCITY = "epsilon", "v_prediction"

NOTHING = re.compile("(?!)")
"""Matches no name."""


@dataclass(frozen=True)
class SingleFile:
    """A file that is loaded by itself: all that is needed is in it. family: its name."""

    family: str

    predicts_either: ClassVar[bool] = False
    """Whether there are models of its kind that predict noise, and others that predict velocity."""


@dataclass(frozen=True)
class FilePart:
    """One network of a pipeline of diffusers, in a file that holds several.

    name: of the part in model_index.json.
    prefix: beginning of its tensors' names in the file.
    renamed: gives the tensors (by the names of the file) the names that diffusers or transformers knows; it is handed
    the network, built without memory, and tensors without memory.
    threefold: ends of the names of tensors that become three.
    """

    name: str
    prefix: str
    renamed: Callable[[dict[str, Tensor], Any], dict[str, Tensor]]
    threefold: tuple[str, ...] = ()


@dataclass(frozen=True)
class PipelineFile(SingleFile, ABC):
    """A file with the networks of a pipeline of diffusers, ``parts``, whose configurations stand elsewhere."""

    parts: tuple[FilePart, ...]

    beside: ClassVar[re.Pattern[str]] = NOTHING
    """Names of tensors that may be in the file beside the networks that paint, and are not loaded."""

    @abstractmethod
    def write_configs(self, folder: Path) -> None:
        """Makes ``folder``: a diffusers folder without weights, with which the file is loaded."""


def refused(
    sentence: str, hint: str = "Get a whole Stable Diffusion 1, 2 or XL model, or a diffusers folder."
) -> OverpaintError:
    """Why a file is not taken (bad-request)."""
    return OverpaintError(Code.BAD_REQUEST, sentence, hint)


def prediction_of(said: str) -> str:
    """EPSILON or VELOCITY for one of their names, empty for an empty one. Raises bad-request for anything else."""
    known = {"": "", "epsilon": EPSILON, "eps": EPSILON, "v": VELOCITY, "v_prediction": VELOCITY, "velocity": VELOCITY}
    name = said.strip().lower()
    if name not in known:
        raise refused(
            f"Overpaint paints with models that predict noise or velocity, not “{name[:40]}”.",
            "Say --prediction epsilon for noise, or --prediction v for velocity.",
        )
    return known[name]
