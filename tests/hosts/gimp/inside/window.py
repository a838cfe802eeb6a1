"""Runs inside a GIMP with windows: one edit by hand, step by step as the test outside says."""

from easel import OUT, describe, new_image, report, run, save
from gi.repository import Gimp
from window_steps import let, wait_for


def names(image):
    return [layer.get_name() for layer in image.get_layers()]


image, layer = new_image(320, 240, name="Paint")
image.select_rectangle(Gimp.ChannelOps.REPLACE, 100, 80, 90, 70)
display = Gimp.Display.new(image)
Gimp.displays_flush()
report["shown"] = True
save()

wait_for(OUT, "edit")
status, error, layers, _ = run("overpaint-erase-selection", image, [layer], mode=Gimp.RunMode.INTERACTIVE, seed=5)
report["erased"] = {
    "status": status,
    "error": error,
    "names": names(image),
    "layers": [describe(new) for new in layers],
}
save()

wait_for(OUT, "undone")
let(lambda: len(image.get_layers()) == 1)
report["undone"] = {"names": names(image), "selected": not Gimp.Selection.is_empty(image)}
save()

wait_for(OUT, "menu")
let(lambda: len(image.get_layers()) == 2)
report["menu"] = names(image)
save()

wait_for(OUT, "ask")
status, error, layers, _ = run("overpaint-replace-selection", image, [layer], mode=Gimp.RunMode.INTERACTIVE)
report["asked"] = {"status": status, "error": error, "layers": [describe(new) for new in layers]}
save()

wait_for(OUT, "forget")
Gimp.Selection.none(image)
status, error, layers, _ = run("overpaint-erase-selection", image, [layer], mode=Gimp.RunMode.INTERACTIVE)
report["forgotten"] = {"status": status, "layers": len(layers)}
save()

wait_for(OUT, "end")
