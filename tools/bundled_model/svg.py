"""Drawings as pixels, by resvg: a wheel, so that no machine needs a program installed for it."""

from __future__ import annotations

import io

import resvg_py
from PIL import Image


def drawn(svg: str, side: int) -> Image.Image:
    """RGBA with straight alpha, as large as fits into ``side`` × ``side``. Raises ``ValueError`` for what is no SVG."""
    png = resvg_py.svg_to_bytes(svg_string=svg, width=side, height=side, skip_system_fonts=True)
    return Image.open(io.BytesIO(png)).convert("RGBA")
