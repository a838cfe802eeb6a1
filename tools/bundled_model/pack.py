"""The rendered artwork as one small file, for a machine without the packages.

`python -m tools.bundled_model.pack` writes `art.zip`; with `--unpack` it makes `art.npy` of it again.
"""

from __future__ import annotations

import argparse
import io
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tools.bundled_model.artwork import ART_SIZE, DATA, as_json, load_pictures, load_records
from tools.bundled_model.records import Record
from tools.bundled_model.repertoire import FULL, REPERTOIRES, Repertoire

_PAINTED = "fluent3d"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--unpack", action="store_true")
    parser.add_argument("--repertoire", choices=REPERTOIRES, help="only what it teaches: enough to train")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    if options.unpack:
        unpack(options.data, options.threads)
    else:
        pack(options.data, options.threads, REPERTOIRES[options.repertoire] if options.repertoire else FULL)


def pack(data: Path, threads: int, repertoire: Repertoire = FULL) -> None:
    """WebP: exact for drawings; for the 3D renders, which came as lossy WebP, nearly so. Numbered anew."""
    pictures, records = load_pictures(data), [record for record in load_records(data) if repertoire.has(record)]

    def squeeze(record: Record) -> bytes:
        file = io.BytesIO()
        lossless = record.vendor != _PAINTED
        Image.fromarray(pictures[record.index]).save(file, "WEBP", lossless=lossless, quality=92, method=4)
        return file.getvalue()

    with zipfile.ZipFile(data / "art.zip", "w", zipfile.ZIP_STORED) as archive, ThreadPoolExecutor(threads) as pool:
        numbered = [replace(record, index=number) for number, record in enumerate(records)]
        archive.writestr("art.json", as_json(numbered), zipfile.ZIP_DEFLATED)
        for number, content in enumerate(pool.map(squeeze, records)):
            archive.writestr(f"{number:05}.webp", content)


def unpack(data: Path, threads: int) -> None:
    with zipfile.ZipFile(data / "art.zip") as archive, ThreadPoolExecutor(threads) as pool:
        archive.extract("art.json", data)
        names = sorted(name for name in archive.namelist() if name.endswith(".webp"))
        shape = (len(names), ART_SIZE, ART_SIZE, 4)
        pictures = np.lib.format.open_memmap(data / "art.partial.npy", mode="w+", dtype=np.uint8, shape=shape)
        for index, picture in enumerate(pool.map(_read, (archive.read(name) for name in names))):
            pictures[index] = picture
        pictures.flush()
    (data / "art.partial.npy").rename(data / "art.npy")


def _read(content: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGBA"))


if __name__ == "__main__":
    main()
