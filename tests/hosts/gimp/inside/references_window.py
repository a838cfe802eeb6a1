"""Runs inside a GIMP with windows: the layers to look at are ticked by hand."""

from easel import OUT, dump, report, run, save
from gi.repository import Gimp
from references_pictures import picture
from window_steps import wait_for

image, layer, *_ = picture()
image.set_selected_layers([layer])
display = Gimp.Display.new(image)
Gimp.displays_flush()
report["shown"] = True
save()


def ask(key, method):
    wait_for(OUT, key)
    status, error, layers, _ = run(
        "overpaint-edit-layer", image, [layer], mode=Gimp.RunMode.INTERACTIVE, method=method, prompt="a hat"
    )
    report[key] = {
        "status": status,
        "error": error,
        "layers": [dump(made, f"{key}-{at}", fmt="R'G'B' u8") for at, made in enumerate(layers)],
        "names": [made.get_name() for made in image.get_layers()],
    }
    save()


ask("ticked", "striped")
wait_for(OUT, "end")
