"""What GIMP's (Babl's) names for pixel formats mean on the wire. No gi."""

from __future__ import annotations

from dataclasses import dataclass

from server.wire.raster import Channels, Depth, Transfer

_DEPTHS = {"u8": Depth.U8, "u16": Depth.U16, "u32": Depth.U32, "half": Depth.F16, "float": Depth.F32}
_TYPES = {depth: name for name, depth in _DEPTHS.items()}

_MODELS = {
    (Channels.GRAY, Transfer.PROFILE): "Y'",
    (Channels.GRAY_ALPHA, Transfer.PROFILE): "Y'A",
    (Channels.RGB, Transfer.PROFILE): "R'G'B'",
    (Channels.RGBA, Transfer.PROFILE): "R'G'B'A",
    (Channels.GRAY, Transfer.LINEAR): "Y",
    (Channels.GRAY_ALPHA, Transfer.LINEAR): "YA",
    (Channels.RGB, Transfer.LINEAR): "RGB",
    (Channels.RGBA, Transfer.LINEAR): "RGBA",
}


@dataclass(frozen=True)
class Layout:
    """How a layer's pixels lie in memory, in the protocol's words."""

    channels: Channels
    depth: Depth
    transfer: Transfer

    @property
    def babl(self) -> str:
        """The name of the Babl format with exactly these bytes (its colour space is another matter)."""
        return f"{_MODELS[self.channels, self.transfer]} {_TYPES[self.depth]}"

    @property
    def gray(self) -> bool:
        return self.channels in (Channels.GRAY, Channels.GRAY_ALPHA)


def layout(encoding: str) -> Layout | None:
    """The layout to read a layer of GIMP's ``encoding`` ("R'G'B'A u8") in; None for a palette.

    It is the layer's own, bit for bit, with two exceptions that GIMP converts: *double* travels as float, and the
    *perceptual* encodings ("R~G~B~", sRGB's curve in any space) as the colour profile's own curve.
    """
    model, _, number = encoding.partition(" ")
    transfer = Transfer.PROFILE if "'" in model or "~" in model else Transfer.LINEAR
    try:
        channels = Channels(model.replace("'", "").replace("~", ""))
        return Layout(channels, Depth.F32 if number == "double" else _DEPTHS[number], transfer)
    except (ValueError, KeyError):
        return None


def mask_layout(depth: Depth) -> tuple[Depth, str]:
    """How to read the selection of an image of ``depth``: the mask's own depth and its Babl format.

    Always *linear* ("Y", not "Y'"): GIMP stores selections so, and the other name would bend the values.
    """
    mask = depth if depth in (Depth.U8, Depth.U16) else Depth.F32
    return mask, f"Y {_TYPES[mask]}"
