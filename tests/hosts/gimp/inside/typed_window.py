"""Runs inside a GIMP with windows: a selection, a larger image and layers of their own, asked for by hand."""

from easel import OUT, dump, new_image, report, run, save
from gi.repository import Gimp
from window_steps import let, wait_for

image, layer = new_image(320, 240, name="Paint")
image.select_rectangle(Gimp.ChannelOps.REPLACE, 100, 80, 90, 70)
display = Gimp.Display.new(image)
Gimp.displays_flush()


def look(key):
    """What there is now, for the test outside."""
    return {
        "names": [each.get_name() for each in image.get_layers()],
        "size": [image.get_width(), image.get_height()],
        "selected": dump(image.get_selection(), f"{key}-selected", fmt="Y float"),
    }


def ask(name, method):
    """By hand; then one step is undone by hand."""
    wait_for(OUT, name)
    status, error, *_ = run(f"overpaint-{name}", image, [layer], mode=Gimp.RunMode.INTERACTIVE, method=method)
    made = look(name)
    report[name] = {"status": status, "error": error, **made}
    save()
    wait_for(OUT, f"{name}-undone")
    let(lambda: differs(made, look("now")))
    report[f"{name}-undone"] = look(f"{name}-undone")
    save()


def differs(before, after):
    pixels = [(OUT / each["selected"]["file"]).read_bytes() for each in (before, after)]
    return before["names"] != after["names"] or before["size"] != after["size"] or pixels[0] != pixels[1]


report["shown"] = look("shown")
save()
ask("select", "found")
ask("enlarge", "doubled")
ask("expand", "")
ask("create", "scraps")
wait_for(OUT, "end")
