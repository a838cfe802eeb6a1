"""Runs inside GIMP: the same edit several times in a large document, each timed from the call to the layer."""

import json
import os

from easel import describe, new_image, report, run, save
from gi.repository import Gimp

SIDE, PART, CONTEXT = 4096, 512, 256

image, layer = new_image(SIDE, SIDE, "RGBA")
middle = (SIDE - PART) // 2
image.select_rectangle(Gimp.ChannelOps.REPLACE, middle, middle, PART, PART)
report["edits"] = []
for _ in range(int(os.environ["OVERPAINT_EDITS"])):
    status, error, layers, seconds = run(
        "overpaint-erase-selection", image, [layer], context=CONTEXT, grow=0, feather=0
    )
    if not layers:
        raise SystemExit(f"{status}: {error}")
    made = json.loads(describe(layers[0])["note"])["made"]
    crop = made["crop"]
    report["edits"].append(
        {"seconds": seconds, "server": made["seconds"], "width": crop["width"], "height": crop["height"]}
    )
    image.remove_layer(layers[0])
    save()
