"""Answers that were just given, kept for a while as what was sent for them is: who asks for just the same again, as at
a stop of the slider of edit strengths, gets it at once. They are remembered as long as the server lives."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from server.journal.blobs import Blobs
from server.journal.checked import sums_of, write_sealed
from server.journal.spool import RESULT
from server.wire import codec
from server.wire.content import DIGEST_HEX
from server.wire.messages import Blob, Finished, ResultLayer, Submit
from server.wire.recipe import Recipe

_MOST = 1024
_NO_JOB = "0" * 32


@dataclass(frozen=True)
class _Drawn:
    """One picture of an answer, and what the whole answer said."""

    recipe: Recipe
    layer: ResultLayer
    notices: tuple[str, ...]


class RememberedAnswers:
    """models: says what is installed, in any words that change with it: the answer of another model is another one."""

    def __init__(self, blobs: Blobs, models: Callable[[], str]) -> None:
        self._blobs, self._models = blobs, models
        self._drawn: dict[tuple[str, str], _Drawn] = {}
        self._lock = threading.Lock()

    def remember(self, client: str, submit: Submit, finished: Finished, folder: Path) -> None:
        """``folder`` holds the answer, whole and on the disk. Each of its pictures is remembered by itself."""
        if not _named(submit):
            return
        models = self._models()
        for layer in finished.layers:
            name = _name(submit, models, layer.eta, layer.seed)
            self._blobs.keep(client, Blob(layer.blob, layer.raster.nbytes, name), folder / layer.blob)
            with self._lock:
                self._drawn[client, name] = _Drawn(finished.recipe, layer, finished.notices)
                while len(self._drawn) > _MOST:
                    del self._drawn[next(iter(self._drawn))]

    def recall(self, client: str, submit: Submit, folder: Path) -> Finished | None:
        """The answer where just this was asked before; it is put into ``folder``, which is still to be synced. Raises
        ``OSError``. One that draws its seed, or several variations, is made anew."""
        recipe = submit.recipe
        if recipe.seed is None or recipe.variations != 1 or not _named(submit):
            return None
        models = self._models()
        names = [_name(submit, models, eta, recipe.seed) for eta in recipe.eta or (None,)]
        drawn = [self._drawn.get((client, name)) for name in names]
        layers = [replace(one.layer, blob=f"result-{number}") for number, one in enumerate(drawn) if one is not None]
        if len(layers) < len(names) or not self._lent(client, list(zip(layers, names, strict=True)), folder):
            return None
        return self._written(submit, [one for one in drawn if one is not None], layers, folder)

    def drop(self, client: str) -> None:
        """An answer of this client was damaged, or its edit failed: whatever it asks for is made anew."""
        with self._lock:
            for key in [key for key, one in self._drawn.items() if key[0] == client]:
                del self._drawn[key]

    def _lent(self, client: str, wanted: list[tuple[ResultLayer, str]], folder: Path) -> bool:
        for layer, name in wanted:
            if not self._blobs.lend(client, Blob(layer.blob, layer.raster.nbytes, name), folder / layer.blob):
                for given, _ in wanted:
                    for path in (folder / given.blob, sums_of(folder / given.blob)):
                        with contextlib.suppress(OSError):
                            path.unlink(missing_ok=True)
                return False
        return True

    def _written(self, submit: Submit, drawn: list[_Drawn], layers: list[ResultLayer], folder: Path) -> Finished:
        asked = submit.recipe
        recipe = replace(drawn[0].recipe, eta=asked.eta, seed=asked.seed, variations=1)
        finished = Finished(submit.job, recipe, tuple(layers), {}, drawn[0].notices, submit.blobs)
        write_sealed(folder / RESULT, codec.to_text(finished))
        return finished


def _named(submit: Submit) -> bool:
    return all(blob.digest for blob in submit.blobs if blob.nbytes)


def _name(submit: Submit, models: str, eta: float | None, seed: int) -> str:
    """Of all that one picture of an answer depends on."""
    recipe = replace(submit.recipe, eta=() if eta is None else (eta,), seed=seed, variations=1)
    asked = codec.to_text(replace(submit, job=_NO_JOB, keep=True, recipe=recipe))
    return hashlib.blake2b(f"answer\n{models}\n{asked}".encode(), digest_size=DIGEST_HEX // 2).hexdigest()
