"""Runs inside GIMP: an edit that takes long, and what GIMP can still do after its plug-in was killed in the middle."""

from easel import new_image, report, run, save
from gi.repository import Gimp

image, layer = new_image(96, 80)
image.select_rectangle(Gimp.ChannelOps.REPLACE, 30, 20, 24, 18)
status, _, _, _ = run("overpaint-replace-selection", image, [layer], prompt="a red hat", steps=500)
report["killed"] = {"status": status, "layers": len(image.get_layers())}
save()
status, error, layers, _ = run("overpaint-erase-selection", image, [layer])
report["next"] = {"status": status, "error": error, "layers": len(layers)}
save()
