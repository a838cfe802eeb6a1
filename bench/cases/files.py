"""Files as phones, scanners, raw converters and other programs write them: through the reader, and through the command.

Each is made here. What a file holds is known number by number, so a row is right where the reader gives those numbers
upright, or refuses with a word of why; and where what the file says of itself is in what is written.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import struct
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image as Pillow

from bench.cases.case import Case, Seen
from server.documents import image, png
from server.documents.chunks import PngChunk
from server.documents.found import Pixels
from server.wire.errors import OverpaintError
from tests.documents import making
from tests.running import CHECKOUT, PONDERING, RunningServer

WIDTH, HEIGHT = 64, 48
GAMMA = PngChunk(b"gAMA", struct.pack(">I", 100000))
CODED = PngChunk(b"cICP", bytes([9, 16, 0, 1]))
DOTS = PngChunk(b"pHYs", struct.pack(">IIB", 11811, 11811, 1))
PARAMETERS = PngChunk(b"tEXt", b"parameters\0prompt, seed 5")
MASK = np.zeros((HEIGHT, WIDTH), np.uint8)
MASK[20:30, 30:44] = 255

RGB = making.numbers(3, height=HEIGHT, width=WIDTH)
DEEP = making.numbers(3, 16, height=HEIGHT, width=WIDTH)
ALPHA = np.where(np.arange(WIDTH) < WIDTH // 2, 65535, 32768).astype(np.uint16)[None, :, None].repeat(HEIGHT, 0)


def cases() -> Iterator[Case]:
    with tempfile.TemporaryDirectory(prefix="op") as folder:
        yield from _read(Path(folder))
        yield from _refused(Path(folder))
        yield from _said(Path(folder))
        home = Path(folder) / "h"
        server = RunningServer(home, environment=PONDERING)
        try:
            yield from _commands(Command(home, Path(folder)))
        finally:
            server.stop()


def _read(folder: Path) -> Iterator[Case]:
    """Number for number, upright."""
    for name, ending, make, expected in _readable():
        yield Case(name, "its own numbers", partial(_compared, folder, make, ending, expected))


Readable = tuple[str, str, Callable[[], bytes], Pixels]


def _readable() -> Iterator[Readable]:
    yield from _tiffs()
    yield from _pngs()
    upright = np.rot90(RGB, -1)
    turned = b"Exif\0\0" + making.exif(6)
    yield "WebP", "webp", lambda: making.by_pillow(RGB, "WEBP", lossless=True), RGB
    yield "WebP, orientation 6", "webp", lambda: making.by_pillow(RGB, "WEBP", lossless=True, exif=turned), upright
    yield "BMP", "bmp", lambda: making.by_pillow(RGB, "BMP"), RGB
    phone = making.by_pillow(RGB, "JPEG", quality=95, exif=turned)
    shown = making.by_pillow_read(making.by_pillow(RGB, "JPEG", quality=95), "RGB")
    yield "a phone's JPEG, orientation 6", "jpg", lambda: phone, np.rot90(shown, -1)


def _tiffs() -> Iterator[Readable]:
    def tiff(pixels: Pixels, **how: object) -> Callable[[], bytes]:
        return lambda: making.tiff(pixels, photometric="rgb", **how)

    multiplied = np.dstack([np.round(DEEP * (ALPHA / 65535)).astype(np.uint16), ALPHA])
    divided = np.round(multiplied[..., :3] * 65535.0 / ALPHA).clip(0, 65535).astype(np.uint16)
    white = making.numbers(1, 12, height=HEIGHT, width=WIDTH)
    twelve = np.round(white * (65535 / 4095)).astype(np.uint16)
    yield "TIFF, 16 bits", "tif", tiff(DEEP), DEEP
    yield "… in separate planes", "tif", tiff(np.moveaxis(DEEP, -1, 0).copy(), planarconfig="separate"), DEEP
    yield "… orientation 6", "tif", tiff(DEEP, tags=[(274, 3, 1, 6)]), np.rot90(DEEP, -1)
    yield "… orientation 3", "tif", tiff(DEEP, tags=[(274, 3, 1, 3)]), DEEP[::-1, ::-1]
    yield "… BigTIFF, tiles, deflate", "tif", tiff(DEEP, compression="zlib", tile=(16, 16), bigtiff=True), DEEP
    yield (
        "… straight alpha",
        "tif",
        tiff(np.dstack([DEEP, ALPHA]), extrasamples=["unassalpha"]),
        np.dstack([DEEP, ALPHA]),
    )
    yield "… multiplied alpha", "tif", tiff(multiplied, extrasamples=["assocalpha"]), np.dstack([divided, ALPHA])
    yield "… several pages", "tif", tiff(np.stack([DEEP, 65535 - DEEP])), DEEP
    yield "TIFF of 12 bits", "tif", lambda: making.tiff(white[..., 0], bitspersample=12), twelve
    yield "TIFF, white is zero", "tif", lambda: making.tiff(RGB[..., 0], photometric="miniswhite"), 255 - RGB[..., :1]
    yield "8-bit TIFF, orientation 6", "tif", tiff(RGB, tags=[(274, 3, 1, 6)]), np.rot90(RGB, -1)


def _pngs() -> Iterator[Readable]:
    gray = making.numbers(2, 16, height=HEIGHT, width=WIDTH)
    key = DEEP[15, 15].astype(">u2").tobytes()
    keyed = np.dstack([DEEP, np.where((DEEP[15, 15] == DEEP).all(axis=2), 0, 65535).astype(np.uint16)])
    large = PngChunk(b"iCCP", b"icc\0\0" + zlib.compress(making.SRGB + np.random.default_rng(0).bytes(3 << 19)))
    turned = PngChunk(b"eXIf", making.exif(6))
    yield "PNG, 16 bits", "png", lambda: making.png(DEEP, 2, 16), DEEP
    yield "… orientation 6", "png", lambda: making.png(DEEP, 2, 16, turned), np.rot90(DEEP, -1)
    yield "… colour key", "png", lambda: making.png(DEEP, 2, 16, PngChunk(b"tRNS", key)), keyed
    yield "… interlaced", "png", lambda: making.png(DEEP, 2, 16, interlaced=True), DEEP
    yield "… gray and alpha", "png", lambda: making.png(gray, 4, 16), gray
    yield "PNG, a profile of 1.5 MB", "png", lambda: making.png(RGB, 2, 8, large), RGB
    for bits in (1, 2, 4):
        stored = making.numbers(1, bits, height=HEIGHT, width=WIDTH)
        expected = stored * (255 // ((1 << bits) - 1))
        yield f"gray PNG, {bits} bit", "png", partial(making.png, stored, 0, bits), expected
    drawing = np.full((12034, 15124, 1), 255, np.uint8)
    yield "a line drawing of 182 megapixels, 1 bit", "png", _drawing, drawing


def _drawing() -> bytes:
    row = b"\0" + b"\xff" * ((15124 + 7) // 8)
    header = struct.pack(">IIBBBBB", 15124, 12034, 1, 0, 0, 0, 0)
    body = [PngChunk(b"IHDR", header), PngChunk(b"IDAT", zlib.compress(row * 12034, 1)), PngChunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk.packed for chunk in body)


def _compared(folder: Path, make: Callable[[], bytes], ending: str, expected: Pixels) -> Seen:
    read = making.read(folder, make(), ending)
    same = np.array_equal(read.pixels, expected) and read.pixels.dtype == expected.dtype
    return Seen(f"{read.pixels.shape} {read.pixels.dtype}, {'the same' if same else 'other numbers'}", same)


def _refused(folder: Path) -> Iterator[Case]:
    """With a sentence that has a word of why, and a hint."""
    cmyk, half = making.numbers(4), making.numbers(3).astype(np.float16)
    cut = making.by_pillow(RGB, "JPEG", quality=95)
    bomb = struct.pack(">IIBBBBB", 2_000_000_000, 2_000_000_000, 1, 0, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + PngChunk(b"IHDR", bomb).packed + PngChunk(b"IDAT", bytes(99)).packed
    rows = [
        ("CMYK TIFF", making.tiff(cmyk, photometric="separated"), "CMYK"),
        ("CMYK JPEG", making.by_pillow(RGB, "JPEG", mode="CMYK"), "CMYK"),
        ("Lab TIFF of 16 bits", making.tiff(DEEP, photometric="cielab"), "Lab"),
        ("floats", making.tiff(half, photometric="rgb"), "floating-point"),
        ("signed numbers", making.tiff(DEEP.astype(np.int16), photometric="rgb"), "signed"),
        ("32 bits", making.tiff(DEEP.astype(np.uint32), photometric="rgb"), "32 bits"),
        ("a JPEG cut off", cut[: len(cut) * 2 // 3], "cannot be read"),
        ("an empty file", b"", "empty"),
        ("a web page named .png", b"<html>", "cannot be read"),
        ("a bomb", bomb, "of memory"),
    ]
    for name, data, word in rows:
        yield Case(name, f"refused: “{word}”", partial(_refusal, folder, data, word))
    yield Case("a folder", "refused: “folder”", lambda: _refusal_of(folder, "folder"))


def _refusal(folder: Path, data: bytes, word: str) -> Seen:
    (folder / "picture.bad").write_bytes(data)
    return _refusal_of(folder / "picture.bad", word)


def _refusal_of(path: Path, word: str) -> Seen:
    try:
        read = image.read(path)
    except OverpaintError as error:
        return Seen(f"{error.sentence} {error.hint}".replace(str(path.parent), "…"), word in error.sentence)
    return Seen(f"read: {read.pixels.shape}", False)


def _said(folder: Path) -> Iterator[Case]:
    """What is written again says the same as what was read."""
    for bits, pixels in ((8, RGB), (16, DEEP)):
        for name, chunk in (("gAMA", GAMMA), ("cICP", CODED), ("pHYs", DOTS), ("a text", PARAMETERS)):
            data = making.png(pixels, 2, bits, chunk)
            yield Case(f"{name}, {bits} bits", "equal in and out", partial(_written, folder, data, [chunk]))
    yield Case("a gamma", "what an edit goes by says it too", lambda: _followed(folder))
    words = [(315, 2, 0, "A. Photographer"), (33432, 2, 0, "(c) 2026")]
    tiff = making.tiff(DEEP, photometric="rgb", resolution=(300, 300), resolutionunit=2, tags=words)
    yield Case("a TIFF's 300 dpi", "pHYs of as many", lambda: _written(folder, tiff, [DOTS]))
    yield Case("a TIFF's copyright", "in the EXIF of what is written", lambda: _copyright(folder, tiff))
    block = Pillow.Exif()
    block[315], block[33432] = "A. Photographer", "(c) 2026"
    jpeg = making.by_pillow(RGB, "JPEG", exif=block, dpi=(300, 300))
    yield Case("a JPEG's 300 dpi", "pHYs of as many", lambda: _written(folder, jpeg, [DOTS]))
    yield Case("a JPEG's copyright", "in the EXIF of what is written", lambda: _copyright(folder, jpeg))


def _written(folder: Path, data: bytes, chunks: Sequence[PngChunk]) -> Seen:
    again = making.read(folder, png.encode(making.read(folder, data)))
    return Seen(", ".join(chunk.name.decode() for chunk in again.chunks), set(chunks) <= set(again.chunks))


def _followed(folder: Path) -> Seen:
    profile = making.read(folder, making.png(DEEP, 2, 16, GAMMA)).profile
    return Seen(f"a profile of {len(profile or b'')} bytes", profile is not None)


def _copyright(folder: Path, data: bytes) -> Seen:
    written = Pillow.open(io.BytesIO(png.encode(making.read(folder, data))))
    written.load()
    found = written.getexif().get(33432), written.getexif().get(315)
    return Seen(str(found), found == ("(c) 2026", "A. Photographer"))


class Command:
    """``overpaint edit`` of one home, in a process of its own."""

    def __init__(self, home: Path, folder: Path) -> None:
        self.folder = folder
        self._environment = {**os.environ, **PONDERING, "OVERPAINT_HOME": str(home), "COLUMNS": "200"}

    def __call__(self, picture: str, mask: bytes, out: str, *options: object) -> subprocess.CompletedProcess[str]:
        """The names are of files in the folder."""
        (self.folder / "mask").write_bytes(mask)
        words = ("edit", self.folder / picture, "--mask", self.folder / "mask", "--out", self.folder / out, *options)
        command = [sys.executable, "-m", "server.cli", *map(str, words), "--feather", "0", "--seed", "1"]
        return subprocess.run(command, env=self._environment, cwd=CHECKOUT, capture_output=True, text=True, check=False)


PONDER = ("--method", "ponder", "--steps", 1)


def _commands(command: Command) -> Iterator[Case]:
    folder = command.folder
    mask = making.by_pillow(MASK, "PNG")
    side = making.by_pillow(np.rot90(MASK, -1).copy(), "PNG")
    tiff = making.tiff(DEEP, photometric="rgb", tags=[(274, 3, 1, 6)])
    (folder / "plain.png").write_bytes(making.png(RGB, 2, 8, DOTS, PARAMETERS, GAMMA))
    (folder / "side.tif").write_bytes(tiff)
    yield Case("erase in a PNG", "only the selection changes", lambda: _changed(command, "plain.png", mask, MASK))
    upright = np.rot90(MASK, -1)
    name = "a 16-bit TIFF that lies on its side, a mask as viewers show it"
    yield Case(name, "only the selection changes", lambda: _changed(command, "side.tif", side, upright, *PONDER))
    yield Case("a mask that lies on its side", "refused with both sizes", lambda: _sizes(command, side))
    for name, form in _masks().items():
        yield Case(f"a mask, {name}", "selects the same", partial(_changed, command, "plain.png", form, MASK, *PONDER))
    yield Case("an answer over a link", "the link stays, the file's mode too", lambda: _link(command, mask))
    yield Case("an answer over the picture itself", "only the selection changes", lambda: _itself(command, mask))
    for name, out in (("a folder", "folder.png"), ("a name of 300 letters", "a" * 300 + ".png")):
        yield Case(f"an answer over {name}", "refused before the work", partial(_unwritable, command, mask, out))


def _masks() -> dict[str, bytes]:
    paint = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    paint[MASK > 0] = (255, 0, 0, 255)
    return {
        "1 bit": making.by_pillow(MASK, "PNG", mode="1"),
        "palette": making.by_pillow(MASK, "PNG", mode="P"),
        "16 bits": making.png(MASK[..., None].astype(np.uint16) * 257, 0, 16),
        "red paint on transparency": making.by_pillow(paint, "PNG"),
        "0 and 1 instead of 0 and 255": making.by_pillow(MASK // 255, "PNG"),
        "fax": making.by_pillow(MASK > 0, "TIFF", compression="group4"),
    }


def _changed(command: Command, picture: str, mask: bytes, selected: Pixels, *options: object) -> Seen:
    done = command(picture, mask, "out.png", *options)
    if done.returncode:
        return Seen(done.stderr.strip()[-300:], False)
    before, after = image.read(command.folder / picture), image.read(command.folder / "out.png")
    if before.pixels.shape != after.pixels.shape:
        return Seen(f"{before.pixels.shape} became {after.pixels.shape}", False)
    changed = np.any(before.pixels != after.pixels, axis=2)
    outside, inside = int(changed[selected == 0].sum()), float(changed[selected > 0].mean())
    kept = set(before.chunks) <= set(after.chunks)
    text = f"{outside} pixels changed outside, {inside:.0%} inside, what it says {'kept' if kept else 'lost'}"
    return Seen(text, outside == 0 and inside > 0.9 and kept)


def _sizes(command: Command, side: bytes) -> Seen:
    said = command("plain.png", side, "out.png", *PONDER).stderr.strip()
    return Seen(said, "48 × 64" in said and "64 × 48" in said and "Traceback" not in said)


def _link(command: Command, mask: bytes) -> Seen:
    real, link = command.folder / "real.png", command.folder / "link.png"
    real.write_bytes(b"old")
    real.chmod(0o640)
    link.symlink_to("real.png")
    done = command("plain.png", mask, "link.png", *PONDER)
    mode, stays = real.stat().st_mode & 0o777, link.is_symlink()
    good = done.returncode == 0 and stays and mode == 0o640 and image.read(real).extent.width == WIDTH
    return Seen(f"link {'stays' if stays else 'gone'}, mode {mode:o} {done.stderr.strip()}", good)


def _itself(command: Command, mask: bytes) -> Seen:
    (command.folder / "itself.png").write_bytes(making.png(RGB, 2, 8))
    done = command("itself.png", mask, "itself.png", *PONDER)
    changed = np.any(image.read(command.folder / "itself.png").pixels != RGB, axis=2)
    outside = int(changed[MASK == 0].sum())
    return Seen(
        f"{outside} pixels changed outside {done.stderr}", done.returncode == 0 and not outside and changed.any()
    )


def _unwritable(command: Command, mask: bytes, out: str) -> Seen:
    with contextlib.suppress(OSError):
        (command.folder / "folder.png").mkdir()
    done = command("plain.png", mask, out, *PONDER, "--json")
    said = json.loads(done.stdout or "{}").get("error", {}).get("sentence", "")
    return Seen(said[-120:], "cannot be written" in said and "Traceback" not in done.stderr)
