"""Runs inside GIMP: the method that learns first, as scripts call it, on everything it can meet."""

from easel import add_layer, describe, dump, merged, new_image, report, run, run_all, save
from gi.repository import Gimp

PROCEDURE = "overpaint-imagic"


def learn(found, image, layer, **arguments):
    key = f"{len(report)}"
    found["before"] = dump(layer, f"{key}-before")
    found["control"] = merged(image, f"{key}-control")
    tops = image.get_layers()
    quickly = {"seed": 7, "steps": 1, "preset": "fast"}
    settings = {"prompt": "a dog that sits", **quickly, "feather": 0, **arguments}
    found["status"], found["error"], layers, found["seconds"] = run(PROCEDURE, image, [layer], **settings)
    found["added"] = len(image.get_layers()) - len(tops)
    found["layers"] = [
        {**describe(new), **dump(new, f"{key}-new-{i}"), "visible": new.get_visible()} for i, new in enumerate(layers)
    ]
    found["after"] = dump(layer, f"{key}-after")
    found["seen"] = merged(image, f"{key}-seen")
    found["selected"] = dump(image.get_selection(), f"{key}-selected", fmt="Y float")
    return layers


def select(image):
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 30, 20, 24, 18)


def one_strength(found):
    image, layer = new_image(96, 80, "RGBA", "U16_NON_LINEAR")
    select(image)
    learn(found, image, layer, eta="0.8")


def usual_strength(found):
    image, layer = new_image(96, 80)
    learn(found, image, layer, preset="")


def several_strengths(found):
    image, layer = new_image(96, 80)
    select(image)
    learn(found, image, layer, eta="0.5:1.0:3")


def several_strengths_and_variations(found):
    image, layer = new_image(96, 80, "GRAY")
    learn(found, image, layer, eta="0.5, 0.7", variations=2)


def in_a_group(found):
    image, _ = new_image(96, 80, name="Ground")
    group = Gimp.GroupLayer.new(image, "Group")
    image.insert_layer(group, None, 0)
    layer = add_layer(image, "RGBA", (96, 80), name="Inside", parent=group)
    select(image)
    learn(found, image, layer, eta="0.5:1.0:2")


def run_again(found):
    image, layer = new_image(96, 80)
    select(image)
    layers = learn(found, image, layer, eta="0.5:1.0:3")
    Gimp.Selection.none(image)
    found["again"] = {}
    status, error, again, _ = run("overpaint-run-again", image, [layers[0]])
    found["again"] = {"status": status, "error": error, "layers": [{**describe(n), **dump(n, "again")} for n in again]}


def refused(found, image, drawables, **arguments):
    before = [layer.get_id() for layer in image.get_layers()]
    found["status"], found["error"], layers, _ = run(PROCEDURE, image, drawables, **arguments)
    found["untouched"] = not layers and before == [layer.get_id() for layer in image.get_layers()]


def no_words(found):
    image, layer = new_image(64, 64)
    refused(found, image, [layer])


def no_strength(found):
    image, layer = new_image(64, 64)
    refused(found, image, [layer], prompt="a dog", eta="a lot")


def unknown_preset(found):
    image, layer = new_image(64, 64)
    refused(found, image, [layer], prompt="a dog", preset="alchemy")


def too_many(found):
    image, layer = new_image(64, 64)
    refused(found, image, [layer], prompt="a dog", eta="0:1:6", variations=3)


def a_hidden_layer(found):
    image, layer = new_image(64, 64, name="Ink")
    layer.set_visible(False)
    refused(found, image, [layer], prompt="a dog")


def a_group(found):
    image, _ = new_image(64, 64)
    group = Gimp.GroupLayer.new(image, "Group")
    image.insert_layer(group, None, 0)
    refused(found, image, [group], prompt="a dog")


run_all(
    [
        one_strength,
        usual_strength,
        several_strengths,
        several_strengths_and_variations,
        in_a_group,
        run_again,
        no_words,
        no_strength,
        unknown_preset,
        too_many,
        a_hidden_layer,
        a_group,
    ]
)
report["finished"] = True
save()
