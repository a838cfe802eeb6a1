"""Runs inside GIMP: an image opened again after a crash, and what was under way then brought in."""

from easel import describe, dump, new_image, report, run, save

image, layer = new_image(96, 80)
gray, shade = new_image(96, 80, "GRAY")
status, error, layers, _ = run("overpaint-earlier", gray, [shade])
report["gray"] = {"status": status, "error": error}
status, error, layers, _ = run("overpaint-earlier", image, [layer])
names = [one.get_name() for one in image.get_layers()]
report["brought"] = {"status": status, "error": error, "names": names}
report["layers"] = [{**describe(new), **dump(new, f"new-{i}")} for i, new in enumerate(layers)]
status, error, layers, _ = run("overpaint-earlier", image, [layer])
report["none"] = {"status": status, "error": error, "layers": len(layers)}
image.set_selected_layers(image.get_layers()[:1])
status, error, layers, _ = run("overpaint-run-again", image, image.get_layers()[:1])
report["again"] = {"status": status, "error": error}
save()
