"""The models in memory: loaded when an edit asks; when one needs room, that used longest ago leaves first."""

from __future__ import annotations

import importlib
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from server.models.families.families import family
from server.models.families.family import Ability
from server.models.store.card import Card
from server.models.store.files import weight_files
from server.models.store.loras import LoraStore
from server.models.store.spoken import spoken
from server.models.store.store import Installed, ModelStore, able
from server.wire.errors import Code, OverpaintError

from . import memory
from .adapter import Adapter, Placement, Resident
from .wardrobe import Wardrobe

log = logging.getLogger(__name__)


class Models:
    """What edits get models from. One per device and process.

    budget: bytes that loaded models may take together; None: what the device has free.
    learned: the folder of what is learned of pictures, loras: of what was taught as words; None: beside the models.
    """

    def __init__(
        self,
        store: ModelStore,
        device: str = "cpu",
        budget: int | None = None,
        learned: Path | None = None,
        loras: Path | None = None,
    ) -> None:
        self.store = store
        self.lora_folder = store.root.with_name("loras") if loras is None else loras
        self.learned = store.root.with_name("learned") if learned is None else learned
        self._device = torch.device(device)
        self._budget = budget
        self._loaded: OrderedDict[str, Resident] = OrderedDict()
        self._wardrobe = Wardrobe(LoraStore(self.lora_folder))
        self.low_memory = False
        """Whether models are loaded with their first measure against too little memory taken."""

    @property
    def loaded(self) -> tuple[str, ...]:
        """Names, the one used longest ago first."""
        return tuple(self._loaded)

    @property
    def loras(self) -> LoraStore:
        """Where the words of the job under way are."""
        return self._wardrobe.loras

    @contextmanager
    def speaking(self, prompt: str, loras: LoraStore) -> Iterator[Wardrobe]:
        """While this lasts every model that is got wears those of ``loras`` whose words ``prompt`` says, if they fit.
        Raises ``OverpaintError`` as ``spoken``."""
        before, self._wardrobe = self._wardrobe, Wardrobe(loras, spoken(prompt, loras.all()))
        try:
            yield self._wardrobe
        finally:
            self._wardrobe.undress()
            self._wardrobe = before

    def choose(self, name: str, ability: Ability) -> Card:
        """The card of ``name``, or of the model that suits best where ``name`` is empty. Raises unknown-model when it
        cannot do that, model-missing when there is none."""
        cards = able(ability, self.store.cards())
        if name:
            card = self.store.card(name)
            if ability not in card.abilities:
                raise OverpaintError(
                    Code.UNKNOWN_MODEL,
                    f"The model “{card.title}” cannot do this.",
                    f"These can: {', '.join(card.name for card in cards) or 'none that is installed'}.",
                )
            return card
        if not cards:
            raise OverpaintError(
                Code.MODEL_MISSING,
                "No model is installed that can do this.",
                "Get one with “overpaint models list” and “overpaint models pull NAME”.",
            )
        return cards[0]

    def get(self, name: str, loading: Callable[[], None] = lambda: None) -> Adapter:
        """The diffusion model ``name``, loaded; see ``resident``."""
        found = self.resident(name, loading)
        if not isinstance(found, Adapter):
            raise ValueError(f"{name} is no diffusion model")
        return found

    def resident(self, name: str, loading: Callable[[], None] = lambda: None) -> Resident:
        """The model ``name``, loaded. ``loading`` is called before it has to be read from disk."""
        adapter = self._loaded.get(name)
        if adapter is None:
            loading()
            adapter = self._load(self.store.find(name))
            self._loaded[name] = adapter
            if self.low_memory:
                adapter.reduce_memory()
        self._loaded.move_to_end(name)
        if isinstance(adapter, Adapter):
            self._wardrobe.dress(name, adapter)
        return adapter

    def identity(self, name: str) -> str:
        """Fingerprint of the model's files (paths, sizes, times of change), and of what it wears."""
        model = self.store.find(name)
        files = [(path, path.stat()) for path in weight_files(model.card, model.weights)]
        lines = [name, *(f"{path} {stat.st_size} {stat.st_mtime_ns}" for path, stat in files)]
        return "\n".join([*lines, *([self._wardrobe.identity] if self._wardrobe.identity else [])])

    def unload(self) -> None:
        """Frees all that models hold."""
        self._wardrobe.undress()
        self._loaded.clear()
        memory.sweep(self._device)

    def reduce_memory(self) -> bool:
        """After memory ran out: others leave, then the model used last takes a measure of its own, which lasts while it
        is loaded. False when nothing is left to do."""
        others = list(self._loaded)[:-1]
        for name in others:
            log.info("unloading %s: memory ran out", name)
            self._wardrobe.undress(name)
            del self._loaded[name]
        saved = bool(others) or any(adapter.reduce_memory() for adapter in self._loaded.values())
        memory.sweep(self._device)
        return saved

    @property
    def room(self) -> int:
        """Bytes that an edit may still take."""
        memory.sweep(self._device)
        return self._room()

    def _load(self, model: Installed) -> Resident:
        card = model.card
        dtype = self._dtype(card)
        need = memory.needed(model, dtype)
        place = Placement(self._device, dtype, offload=not self._make_room(card, need))
        log.info("loading %s on %s in %s", card.name, self._device, dtype)
        return self._adapter_class(card).load(model, place)

    def _make_room(self, card: Card, need: memory.MemoryNeed) -> bool:
        """Unloads others until the model fits. False when it does not, and has to be offloaded in parts; raises
        out-of-memory where there is nothing to offload to, or its largest part does not fit either."""
        while self._room() < need.whole and self._loaded:
            name, _ = self._loaded.popitem(last=False)
            log.info("unloading %s", name)
            self._wardrobe.undress(name)
            memory.sweep(self._device)
        left = self._room()
        if left >= need.whole:
            return True
        host = memory.free(torch.device("cpu"))
        if self._device.type == "cpu" or host < need.whole:
            raise memory.too_little(card, need.whole, min(left, host))
        if left < need.largest:
            raise memory.too_little(card, need.largest, left)
        return False

    def _room(self) -> int:
        left = memory.free(self._device)
        if self._budget is None:
            return left
        return min(left, self._budget - sum(adapter.nbytes for adapter in self._loaded.values()))

    def _dtype(self, card: Card) -> torch.dtype:
        if self._device.type == "cpu":
            return torch.float32
        return torch.bfloat16 if family(card.family).wide_range else torch.float16

    @staticmethod
    def _adapter_class(card: Card) -> type[Resident]:
        module, _, name = family(card.family).adapter.partition(":")
        found: type[Resident] = getattr(importlib.import_module(module), name)
        return found
