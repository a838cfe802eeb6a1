"""The weights that are learned. The model's own are never written to: while it is used for this picture the denoiser
wears the learned ones, and afterwards its own parameters, the very same tensors, are back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from peft import LoraConfig, inject_adapter_in_model
from torch import Tensor, nn

_ADAPTER = "picture"


class Weights(ABC):
    """tensors: what is learned, by name; single precision, requiring gradients."""

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self.tensors = {name: nn.Parameter(tensor) for name, tensor in tensors.items()}

    @contextmanager
    @abstractmethod
    def worn(self, denoiser: nn.Module) -> Iterator[None]:
        """While this lasts ``denoiser`` computes with the learned weights."""
        yield

    def settled(self, dtype: torch.dtype) -> Mapping[str, Tensor]:
        """As they are kept and painted with: in the model's own precision."""
        return {name: tensor.detach().to(dtype) for name, tensor in self.tensors.items()}


class AllWeights(Weights):
    """The denoiser's weights themselves, as the papers fine-tune."""

    @classmethod
    def beginning(cls, denoiser: nn.Module, layers: Sequence[str] = ()) -> AllWeights:
        """layers: names of modules, anywhere in the network, whose weights are learned; none: all of it."""
        wanted = {f".{layer}." for layer in layers}
        found = {
            name: own.detach().clone().float()
            for name, own in denoiser.named_parameters()
            if not wanted or any(layer in f".{name}" for layer in wanted)
        }
        return cls(found)

    @contextmanager
    def worn(self, denoiser: nn.Module) -> Iterator[None]:
        with _exchanged(denoiser, self.tensors):
            yield


class LowRank(Weights):
    """Low-rank updates (LoRA, arXiv 2106.09685) of linear and convolution layers, at scale 1."""

    def __init__(self, tensors: Mapping[str, Tensor], rank: int) -> None:
        super().__init__(tensors)
        self.rank = rank

    @classmethod
    def beginning(cls, denoiser: nn.Module, rank: int, seed: int, layers: Sequence[str] = ()) -> LowRank:
        """Changes nothing yet: A is drawn from ``seed``, B is 0 (§4.1). layers: as of ``AllWeights``."""
        generator = torch.Generator().manual_seed(seed)
        with _injected(denoiser, rank, _reached(denoiser, layers)):
            found = {name: own for name, own in denoiser.named_parameters() if f".{_ADAPTER}." in name}
            return cls({name: _first(name, own, rank, generator) for name, own in found.items()}, rank)

    @property
    def layers(self) -> list[str]:
        """Those that have an update, in their order."""
        return list(dict.fromkeys(name.partition(".lora_")[0] for name in self.tensors))

    def plain(self) -> dict[str, Tensor]:
        """The tensors under the names that peft has for them in a file."""
        return {name.replace(f".{_ADAPTER}.", "."): tensor.detach() for name, tensor in self.tensors.items()}

    @contextmanager
    def worn(self, denoiser: nn.Module) -> Iterator[None]:
        with _injected(denoiser, self.rank, self.layers), _exchanged(denoiser, self.tensors):
            yield


@contextmanager
def worn_by(denoiser: nn.Module, weights: Weights | None) -> Iterator[None]:
    """``weights.worn``; without any, the denoiser as it is."""
    if weights is None:
        yield
        return
    with weights.worn(denoiser):
        yield


def _reached(denoiser: nn.Module, layers: Sequence[str]) -> list[str]:
    """Names of the linear and convolution layers, of those below ``layers`` only where some are named."""
    found = [name for name, one in denoiser.named_modules() if name and isinstance(one, (nn.Linear, nn.Conv2d))]
    return [name for name in found if not layers or any(f".{layer}." in f".{name}." for layer in layers)]


def _first(name: str, like: Tensor, rank: int, generator: torch.Generator) -> Tensor:
    if ".lora_B." in name:
        return torch.zeros_like(like, dtype=torch.float32)
    drawn = torch.randn(like.shape, generator=generator) / rank
    return drawn.to(like.device)


@contextmanager
def _exchanged(module: nn.Module, worn: Mapping[str, nn.Parameter]) -> Iterator[None]:
    """The parameters of these names are replaced as objects; nothing is copied either way."""
    places = [(module.get_submodule(path), leaf, name) for name in worn for path, _, leaf in [name.rpartition(".")]]
    own = [place._parameters[leaf] for place, leaf, _ in places]
    try:
        for place, leaf, name in places:
            place._parameters[leaf] = worn[name]
        yield
    finally:
        for (place, leaf, _), parameter in zip(places, own, strict=True):
            place._parameters[leaf] = parameter


@contextmanager
def _injected(denoiser: nn.Module, rank: int, names: list[str]) -> Iterator[None]:
    """With LoRA layers around the layers of these names; afterwards the modules are those of before."""
    own = dict(denoiser.named_modules())
    config = LoraConfig(r=rank, lora_alpha=rank, target_modules=names)
    try:
        inject_adapter_in_model(config, denoiser, _ADAPTER)
        yield
    finally:
        for name in names:
            path, _, leaf = name.rpartition(".")
            setattr(own[path], leaf, own[name])
        if hasattr(denoiser, "peft_config"):
            del denoiser.peft_config
