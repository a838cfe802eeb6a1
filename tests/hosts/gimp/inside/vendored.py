"""Runs inside a GIMP whose Python has no pyzmq: the plug-in without a copy of its own, then with one."""

import os
from pathlib import Path

from easel import new_image, report, run, save
from gi.repository import Gimp

image, layer = new_image(64, 64)
image.select_rectangle(Gimp.ChannelOps.REPLACE, 10, 10, 20, 20)
plugin = Path(os.environ["GIMP3_DIRECTORY"]) / "plug-ins/overpaint"
for name in ("without", "with"):
    if name == "with":
        (plugin / "kept").rename(plugin / "vendor")
    report[name] = run("overpaint-replace-selection", image, [layer], prompt="a boat", method="alchemy")[:2]
    save()
