"""The taught words in a job's prompt, for whatever method does it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from server.models.store.loras import LoraStore
from server.models.store.store import ModelFolders
from server.wire.recipe import Recipe

if TYPE_CHECKING:
    from server.models.runtime.residency import Models


Said = Callable[[], tuple[str, ...]]
"""What there is to say of the words, afterwards."""


@contextmanager
def speaking(recipe: Recipe, models: Models | ModelFolders | None, guest: str = "") -> Iterator[Said]:
    """While this lasts ``models`` wear what the prompt says, of those words that ``guest`` may use. models: those of a
    method that loads none wear nothing."""
    if models is None or isinstance(models, ModelFolders):
        yield tuple
        return
    with models.speaking(recipe.prompt, LoraStore.of(models.lora_folder, guest)) as wardrobe:
        yield lambda: wardrobe.notices
