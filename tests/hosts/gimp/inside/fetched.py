"""Runs inside GIMP: answers of every kind from before are brought in, where they fit."""

from easel import describe, dump, new_image, report, run, save
from gi.repository import Gimp

small, layer = new_image(50, 40)
report["small"] = run("overpaint-earlier", small, [layer])[:2]
report["small-size"] = [small.get_width(), small.get_height()]
image, layer = new_image(96, 80)
Gimp.Selection.all(image)
status, error, layers, _ = run("overpaint-earlier", image, [layer])
report["brought"] = {
    "status": status,
    "error": error,
    "names": [each.get_name() for each in image.get_layers()],
    "size": [image.get_width(), image.get_height()],
    "layers": [describe(new) for new in layers],
    "selected": dump(image.get_selection(), "selected", fmt="Y float"),
}
report["once more"] = run("overpaint-earlier", image, [layer])[:2]
save()
