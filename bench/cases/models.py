"""Models as they lie on people's disks: checkpoints of tiny models of the real classes, as programs change them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from bench.cases.case import Case, Seen
from server.models.families.stable_diffusion import StableDiffusionFile
from server.models.headers import safetensors
from server.models.store import card as cards
from server.models.store.card import Card
from server.models.store.import_model import import_model, name_from
from server.models.store.sniff import sniff
from server.models.store.store import ModelStore
from server.wire import codec
from server.wire.errors import OverpaintError
from tests import single_file, tiny_models
from tests.models import variants
from tests.models.safe import write_safetensors

NAMES = {
    "модель": "модель",
    "模型": "模型",
    "Ünïcode Modell (final) v2": "ünïcode-modell-final-v2",
    "a'b\"c": "a-b-c",
}

CARDS: dict[str, Callable[[Path], object]] = {
    "not UTF-8": lambda path: path.write_bytes(b'{"name":"\xff\xfe"}'),
    "a folder": lambda path: path.mkdir(),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "5 MB of brackets": lambda path: path.write_text("[" * (5 << 20)),
}


def cases() -> Iterator[Case]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="op-")))
        sources = {kind: variants.source(kind, _made(folder / kind)) for kind in ("sd1", "sdxl")}
        for name, (kind, changed, most) in variants.PAINTED.items():
            right = "painted as in 32 bits"
            yield Case(name, right, partial(_painted, sources[kind], changed, most, _made(folder / "painted" / name)))
        for name, (kind, changed, said) in variants.REFUSED.items():
            yield Case(name, f"refused: {said}", partial(_refused, sources[kind], changed, said, _made(folder / name)))
        for name, (kind, marks, notes, wanted) in variants.SAID.items():
            yield Case(
                f"says {name}", str(wanted), partial(_said, kind, marks, notes, wanted, _made(folder / "said" / name))
            )
        for stem, right in NAMES.items():
            yield Case(f"named {stem}", right, partial(_named, stem, right))
        for name, damage in CARDS.items():
            yield Case(f"a card that is {name}", "left out", partial(_left_out, damage, _made(folder / "cards" / name)))
        yield Case("400 models with long titles", "short lines", partial(_many, _made(folder / "many")))
        yield Case("from a Mac's disk", "only the model's files", partial(_from_a_mac, _made(folder / "mac")))
        for part in ("unet", "safety_checker"):
            yield Case(f"own code for its {part}", "refused", partial(_own_code, part, _made(folder / "code" / part)))


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def _shelf(folder: Path) -> ModelStore:
    return ModelStore(folder / "shelf", bundled=folder / "none")


def _painted(
    source: variants.Source, changed: Callable[[variants.Weights], variants.Weights], most: float, folder: Path
) -> Seen:
    path = variants.file(changed(source.weights), folder / "a.safetensors")
    shelf = _shelf(folder)
    import_model(path, shelf, name="a", own_configs=source.configs)
    difference = float(np.abs(variants.paint(shelf, "a") - source.painted).max())
    return Seen(f"differs by {difference:.4f}", difference <= most)


def _refused(
    source: variants.Source, changed: Callable[[variants.Weights], variants.Weights], said: str, folder: Path
) -> Seen:
    path = variants.file(changed(source.weights), folder / "a.safetensors")
    return _refusal(path, folder, said, own_configs=source.configs)


def _refusal(path: Path, folder: Path, said: str, own_configs: Path | None = None) -> Seen:
    try:
        import_model(path, _shelf(folder), name="a", own_configs=own_configs)
    except OverpaintError as error:
        return Seen(error.sentence, said in error.sentence)
    return Seen("imported", False)


def _said(
    kind: str, marks: dict[str, object], notes: dict[str, str], wanted: tuple[str, bool, int], folder: Path
) -> Seen:
    path = write_safetensors(folder / "a.safetensors", {**single_file.published(kind), **marks}, notes)  # type: ignore[dict-item]
    found = sniff(safetensors.read(path))
    assert isinstance(found, StableDiffusionFile)
    came = (found.prediction, found.zero_snr, found.native)
    return Seen(str(came), came == wanted)


def _named(stem: str, right: str) -> Seen:
    name = name_from(Path(f"{stem}.safetensors"))
    return Seen(name, cards.check_name(name) == right)


def _card(name: str) -> Card:
    return Card(name, "A model", "sd15", "MIT", "tests", 3.0, "here")


def _put(shelf: ModelStore, card: Card) -> None:
    cards.write(_made(shelf.root / card.name), card)


def _left_out(damage: Callable[[Path], object], folder: Path) -> Seen:
    shelf = _shelf(folder)
    _put(shelf, _card("good"))
    damage(_made(shelf.root / "bad") / cards.FILE_NAME)
    found = [card.name for card in shelf.cards()]
    return Seen(f"{found}, {shelf.unreadable()}", found == ["good"] and len(shelf.unreadable()) == 1)


def _many(folder: Path) -> Seen:
    shelf = _shelf(folder)
    for number in range(400):
        _put(shelf, replace(_card(f"model-{number:03}"), title="T" * 70_000, good_for="g" * 70_000))
    longest = max(len(codec.to_text(card.offer)) for card in shelf.cards())
    return Seen(f"{len(shelf.cards())} models, at most {longest} letters each", longest < 1000)


def _from_a_mac(folder: Path) -> Seen:
    source = tiny_models.save("sd15-inpainting", folder / "model")
    for path in [path for path in source.rglob("*") if path.is_file()]:
        (path.parent / f"._{path.name}").write_bytes(b"\0\5\x16\7" + bytes(100))
    card = import_model(source, _shelf(folder), name="a")
    copied = [entry.path for entry in card.checksums]
    return Seen(f"{len(copied)} files", not any("._" in path for path in copied))


def _own_code(part: str, folder: Path) -> Seen:
    source = tiny_models.save("sd15-inpainting", folder / "model")
    index = (source / "model_index.json").read_text("utf-8").rstrip().removesuffix("}")
    (source / "model_index.json").write_text(f'{index}, "{part}": ["my_code", "Thing"]}}', "utf-8")
    shutil.rmtree(folder / "shelf", ignore_errors=True)
    return _refusal(source, folder, "program code of its own")
