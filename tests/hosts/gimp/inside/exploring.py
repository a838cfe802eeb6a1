"""Runs inside a GIMP with windows: a picture is learned by hand, and two strengths of it are kept."""

from easel import OUT, describe, new_image, report, run, save
from gi.repository import Gimp
from window_steps import let, wait_for

image, layer = new_image(320, 240, name="Paint")
image.select_rectangle(Gimp.ChannelOps.REPLACE, 100, 80, 90, 70)
display = Gimp.Display.new(image)
Gimp.displays_flush()
report["shown"] = True
save()

wait_for(OUT, "ask")
asked = {"mode": Gimp.RunMode.INTERACTIVE, "method": "ponder", "steps": 10}
status, error, layers, _ = run("overpaint-imagic", image, [layer], **asked)
report["explored"] = {
    "status": status,
    "error": error,
    "layers": [describe(new) for new in layers],
    "names": [one.get_name() for one in image.get_layers()],
    "selected": not Gimp.Selection.is_empty(image),
}
save()
wait_for(OUT, "undone")
let(lambda: len(image.get_layers()) == 2)
report["undone"] = [one.get_name() for one in image.get_layers()]
save()
wait_for(OUT, "end")
