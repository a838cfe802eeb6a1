"""Runs inside GIMP: images of flat layers, as they are built for a case."""

from easel import dump
from gi.repository import Babl, Gegl, Gimp

SIZE = 200, 160
BLOT = 80, 60, 30, 30
CHOSEN = 74, 54, 42, 42
INK, PAPER, RED = (40, 80, 160, 255), (200, 80, 40, 255), (255, 0, 0, 255)


class Sheet:
    """An image that is being built. source: the layer to edit."""

    def __init__(self, blot, kind=Gimp.ImageBaseType.RGB, precision=Gimp.Precision.U8_NON_LINEAR, size=SIZE):
        self.blot, self.source = blot, None
        self.image = Gimp.Image.new_with_precision(*size, kind, precision)
        self.kind = Gimp.ImageType.GRAYA_IMAGE if kind == Gimp.ImageBaseType.GRAY else Gimp.ImageType.RGBA_IMAGE

    def layer(self, name, colour, parent=None, size=SIZE, offset=(0, 0), mode=Gimp.LayerMode.NORMAL, opacity=100.0):
        layer = Gimp.Layer.new(self.image, name, *size, self.kind, opacity, mode)
        self.image.insert_layer(layer, parent, 0)
        layer.set_offsets(*offset)
        if colour is not None:
            fill(layer, colour, (0, 0, *size))
        return layer

    def group(self, name, parent=None, mode=Gimp.LayerMode.NORMAL, opacity=100.0):
        group = Gimp.GroupLayer.new(self.image, name)
        self.image.insert_layer(group, parent, 0)
        group.set_mode(mode)
        group.set_opacity(opacity)
        return group

    def spoil(self, layer, colour=RED, place=BLOT):
        """The blot, in image pixels, where there is to be one; ``layer`` becomes the source."""
        self.source = layer
        if self.blot:
            _, x, y = layer.get_offsets()
            fill(layer, colour, (place[0] - x, place[1] - y, *place[2:]))
        return layer


def fill(drawable, colour, place, fmt="R'G'B'A u8"):
    """In the numbers of the drawable's own colour space: babl 0.1.112 has a wrong way to those of 16 bits."""
    buffer, space = drawable.get_buffer(), Babl.format_get_space(drawable.get_format())
    name = Babl.get_name(Babl.format_with_space(fmt, space))
    buffer.set(Gegl.Rectangle.new(*place), name, bytes(colour) * (place[2] * place[3]))
    buffer.flush()
    drawable.update(*place)


def mask_of(layer, hidden=None, gray=None):
    """A layer mask: 0 in the rectangle ``hidden``, 128 in ``gray`` (both in the layer's pixels)."""
    mask = layer.create_mask(Gimp.AddMaskType.WHITE)
    layer.add_mask(mask)
    if hidden:
        fill(mask, (0,), hidden, "Y u8")
    if gray:
        fill(mask, (128,), gray, "Y u8")
    return mask


def picture(image, name):
    """What a person sees, in the image's own numbers."""
    copy = image.duplicate()
    for channel in copy.get_channels():
        channel.set_visible(False)
    layer = Gimp.Layer.new_from_visible(copy, copy, "seen")
    copy.insert_layer(layer, None, 0)
    found = dump(layer, name)
    copy.delete()
    return found


def filtered(layer, operation, **values):
    made = Gimp.DrawableFilter.new(layer, operation, operation)
    for name, value in values.items():
        made.get_config().set_property(name, value)
    layer.append_filter(made)
    layer.update(0, 0, layer.get_width(), layer.get_height())
    return made
