"""Which build of torch: the one for the card that is here, from where this person can have it."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from . import locks
from .pip_settings import PipSettings
from .say import InstallError, warn

Resolve = Callable[[Sequence[str]], list[str]]
"""With uv's arguments for where to look: the packages that torch would be; nothing where it is not found."""


class Kind(Enum):
    """What a build computes on, and what the whole set-up takes with it: GB to fetch, GB on the disk.

    The first two were measured with the versions locked here (Linux, x86-64); PyTorch's own index does not say the
    other two beforehand.
    """

    PROCESSOR = ("the processor", 0.4, 1.3)
    CUDA = ("NVIDIA cards", 2.9, 5.2)
    ROCM = ("AMD cards", 5.0, 16.0)
    XPU = ("Intel cards", 3.0, 8.0)

    @property
    def title(self) -> str:
        return self.value[0]

    @property
    def disk_gb(self) -> float:
        return self.value[2]

    def __str__(self) -> str:
        title, fetched, disk = self.value
        return f"torch for {title}; with all packages about {fetched:g} GB to fetch, {disk:g} GB on the disk"


@dataclass(frozen=True)
class Asked:
    """device: auto, cpu, cuda, rocm, xpu or mps. index: the address of a package index; empty: find it."""

    device: str = "auto"
    index: str = ""


@dataclass(frozen=True)
class Build:
    """what: requirements for uv. arguments: where it looks for them. locked: hashes are checked, as for all else."""

    kind: Kind
    what: tuple[str, ...]
    arguments: tuple[str, ...] = ()
    locked: bool = False


_KINDS = {"cpu": Kind.PROCESSOR, "mps": Kind.PROCESSOR, "cuda": Kind.CUDA, "rocm": Kind.ROCM, "xpu": Kind.XPU}
_BACKENDS = {
    "auto": ("auto",),
    "cpu": ("cpu",),
    "cuda": ("auto", "cu130"),
    "rocm": ("auto", "rocm7.2"),
    "xpu": ("xpu",),
}
"""uv's names for what to look for, best first: a driver may want another build than the newest."""


def choose(asked: Asked, settings: PipSettings, resolve: Resolve) -> Build:
    """In this order: the index that was named; the person's own folders of wheels; their own indexes, where these
    have a build of their own; PyTorch's index, by the card that is here; the registry's build, locked.

    Raises InstallError when what was asked for cannot be had."""
    for candidate in _candidates(asked, settings):
        found = resolve(candidate.look)
        torch = next((one for one in found if one.startswith("torch==")), "")
        kind = _kind(torch, found)
        if torch and _fits(asked, kind) and (candidate.any_label or "+" in torch):
            return Build(kind, (torch,), candidate.arguments)
    return _from_registry(asked, settings)


def for_pip(asked: Asked) -> list[str]:
    """What pip is told where there is no uv: it looks where the person's settings say."""
    return [*(["--index-url", asked.index] if asked.index else []), locks.torch_pin()]


@dataclass(frozen=True)
class _Candidate:
    look: tuple[str, ...]
    arguments: tuple[str, ...]
    any_label: bool = True


def _candidates(asked: Asked, settings: PipSettings) -> Iterator[_Candidate]:
    own = tuple(settings.sources)
    if asked.index:
        named = ("--default-index", asked.index)
        yield _Candidate(named, named)
        return
    if settings.find_links:
        yield _Candidate(("--no-index", "--no-deps", *settings.folders), own)
    if settings.index or settings.more_indexes:
        yield _Candidate(own, own, any_label=False)
    if sys.platform != "darwin" and not settings.no_index:
        for backend in _BACKENDS.get(asked.device, ()):
            arguments = ("--torch-backend", backend, *own)
            yield _Candidate(arguments, arguments)


def _from_registry(asked: Asked, settings: PipSettings) -> Build:
    if asked.index:
        raise InstallError(
            f"{asked.index} cannot be reached, or has no {locks.torch_pin()} for this Python. Look the address up "
            "again on PyTorch's own installation page, or leave --torch-index out."
        )
    kind = Kind.CUDA if sys.platform == "linux" else Kind.PROCESSOR
    if asked.device in ("rocm", "xpu") or (asked.device == "cuda" and kind is not Kind.CUDA):
        raise InstallError(
            f"torch for {_KINDS[asked.device].title} is not in the package registry, and PyTorch's index cannot be "
            "reached. Name one that can with --torch-index, or leave --device out."
        )
    if kind is Kind.CUDA and asked.device in ("auto", "cpu"):
        warn("PyTorch's index cannot be reached: the registry's build is taken, which brings CUDA along.")
    return Build(kind, ("--require-hashes", "--no-deps", "-r", str(locks.TORCH)), tuple(settings.sources), locked=True)


def _fits(asked: Asked, kind: Kind) -> bool:
    return asked.device == "auto" or bool(asked.index) or _KINDS[asked.device] is kind


def _kind(torch: str, packages: Sequence[str]) -> Kind:
    label = torch.partition("+")[2]
    for sign, kind in (("cpu", Kind.PROCESSOR), ("cu", Kind.CUDA), ("rocm", Kind.ROCM), ("xpu", Kind.XPU)):
        if label.startswith(sign):
            return kind
    brings_cuda = any(one.startswith("nvidia-") for one in packages)
    only_torch = len(packages) == 1 and sys.platform == "linux" and platform.machine() in ("x86_64", "aarch64")
    return Kind.CUDA if brings_cuda or only_torch else Kind.PROCESSOR
