"""Where what was learned is kept: by what it was learned from, so that nothing is learned twice.

One folder per picture (as one model saw it, learned in one way), one file of tensors in it per prompt. What was used
longest ago is forgotten when all of them together grow too large.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from server.wire.files import private_folder, write_private

from .state import TuningState

log = logging.getLogger(__name__)

LARGEST = 8 << 30
"""Bytes of all that is kept."""

_SUFFIX = ".safetensors"
_SEEN_AS = "seen-as.json"
_STANDING = ("phase", "step", "begun_at", "loss", "other_words", "caption")
_VERSION = "3"
"""Of what is computed: what another version learned is not found."""


@dataclass(frozen=True)
class CacheKey:
    """picture: name of picture, model and preset. words: name of the prompt, or of all."""

    picture: str
    words: str


def name_of(*parts: bytes | str) -> str:
    """A short name for contents."""
    digest = hashlib.blake2b(digest_size=16)
    for part in (_VERSION, *parts):
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


class TuningCache:
    """``root``: the folder of what is learned. ``largest``: bytes."""

    def __init__(self, root: Path, largest: int = LARGEST) -> None:
        self._root = root
        self._largest = largest

    def open(self, key: CacheKey, rank: int, device: torch.device) -> tuple[TuningState, float] | None:
        """The state and how much of its learning is done; None where nothing is kept, or nothing that can be read."""
        found = self._read(key, device)
        if found is None:
            return None
        tensors, standing, share = found
        if standing["other_words"]:
            whole = self._read(replace(key, words=standing["other_words"]), device)
            if whole is None:
                return None
            tensors = {**whole[0], **tensors}
        return TuningState.from_tensors(tensors, rank, **standing), share

    def found(self, key: CacheKey, device: torch.device) -> tuple[dict[str, Tensor], str] | None:
        """What ``keep`` was given."""
        read = self._read(key, device)
        return None if read is None else (read[0], str(read[1]["caption"]))

    def keep(self, key: CacheKey, tensors: Mapping[str, Tensor], caption: str = "") -> None:
        """What was found out about a picture at once, not learned step by step: numbers, words. As ``write``, a full
        disk is no fault of the edit."""
        self._keep(key, tensors, {"other_words": "", "caption": caption}, 1.0)

    def _read(self, key: CacheKey, device: torch.device) -> tuple[dict[str, Tensor], dict[str, Any], float] | None:
        path = self._path(key)
        try:
            with safe_open(path, "pt", device=str(device)) as file:
                noted = file.metadata()
                # Cloned: where numbers begin in a file depends on its header, and sums are rounded otherwise from an
                # address that vector units do not like.
                tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118 - no dictionary
            found = tensors, json.loads(noted["standing"]), float(noted["share"])
        except FileNotFoundError:
            return None
        except (SafetensorError, KeyError, TypeError, ValueError):
            log.warning("what was learned in %s cannot be read; it is learned anew", path)
            path.unlink(missing_ok=True)
            return None
        now = time.time()
        os.utime(path, (now, now))
        return found

    def whole(self, picture: str) -> CacheKey | None:
        """The prompt for which all of this picture was learned last."""
        paths = sorted((self._root / picture).glob(f"*{_SUFFIX}"), key=lambda path: -path.stat().st_mtime)
        keys = (CacheKey(picture, path.stem) for path in paths)
        return next((key for key in keys if self.share(key) == 1.0 and not self._leans(key)), None)

    def write(self, key: CacheKey, state: TuningState, share: float, dtype: torch.dtype | None = None) -> None:
        """Whole or not at all. share: how much of the learning is done. dtype: of the weights, for what is complete.
        What a full disk does not take is learned again another time: the edit under way does not need it."""
        self._keep(key, state.tensors(dtype), {name: getattr(state, name) for name in _STANDING}, share)

    def _keep(self, key: CacheKey, tensors: Mapping[str, Tensor], standing: Mapping[str, Any], share: float) -> None:
        try:
            self._write(key, tensors, standing, share)
        except (OSError, SafetensorError) as error:  # safetensors words what the disk refuses in its own way
            log.error("what was learned could not be kept: %s", error)

    def _write(self, key: CacheKey, tensors: Mapping[str, Tensor], standing: Mapping[str, Any], share: float) -> None:
        path = self._path(key)
        private_folder(self._root)
        private_folder(path.parent)
        part = path.with_suffix(".part")
        try:
            part.touch(0o600)
            save_file(dict(tensors), part, {"standing": json.dumps(standing), "share": repr(share)})
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        self._forget_the_oldest(keep=path)

    def share(self, key: CacheKey) -> float:
        """0..1: how much of the learning lies here."""
        try:
            with safe_open(self._path(key), "pt") as file:
                return float(file.metadata()["share"])
        except (SafetensorError, OSError, KeyError, TypeError, ValueError):
            return 0.0

    def see(self, picture: str, content: str) -> None:
        """``content``, a name of what was sent, was seen as ``picture``."""
        known = self._seen_as(picture)
        if not content or content in known:
            return
        try:
            folder = private_folder(private_folder(self._root) / picture)
            write_private(folder / _SEEN_AS, json.dumps([*known, content]))
        except OSError as error:
            log.error("what was learned could not be named: %s", error)

    def seen(self, content: str) -> str:
        """The picture that ``content`` was seen as; empty where it never was."""
        folders = self._root.iterdir() if self._root.is_dir() else ()
        return next((folder.name for folder in folders if content in self._seen_as(folder.name)), "")

    def _seen_as(self, picture: str) -> list[str]:
        try:
            names: list[str] = json.loads((self._root / picture / _SEEN_AS).read_text("utf-8"))
        except (OSError, ValueError):
            return []
        return names

    def _path(self, key: CacheKey) -> Path:
        return self._root / key.picture / f"{key.words}{_SUFFIX}"

    def _leans(self, key: CacheKey) -> bool:
        """Its weights are another key's."""
        with safe_open(self._path(key), "pt") as file:
            return bool(json.loads(file.metadata()["standing"])["other_words"])

    def _forget_the_oldest(self, keep: Path) -> None:
        paths = sorted(self._root.glob(f"*/*{_SUFFIX}"), key=lambda path: path.stat().st_mtime)
        total = sum(path.stat().st_size for path in paths)
        for path in _until_small(paths, total, self._largest, keep):
            log.info("forgetting what was learned in %s", path)
            path.unlink(missing_ok=True)
            if not any(path.parent.glob(f"*{_SUFFIX}")):
                shutil.rmtree(path.parent, ignore_errors=True)


def _until_small(paths: Iterable[Path], total: int, largest: int, keep: Path) -> Iterable[Path]:
    for path in paths:
        if total <= largest:
            return
        if path != keep:
            total -= path.stat().st_size
            yield path
