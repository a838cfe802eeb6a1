"""Runs inside GIMP: parts of an illustration replaced after words, by the model that comes with Overpaint."""

import os

from easel import *  # noqa: F403
from easel import describe, dump, merged, report, run, run_all, save
from gi.repository import Gimp, Gio

PICTURE = os.environ["OVERPAINT_TEST_PICTURE"]
DOG = [int(number) for number in os.environ["OVERPAINT_TEST_SELECTION"].split()]


def replace(found, prompt, **settings):
    key = f"{len(report)}"
    image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(PICTURE))
    (layer,) = image.get_layers()
    image.select_rectangle(Gimp.ChannelOps.REPLACE, *DOG)
    found["before"] = dump(layer, f"{key}-before")
    found["status"], found["error"], layers, found["seconds"] = run(
        "overpaint-replace-selection", image, [layer], prompt=prompt, feather=0, seed=1, **settings
    )
    found["layers"] = [{**describe(new), **dump(new, f"{key}-new-{i}")} for i, new in enumerate(layers)]
    found["after"] = dump(layer, f"{key}-after")
    found["seen"] = merged(image, f"{key}-seen")


def panda(found):
    replace(found, "panda on white background, cartoon")


def fox(found):
    replace(found, "fox on white background, cartoon")


def opened():
    image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(PICTURE))
    return image, image.get_layers()[0]


def created(found):
    image, layer = opened()
    image.select_rectangle(Gimp.ChannelOps.REPLACE, *DOG)
    words = "panda on white background, cartoon"
    found["status"], found["error"], layers, _ = run("overpaint-create", image, [layer], prompt=words, seed=1)
    found["layers"] = [describe(new) for new in layers]
    found["seen"] = merged(image, "created-seen")


def cut_out(found):
    image, layer = opened()
    image.select_rectangle(Gimp.ChannelOps.REPLACE, *DOG)
    asked = {"prompt": "panda, cartoon", "seed": 1, "extras": "background=transparent"}
    found["status"], found["error"], layers, _ = run("overpaint-create", image, [layer], **asked)
    found["layers"] = [{**describe(new), **dump(new, f"cut-out-{i}")} for i, new in enumerate(layers)]


def effect(found):
    image, layer = opened()
    image.select_rectangle(Gimp.ChannelOps.REPLACE, *DOG)
    found["before"] = dump(layer, "effect-before")
    settings = {"feather": 0, "seed": 1, "steps": 6, "extras": "source=dog face, on white background, cartoon"}
    found["status"], found["error"], layers, _ = run(
        "overpaint-effect", image, [layer], prompt="blue dog face", **settings
    )
    found["layers"] = [{**describe(new), **dump(new, f"effect-{i}")} for i, new in enumerate(layers)]
    found["after"] = dump(layer, "effect-after")
    found["seen"] = merged(image, "effect-seen")


def compared(found):
    image, layer = opened()
    image.select_rectangle(Gimp.ChannelOps.REPLACE, *DOG)
    found["status"], found["error"], layers, _ = run(
        "overpaint-compare", image, [layer], prompt="fox", steps=3, extras="methods=sdedit inpaint"
    )
    found["names"] = [new.get_name() for new in layers]
    found["parents"] = [new.get_parent().get_name() for new in layers]


def enlarged(found):
    image, layer = opened()
    found["status"], found["error"], layers, _ = run("overpaint-enlarge", image, [layer])
    found["size"] = [image.get_width(), image.get_height()]
    found["larger"] = dump(layers[0], "enlarged")
    found["resampled"] = dump(layer, "resampled")


def found_by_name(found):
    """The dog, by its name, and then lifted out of what was found."""
    image, layer = opened()
    asked = {"prompt": "dog", "method": "words"}
    found["status"], found["error"], *_ = run("overpaint-select", image, [layer], **asked)
    found["chosen"] = [int(part) for part in Gimp.Selection.bounds(image)[1:]]
    before = dump(layer, "lifted-before")
    found["lifted"] = run("overpaint-lift-selection", image, [layer], seed=1)[:2]
    found["names"] = [
        new.get_name() for group in image.get_layers() if group.is_group() for new in group.get_children()
    ]
    found["group"] = [group.get_name() for group in image.get_layers() if group.is_group()]
    found["parts"] = [
        dump(new, f"lifted-{new.get_name()}")
        for group in image.get_layers()
        if group.is_group()
        for new in group.get_children()
    ]
    found["same"] = dump(layer, "lifted-after"), before
    found["seen"] = merged(image, "lifted-seen")


def at_strength(found, prompt, **settings):
    image, layer = opened()
    image.select_rectangle(Gimp.ChannelOps.REPLACE, *DOG)
    asked = {"prompt": prompt, "feather": 0, "seed": 1, **settings}
    found["status"], found["error"], layers, found["seconds"] = run("overpaint-imagic", image, [layer], **asked)
    found["names"] = [new.get_name() for new in layers]
    for new in layers:
        image.select_item(Gimp.ChannelOps.REPLACE, new)
        _, found["inside"], *box = Gimp.Selection.bounds(image)
        left, top, width, height = DOG
        found["outside"] = not (left <= box[0] and top <= box[1] and box[2] <= left + width and box[3] <= top + height)


def edited_at_once(found):
    at_strength(found, "fox on white background, cartoon", method="leditspp", steps=4, eta="0.9")


def learned_once(found):
    found["runs"] = [{}, {}]
    for one, words in zip(found["runs"], ("fox", "panda"), strict=True):
        at_strength(one, f"{words} on white background, cartoon", method="unitune", steps=2, eta="0.8")


run_all([panda, fox, created, cut_out, effect, compared, enlarged, found_by_name, edited_at_once, learned_once])
report["finished"] = True
save()
