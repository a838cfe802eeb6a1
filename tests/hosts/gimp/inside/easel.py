"""Runs inside GIMP's own Python: makes images, calls our procedures as a script would, writes down what it finds.

Everything goes into the folder ``OVERPAINT_TEST_OUT``: raw pixels as files, the rest as ``report.json``.
"""

from __future__ import annotations

import array
import json
import os
import random
import time
import traceback
from pathlib import Path

from gi.repository import Babl, Gegl, Gimp

OUT = Path(os.environ["OVERPAINT_TEST_OUT"])
BASES = {"RGB": Gimp.ImageBaseType.RGB, "GRAY": Gimp.ImageBaseType.GRAY}
TYPES = {
    "RGB": Gimp.ImageType.RGB_IMAGE,
    "RGBA": Gimp.ImageType.RGBA_IMAGE,
    "GRAY": Gimp.ImageType.GRAY_IMAGE,
    "GRAYA": Gimp.ImageType.GRAYA_IMAGE,
}
report = {}


def run_all(cases):
    """Run each of ``cases`` (functions that take their own report, a dict) whatever becomes of the others; where
    ``OVERPAINT_TEST_CASES`` names some, only those."""
    only = os.environ.get("OVERPAINT_TEST_CASES", "").split()
    for case in (each for each in cases if not only or each.__name__ in only):
        found = report.setdefault(case.__name__, {})
        try:
            case(found)
        except Exception:  # noqa: BLE001  # the test outside reads it
            found["traceback"] = traceback.format_exc()
        save()


def save():
    (OUT / "report.part").write_text(json.dumps(report))
    (OUT / "report.part").rename(OUT / "report.json")


def new_image(width, height, kind="RGB", precision="U8_NON_LINEAR", size=None, offset=(0, 0), name="Paint"):
    """An image with one layer of noise, of ``size`` (the canvas's) at ``offset``."""
    base = kind.removesuffix("A")
    image = Gimp.Image.new_with_precision(width, height, BASES[base], getattr(Gimp.Precision, precision))
    return image, add_layer(image, kind, size or (width, height), offset, name)


def add_layer(image, kind, size, offset=(0, 0), name="Paint", parent=None):
    layer = Gimp.Layer.new(image, name, *size, TYPES[kind], 100.0, Gimp.LayerMode.NORMAL)
    image.insert_layer(layer, parent, 0)
    layer.set_offsets(*offset)
    buffer = layer.get_buffer()
    buffer.set(Gegl.Rectangle.new(0, 0, *size), native(layer), noise(layer, size))
    buffer.flush()
    layer.update(0, 0, *size)
    return layer


def noise(layer, size):
    """Random numbers in the layer's own type; floats reach beyond 1, as they do in real pictures."""
    rng = random.Random(7)
    fmt = layer.get_format()
    count = size[0] * size[1] * Babl.format_get_n_components(fmt)
    number = Babl.format_get_encoding(fmt).split()[1]
    if number in ("u8", "u16", "u32"):
        return rng.randbytes(count * {"u8": 1, "u16": 2, "u32": 4}[number])
    values = [round(rng.random() * 1.2, 3) for _ in range(count)]
    if number == "half":
        import struct

        return struct.pack(f"<{count}e", *values)
    return array.array("f" if number == "float" else "d", values).tobytes()


def native(drawable):
    """The drawable's own format, space and all: bytes as they lie in memory."""
    fmt = drawable.get_format()
    return Babl.get_name(fmt)


def dump(drawable, name, rectangle=None, fmt=None):
    """Write the pixels as they are into a file; returns what a reader needs to know."""
    x, y, width, height = rectangle or (0, 0, drawable.get_width(), drawable.get_height())
    data = drawable.get_buffer().get(
        Gegl.Rectangle.new(x, y, width, height), 1.0, fmt or native(drawable), Gegl.AbyssPolicy.NONE
    )
    (OUT / name).write_bytes(data)
    encoding = fmt or Babl.format_get_encoding(drawable.get_format())
    return {"file": name, "width": width, "height": height, "encoding": encoding}


def run(name, image, drawables, mode=Gimp.RunMode.NONINTERACTIVE, **arguments):
    """Call a procedure; returns (status nick, error text, new layers, seconds)."""
    procedure = Gimp.get_pdb().lookup_procedure(name)
    config = procedure.create_config()
    config.set_property("run-mode", mode)
    config.set_property("image", image)
    config.set_core_object_array("drawables", drawables)
    for key, value in arguments.items():
        config.set_property(key, value)
    began = time.monotonic()
    result = procedure.run(config)
    seconds = time.monotonic() - began
    status = result.index(0)
    if status != Gimp.PDBStatusType.SUCCESS:
        return status.value_nick, Gimp.get_pdb().get_last_error(), [], seconds
    return status.value_nick, "", list(result.get_core_object_array(1)), seconds


def describe(layer):
    _, x, y = layer.get_offsets()
    parasite = layer.get_parasite("overpaint-recipe")
    return {
        "name": layer.get_name(),
        "x": x,
        "y": y,
        "position": layer.get_image().get_item_position(layer),
        "parent": layer.get_parent().get_name() if layer.get_parent() else None,
        "note": bytes(parasite.get_data()).decode() if parasite else None,
        "has_alpha": layer.has_alpha(),
    }


def merged(image, name):
    """What a person sees, in the image's own numbers."""
    copy = image.duplicate()
    layer = copy.merge_visible_layers(Gimp.MergeType.CLIP_TO_IMAGE)
    found = dump(layer, name)
    copy.delete()
    return found
