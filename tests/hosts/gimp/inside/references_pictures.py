"""Images with layers to look at."""

from easel import TYPES, new_image
from gi.repository import Gimp
from sheet import fill

SIZE = 96, 64
RED, TEAL, WHITE = (200, 30, 20), (10, 120, 140), (255, 255, 255)


def add(image, name, colour, size, offset=(0, 0), alpha=None, parent=None):
    kind = "RGBA" if alpha is not None else "RGB"
    layer = Gimp.Layer.new(image, name, *size, TYPES[kind], 100.0, Gimp.LayerMode.NORMAL)
    image.insert_layer(layer, parent, 0)
    layer.set_offsets(*offset)
    fmt = "R'G'B'A u8" if alpha is not None else "R'G'B' u8"
    fill(layer, (*colour, alpha) if alpha is not None else colour, (0, 0, *size), fmt)
    return layer


def picture(kind="RGB", precision="U8_NON_LINEAR"):
    """An image, with two layers of one colour: one reaches beyond the canvas, one is small."""
    image, paint = new_image(*SIZE, kind, precision)
    red = add(image, "Red", RED, (300, 200), (-40, -30))
    teal = add(image, "Teal", TEAL, (9, 5), (70, 50), 255)
    return image, paint, red, teal
