"""Does anything change that was not selected? Through the very functions that the worker uses, in every format.

Each case is one layer format (channels × depth × transfer × profile), one size and one selection. The layer is decoded,
an answer that differs everywhere is matched and masked, encoded as the new layer, decoded as bytes and blended over the
source with the hosts' own formula in the document's own numbers. Outside the edit mask that must give the source's own
numbers back, and an answer that paints nothing must be the source, byte for byte.

max_outside_change, max_roundtrip_error: in the document's own numbers (levels of an integer, parts of 1.0 of a float).

    python -m bench.fidelity [--short]
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bench import profiles
from bench.bounds import Bound, add_options, conclude
from server.pixels import blend, formats, masks
from server.pixels.picture import F32
from server.wire.geometry import Bounds, Extent
from server.wire.raster import Channels, Depth, Raster, Transfer

Numbers = npt.NDArray[Any]

BOUNDS = (
    Bound("cases", least=1000),
    Bound("unpainted", most=0),
    Bound("max_outside_change", most=0),
    Bound("max_roundtrip_error", most=0),
)
_SHORT_STRIDE = 13
"""Prime to every count of kinds, so that all of them come."""

SIZES = (Extent(1, 1), Extent(1, 7), Extent(5, 2), Extent(17, 13), Extent(67, 41))
GRAYS, COLOURS = (Channels.GRAY, Channels.GRAY_ALPHA), (Channels.RGB, Channels.RGBA, Channels.BGRA)
TYPES = {Depth.U8: "<u1", Depth.U16: "<u2", Depth.U32: "<u4", Depth.F16: "<f2", Depth.F32: "<f4"}


@dataclass(frozen=True)
class Format:
    channels: Channels
    depth: Depth
    transfer: Transfer
    profile: str
    icc: bytes | None

    def raster(self, extent: Extent) -> Raster:
        return Raster(Bounds(-3, 5, extent.width, extent.height), self.channels, self.depth, self.transfer)


def formats_met() -> Iterator[Format]:
    """Every layer format that GIMP or Krita can send, with each kind of profile it can carry."""
    none: dict[str, bytes | None] = {"none": None, "broken": b"not a profile at all"}
    matrices = {
        "sRGB": profiles.srgb(),
        "Adobe": profiles.adobe_like(),
        "ProPhoto": profiles.prophoto_like(),
        "linear v4": profiles.linear_v4(),
        "Rec. 709 v4": profiles.rec709_v4(),
        "display tables": profiles.display_like(),
    }
    by_kind: list[tuple[tuple[Channels, ...], dict[str, bytes | None]]] = [
        (COLOURS, {**none, **matrices, "RGB look-up": profiles.rgb_by_tables()}),
        (GRAYS, {**none, "gray 2.2": profiles.gray(), "gray 1.8": profiles.gray(1.8), "sRGB": profiles.srgb()}),
        ((Channels.CMYKA,), {**none, "CMYK": profiles.cmyk()}),
        ((Channels.LABA,), none),
    ]
    for kinds, icc in by_kind:
        for channels in kinds:
            for depth in Depth:
                for name, data in icc.items():
                    for transfer in Transfer if channels in (*GRAYS, *COLOURS) else (Transfer.PROFILE,):
                        yield Format(channels, depth, transfer, name, data)


def selections(extent: Extent) -> Iterator[tuple[F32, int, int | None]]:
    """Masks with a grow and a feather: a pixel, a soft blob, half at the border, a frame, a checkerboard, the whole."""
    height, width = extent.height, extent.width
    y, x = np.indices((height, width), np.float32)
    blob = np.clip(1.5 - np.hypot((y - height / 2) / (height / 3), (x - width / 2) / (width / 3)), 0, 1)
    pixel, half, whole = (np.zeros((height, width), np.float32) for _ in range(3))
    pixel[height // 2, width // 2], half[:, : (width + 1) // 2], whole[:] = 1, 1, 1
    frame = np.maximum(np.abs(y - height / 2) > height / 3, np.abs(x - width / 2) > width / 3).astype(np.float32)
    candidates = [(pixel, 0, 0), (pixel, 2, 1), (blob, 0, None), (blob, 1, 3), (half, 0, None), (half, 0, 0)]
    candidates += [(frame, 0, 2), ((y + x + 1) % 2, 0, 0), (whole, 0, None)]
    yield from (c for c in candidates if c[0].any())


def numbers(form: Format, extent: Extent, rng: np.random.Generator) -> Numbers:
    """Random pixels of the whole range, floats a little beyond it, transparency in a third of them."""
    shape = (extent.height, extent.width, form.channels.per_pixel)
    if form.depth in (Depth.F16, Depth.F32):
        full = 100 if form.channels in (Channels.CMYKA, Channels.LABA) else 1
        pixels = rng.uniform(-0.1, 1.3, shape) * full
        top: float = 1
    else:
        top = float(np.iinfo(TYPES[form.depth]).max)
        pixels = rng.integers(0, int(top), shape, endpoint=True).astype(np.float64)
    if form.channels.has_alpha:
        pixels[..., -1] = np.clip(pixels[..., -1], 0, top) * (rng.random(shape[:2]) > 0.2)
        pixels[rng.random(shape[:2]) > 0.6, -1] = top
    return pixels.astype(TYPES[form.depth])


def over(layer: Numbers, below: Numbers, depth: Depth, below_has_alpha: bool) -> Numbers:
    """``layer`` over ``below`` in normal mode, with straight alpha, as GIMP's and Krita's sources have it."""
    full = 1.0 if depth in (Depth.F16, Depth.F32) else float(np.iinfo(TYPES[depth]).max)
    alpha = layer[..., -1:] / full
    under = below[..., -1:] / full if below_has_alpha else np.ones_like(alpha)
    whole = alpha + under - alpha * under
    weight = np.divide(alpha, whole, out=np.zeros_like(alpha), where=whole > 0)
    colours = below[..., : layer.shape[-1] - 1] * (1 - weight) + layer[..., :-1] * weight
    result = np.concatenate([colours, whole * full], axis=2)[..., : below.shape[-1]]
    return (result if full == 1.0 else np.round(result)).astype(below.dtype)


def difference(one: Numbers, other: Numbers) -> float:
    return float(np.abs(one.astype(np.float64) - other.astype(np.float64)).max(initial=0))


@dataclass
class Tally:
    cases: int = 0
    outside: float = 0.0
    roundtrip: float = 0.0
    codec: float = 0.0
    """What decoding and encoding alone would lose, without the source's own numbers at hand."""
    unpainted: int = 0
    """Cases in which the composite shows nothing of the answer: a bench that passes because nothing happens."""


def measure(form: Format, tally: Tally, rng: np.random.Generator) -> None:
    for extent in SIZES:
        native = numbers(form, extent, rng)
        source = formats.read_source(form.raster(extent), native.tobytes(), form.icc)
        roundtrip(form, source, native, tally)
        answer = np.clip(1 - source.picture.rgb + rng.normal(0, 0.05, source.picture.rgb.shape), 0, 1)
        for mask, grow, feather in selections(extent):
            edit = masks.derive(mask, grow, feather)
            layer = blend.finish(source.picture, answer.astype(np.float32), edit)
            data = formats.encode_answer(layer, source)
            encoded = np.frombuffer(data, native.dtype).reshape(extent.height, extent.width, -1)
            result = over(encoded, native, form.depth, form.channels.has_alpha)
            tally.outside = max(tally.outside, difference(result[~edit.edit], native[~edit.edit]))
            tally.outside = max(tally.outside, float(encoded[~edit.edit][:, -1].max(initial=0)))
            tally.unpainted += int(np.array_equal(result[edit.edit], native[edit.edit]))
            tally.cases += 1


def roundtrip(form: Format, source: formats.Source, native: Numbers, tally: Tally) -> None:
    """An answer that painted nothing, in full view, against the source's own numbers."""
    count = form.channels.per_pixel - form.channels.has_alpha
    data = np.frombuffer(formats.encode_answer(source.picture, source), native.dtype)
    untouched = data.reshape(*native.shape[:2], -1)
    tally.roundtrip = max(tally.roundtrip, difference(untouched[..., :count], native[..., :count]))
    if form.channels.has_alpha:
        tally.roundtrip = max(tally.roundtrip, difference(untouched[..., -1], native[..., -1]))
    alone = np.frombuffer(formats.encode(source.picture, source.raster, source.icc), native.dtype)
    tally.codec = max(tally.codec, difference(alone.reshape(native.shape)[..., :count], native[..., :count]))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help=f"every {_SHORT_STRIDE}th format only")
    add_options(parser)
    options = parser.parse_args()
    rows = dict[tuple[str, str, str], Tally]()
    for form in itertools.islice(formats_met(), 0, None, _SHORT_STRIDE if options.short else 1):
        row = rows.setdefault((form.channels.value, form.depth.value, form.profile), Tally())
        measure(form, row, np.random.default_rng(11))
    print("channels depth profile           cases  outside  round trip  (codec alone)  unpainted")
    for (channels, depth, profile), row in rows.items():
        print(
            f"{channels:8} {depth:5} {profile:16} {row.cases:6} {row.outside:8g} {row.roundtrip:11g} "
            f"{row.codec:14g} {row.unpainted:10}"
        )
    figures = {
        "cases": sum(row.cases for row in rows.values()),
        "unpainted": sum(row.unpainted for row in rows.values()),
        "max_outside_change": max(row.outside for row in rows.values()),
        "max_roundtrip_error": max(row.roundtrip for row in rows.values()),
    }
    return conclude(figures, BOUNDS, options)


if __name__ == "__main__":
    sys.exit(main())
