"""The rendered artwork as one small file, for a machine without the packages or rsvg-convert.

`python -m tools.bundled_model.pack` writes `art.zip`; with `--unpack` it makes `art.npy` of it again.
"""

from __future__ import annotations

import argparse
import io
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tools.bundled_model.artwork import ART_SIZE, DATA, load_pictures, load_records

_PAINTED = "fluent3d"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--unpack", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    (unpack if options.unpack else pack)(options.data, options.threads)


def pack(data: Path, threads: int) -> None:
    """WebP: exact for drawings; for the 3D renders, which came as lossy WebP, nearly so."""
    pictures, records = load_pictures(data), load_records(data)

    def squeeze(index: int) -> bytes:
        file = io.BytesIO()
        lossless = records[index].vendor != _PAINTED
        Image.fromarray(pictures[index]).save(file, "WEBP", lossless=lossless, quality=92, method=4)
        return file.getvalue()

    with zipfile.ZipFile(data / "art.zip", "w", zipfile.ZIP_STORED) as archive, ThreadPoolExecutor(threads) as pool:
        archive.write(data / "art.json", "art.json", zipfile.ZIP_DEFLATED)
        for record, content in zip(records, pool.map(squeeze, range(len(records))), strict=True):
            archive.writestr(f"{record.index:05}.webp", content)


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
