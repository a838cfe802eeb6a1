"""Runs inside GIMP: a word is taught from a layer and another one to look at, then said in a prompt."""

from easel import *  # noqa: F403
from easel import add_layer, describe, dump, new_image, report, run_all, save
from gi.repository import Gimp

SETTINGS = {"seed": 1, "steps": 3}


def call(image, layer, procedure, references=(), **arguments):
    called = Gimp.get_pdb().lookup_procedure(procedure)
    config = called.create_config()
    config.set_property("run-mode", Gimp.RunMode.NONINTERACTIVE)
    config.set_property("image", image)
    config.set_core_object_array("drawables", [layer])
    if references:
        config.set_core_object_array("references", list(references))
    for name, value in {**SETTINGS, **arguments}.items():
        config.set_property(name, value)
    result = called.run(config)
    done = result.index(0) == Gimp.PDBStatusType.SUCCESS
    return "" if done else Gimp.get_pdb().get_last_error(), list(result.get_core_object_array(1)) if done else []


def said(found, key, image, layer, procedure, *more, **arguments):
    error, layers = call(image, layer, procedure, *more, **arguments)
    found[key] = {"error": error, "layers": [{**describe(new), **dump(new, f"taught-{key}")} for new in layers]}
    for new in layers:
        image.remove_layer(new)


def taught_and_said(found):
    image, layer = new_image(96, 64, "RGBA", name="One")
    other = add_layer(image, "RGBA", (96, 64), name="Other")
    said(found, "before", image, layer, "overpaint-create", prompt="rex")
    said(found, "taught", image, layer, "overpaint-teach", [other], prompt="rex, a dog")
    said(found, "after", image, layer, "overpaint-create", prompt="rex")
    said(found, "refused", image, layer, "overpaint-teach", prompt="rex")
    found["left"] = [one.get_name() for one in image.get_layers()]


run_all([taught_and_said])
report["finished"] = True
save()
