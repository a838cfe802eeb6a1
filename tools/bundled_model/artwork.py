"""Renders every picture once: `python -m tools.bundled_model.artwork`.

Makes `art.npy`, uint8 (N, size, size, 4) straight RGBA, and `art.json`, the records, in the data folder.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tools.bundled_model.packages import Packages, fetch
from tools.bundled_model.records import Record, Subject, bare, subjects
from tools.bundled_model.repertoire import Repertoire
from tools.bundled_model.svg import drawn

DATA = Path("checkpoints/bundled")
ART_SIZE = 128


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    packages = fetch(options.data / "packages")
    build(packages, options.data, options.threads)


def ready(data: Path, threads: int, repertoire: Repertoire | None = None) -> Path:
    """The folder of the artwork, which is made first where it is not there: in `data`, or of a repertoire below it."""
    folder = data if repertoire is None else data / "short"
    if not (folder / "art.npy").exists():
        packages = fetch(data / "packages")
        folder.mkdir(exist_ok=True)
        build(packages, folder, threads, repertoire)
    return folder


def build(packages: Packages, data: Path, threads: int, repertoire: Repertoire | None = None) -> list[Record]:
    """Renders all wanted pictures of all vendors into `data`; vendors that lack a subject are skipped for it.
    repertoire: only what it teaches."""
    drawings = [
        drawing
        for drawing in _drawings(packages)
        if repertoire is None or repertoire.has(Record(0, drawing[0], drawing[1]))
    ]
    pictures = np.lib.format.open_memmap(
        data / "art.partial.npy", mode="w+", dtype=np.uint8, shape=(len(drawings), ART_SIZE, ART_SIZE, 4)
    )
    with ThreadPoolExecutor(threads) as pool:
        for index, picture in enumerate(pool.map(_render, (source for _, _, source in drawings))):
            pictures[index] = picture
            if index % 1000 == 0:
                print(f"{index} of {len(drawings)}", flush=True)
    pictures.flush()
    records = [Record(index, vendor, subject) for index, (vendor, subject, _) in enumerate(drawings)]
    (data / "art.json").write_text(as_json(records), encoding="utf-8")
    (data / "art.partial.npy").rename(data / "art.npy")
    return records


def as_json(records: Sequence[Record]) -> str:
    """What `load_records` reads."""
    return json.dumps([asdict(record) for record in records])


def load_records(data: Path) -> list[Record]:
    rows = json.loads((data / "art.json").read_text(encoding="utf-8"))
    return [Record(row["index"], row["vendor"], _subject(row["subject"])) for row in rows]


def load_pictures(data: Path) -> NDArray[np.uint8]:
    """The rendered artwork, memory-mapped: uint8 (N, 128, 128, 4), straight alpha."""
    pictures: NDArray[np.uint8] = np.load(data / "art.npy", mmap_mode="r")
    return pictures


def _subject(row: dict[str, object]) -> Subject:
    row["tags"] = tuple(row["tags"])  # type: ignore[arg-type]  # a JSON list
    return Subject(**row)  # type: ignore[arg-type]  # written by asdict above


def _drawings(packages: Packages) -> Iterator[tuple[str, Subject, str | Path]]:
    """(vendor, subject, SVG text or picture file) in a fixed order."""
    wanted = subjects(packages.labels)
    iconify = {"noto": packages.noto, "fluent": packages.fluent_flat, "twemoji": packages.twemoji}
    for vendor, folder in iconify.items():
        yield from _with_subject(vendor, svgs(folder), wanted)
    files: dict[str, str | Path] = {bare(file.stem): file for file in (packages.fluent_3d / "assets").glob("*.webp")}
    yield from _with_subject("fluent3d", files, wanted)


def _with_subject(
    vendor: str, sources: dict[str, str | Path], wanted: Iterable[Subject]
) -> Iterator[tuple[str, Subject, str | Path]]:
    for subject in wanted:
        if subject.hexcode in sources:
            yield vendor, subject, sources[subject.hexcode]


def svgs(folder: Path) -> dict[str, str | Path]:
    """The SVG texts of an Iconify package, by code points."""
    icons = json.loads((folder / "icons.json").read_text(encoding="utf-8"))
    names = json.loads((folder / "chars.json").read_text(encoding="utf-8"))
    return {bare(code): _svg(icons, icons["icons"][name]) for code, name in names.items()}


def _svg(icons: dict[str, int], icon: dict[str, object]) -> str:
    width, height = icon.get("width", icons["width"]), icon.get("height", icons["height"])
    box = f"{icon.get('left', 0)} {icon.get('top', 0)} {width} {height}"
    links = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f'<svg {links} viewBox="{box}" width="{width}" height="{height}">{icon["body"]}</svg>'


def _render(source: str | Path) -> NDArray[np.uint8]:
    if isinstance(source, Path):
        return _centred(Image.open(source).convert("RGBA"))
    return _centred(drawn(source, ART_SIZE))


def _centred(picture: Image.Image) -> NDArray[np.uint8]:
    # Resampling straight alpha would bleed the colour of transparent pixels; "RGBa" is Pillow's premultiplied form.
    if picture.size != (ART_SIZE, ART_SIZE):
        scale = ART_SIZE / max(picture.size)
        size = (round(picture.width * scale), round(picture.height * scale))
        picture = picture.convert("RGBa").resize(size, Image.Resampling.LANCZOS).convert("RGBA")
    canvas = Image.new("RGBA", (ART_SIZE, ART_SIZE))
    canvas.paste(picture, ((ART_SIZE - picture.width) // 2, (ART_SIZE - picture.height) // 2))
    return np.asarray(canvas)


if __name__ == "__main__":
    main()
