"""What one job's models wear: the LoRAs whose words its prompt says, put on by each model that they fit."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import ExitStack

from server.models.store.loras import LoraStore
from server.models.store.spoken import Spoken
from server.wire.words import mark

from .adapter import Adapter
from .misfit import MisfitError

log = logging.getLogger(__name__)


class Wardrobe:
    """loras: where the job's words are. spoken: those that it says."""

    def __init__(self, loras: LoraStore, spoken: Sequence[Spoken] = ()) -> None:
        self.loras = loras
        self._spoken = tuple(spoken)
        self._dressed: dict[str, ExitStack] = {}
        self._fitted: dict[str, bool] = dict.fromkeys((one.lora.word for one in spoken), False)

    @property
    def identity(self) -> str:
        """Of what a model has on, for names of what is kept; empty for nothing."""
        return "\n".join(one.identity for one in self._spoken)

    def dress(self, name: str, adapter: Adapter) -> None:
        """Puts on all that fits, once."""
        if name in self._dressed:
            return
        stack = self._dressed[name] = ExitStack()
        fitting = [one for one in self._spoken if one.lora.family == adapter.card.family]
        while fitting:
            try:
                stack.enter_context(adapter.wearing(fitting))
                break
            except MisfitError as misfit:
                log.info("%s", misfit)
                fitting = [one for one in fitting if one.lora.word != misfit.word]
        self._fitted |= {one.lora.word: True for one in fitting}

    def undress(self, name: str = "") -> None:
        """The model ``name``, or all, as they were."""
        for dressed in [name] if name else list(self._dressed):
            self._dressed.pop(dressed, ExitStack()).close()

    @property
    def notices(self) -> tuple[str, ...]:
        """What a person should know of each word, once it is painted."""
        return tuple(
            mark(f"“{word}” was painted as it was taught.")
            if fits
            else mark(f"“{word}” was taught to another kind of model; here it is a word like any other.")
            for word, fits in self._fitted.items()
        )
