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
from server.wire.messages import Blob, Finished, Submit
from server.wire.results import ResultBlob

_MOST = 1024
_NO_JOB = "0" * 32


@dataclass(frozen=True)
class _Draw:
    """What was drawn with one seed and edit strength, and what the whole answer said."""

    finished: Finished
    results: tuple[ResultBlob, ...]


class RememberedAnswers:
    """models: says what is installed, in any words that change with it: the answer of another model is another one."""

    def __init__(self, blobs: Blobs, models: Callable[[], str]) -> None:
        self._blobs, self._models = blobs, models
        self._draws: dict[tuple[str, str], _Draw] = {}
        self._lock = threading.Lock()

    def remember(self, client: str, submit: Submit, finished: Finished, folder: Path) -> None:
        """``folder`` holds the answer, whole and on the disk. Each draw is remembered by itself, if it can be told
        which results are its own."""
        draws = _draws(finished)
        if not _named(submit) or len(draws) != len(finished.recipe.eta or (None,)) * finished.recipe.variations:
            return
        models = self._models()
        for (eta, seed), results in draws.items():
            name = _name(submit, models, eta, seed)
            for number, result in enumerate(results):
                self._blobs.keep(client, _kept_as(result, name, number), folder / result.blob)
            with self._lock:
                self._draws[client, name] = _Draw(finished, tuple(results))
                while len(self._draws) > _MOST:
                    del self._draws[next(iter(self._draws))]

    def recall(self, client: str, submit: Submit, folder: Path) -> Finished | None:
        """The answer where just this was asked before; it is put into ``folder``, which is still to be synced. Raises
        ``OSError``. One that draws its seed, or several variations, is made anew."""
        recipe = submit.recipe
        if recipe.seed is None or recipe.variations != 1 or not _named(submit):
            return None
        models = self._models()
        names = [_name(submit, models, eta, recipe.seed) for eta in recipe.eta or (None,)]
        draws = [draw for name in names if (draw := self._draws.get((client, name))) is not None]
        if len(draws) < len(names):
            return None
        kept = [_kept_as(result, name, at) for name, draw in zip(names, draws, strict=True)
                for at, result in enumerate(draw.results)]  # fmt: skip
        results = [replace(result, blob=f"result-{number}")
                   for number, result in enumerate(result for draw in draws for result in draw.results)]  # fmt: skip
        if not self._lent(client, [(folder / result.blob, blob) for result, blob in zip(results, kept, strict=True)]):
            return None
        return self._written(submit, draws[0].finished, results, folder)

    def drop(self, client: str) -> None:
        """An answer of this client was damaged, or its edit failed: whatever it asks for is made anew."""
        with self._lock:
            for key in [key for key in self._draws if key[0] == client]:
                del self._draws[key]

    def _lent(self, client: str, wanted: list[tuple[Path, Blob]]) -> bool:
        """All of them, or none."""
        if all(self._blobs.lend(client, blob, path) for path, blob in wanted):
            return True
        for path, _ in wanted:
            for one in (path, sums_of(path)):
                with contextlib.suppress(OSError):
                    one.unlink(missing_ok=True)
        return False

    def _written(self, submit: Submit, before: Finished, results: list[ResultBlob], folder: Path) -> Finished:
        asked = submit.recipe
        recipe = replace(before.recipe, eta=asked.eta, seed=asked.seed, variations=1)
        finished = replace(before, job=submit.job, recipe=recipe, results=tuple(results), seconds={}, sent=submit.blobs)
        write_sealed(folder / RESULT, codec.to_text(finished))
        return finished


def _draws(finished: Finished) -> dict[tuple[float | None, int], list[ResultBlob]]:
    found: dict[tuple[float | None, int], list[ResultBlob]] = {}
    for result in finished.results:
        found.setdefault((result.eta, result.seed), []).append(result)
    return found


def _kept_as(result: ResultBlob, draw: str, number: int) -> Blob:
    """Under a name that follows from that of its draw."""
    name = hashlib.blake2b(f"{draw}\n{number}".encode(), digest_size=DIGEST_HEX // 2).hexdigest()
    return Blob(result.blob, result.raster.nbytes, name)


def _named(submit: Submit) -> bool:
    return all(blob.digest for blob in submit.blobs if blob.nbytes)


def _name(submit: Submit, models: str, eta: float | None, seed: int) -> str:
    """Of all that one picture of an answer depends on."""
    recipe = replace(submit.recipe, eta=() if eta is None else (eta,), seed=seed, variations=1)
    asked = codec.to_text(replace(submit, job=_NO_JOB, keep=True, recipe=recipe))
    return hashlib.blake2b(f"answer\n{models}\n{asked}".encode(), digest_size=DIGEST_HEX // 2).hexdigest()
