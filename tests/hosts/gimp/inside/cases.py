"""Runs inside GIMP: every kind of image through our procedures."""

from easel import *  # noqa: F403
from easel import add_layer, describe, dump, merged, new_image, report, run, run_all, save
from gi.repository import Gimp


def erase(found, image, layer, selection, soft=0.0, profile=None, **settings):
    """Select, erase, and write down everything before and after."""
    key = f"{len(report)}"
    if profile is not None:
        image.set_color_profile(profile)
    if selection is not None:
        image.select_rectangle(Gimp.ChannelOps.REPLACE, *selection)
        if soft:
            Gimp.Selection.feather(image, soft)
    found["before"] = dump(layer, f"{key}-before")
    found["control"] = control(image, layer, f"{key}-control")
    found["selected"] = dump(image.get_selection(), f"{key}-selected", fmt="Y float")
    layers_before = len(image.get_layers())
    chosen = [item.get_id() for item in image.get_selected_layers()]
    settings = {"feather": 0, "seed": 5, **settings}
    found["status"], found["error"], layers, found["seconds"] = run(
        "overpaint-erase-selection", image, [layer], **settings
    )
    found["added"] = len(image.get_layers()) - layers_before
    found["layers"] = [{**describe(new), **dump(new, f"{key}-new-{i}")} for i, new in enumerate(layers)]
    found["after"] = dump(layer, f"{key}-after")
    found["seen"] = merged(image, f"{key}-seen")
    found["selected_after"] = dump(image.get_selection(), f"{key}-selected-after", fmt="Y float")
    found["same_choice"] = chosen == [item.get_id() for item in image.get_selected_layers()]
    found["source_position"] = image.get_item_position(layer)
    found["encoding"] = found["before"]["encoding"]


def control(image, layer, name):
    """What is seen with an empty layer in the new one's place: GIMP's own rounding, which is not ours."""
    copy = image.duplicate()
    twin = copy.get_layers()[image.get_layers().index(layer)] if layer.get_parent() is None else copy.get_layers()[0]
    kind = Gimp.ImageType.GRAYA_IMAGE if layer.is_gray() else Gimp.ImageType.RGBA_IMAGE
    empty = Gimp.Layer.new(copy, "empty", image.get_width(), image.get_height(), kind, 100.0, Gimp.LayerMode.NORMAL)
    copy.insert_layer(empty, None, copy.get_item_position(twin))
    found = dump(copy.merge_visible_layers(Gimp.MergeType.CLIP_TO_IMAGE), name)
    copy.delete()
    return found


def depth_case(name, kind, precision):
    def case(found):
        image, layer = new_image(96, 80, kind, precision)
        erase(found, image, layer, (30, 20, 24, 18), soft=3.0)

    case.__name__ = name
    return case


DEPTHS = [
    depth_case(f"{kind}-{precision}", kind, precision)
    for kind, precision in (
        ("RGB", "U8_NON_LINEAR"),
        ("RGBA", "U8_NON_LINEAR"),
        ("GRAY", "U8_NON_LINEAR"),
        ("GRAYA", "U8_PERCEPTUAL"),
        ("RGB", "U8_LINEAR"),
        ("RGBA", "U16_NON_LINEAR"),
        ("GRAYA", "U16_LINEAR"),
        ("RGB", "U32_NON_LINEAR"),
        ("RGBA", "HALF_LINEAR"),
        ("RGBA", "FLOAT_LINEAR"),
        ("RGB", "FLOAT_NON_LINEAR"),
        ("RGBA", "FLOAT_PERCEPTUAL"),
        ("RGB", "DOUBLE_LINEAR"),
    )
]


def profile_adobe(found):
    image, layer = new_image(96, 80, "RGBA")
    erase(found, image, layer, (30, 20, 24, 18), profile=Gimp.ColorProfile.new_rgb_adobe())


def profile_16_bit(found):
    image, layer = new_image(96, 80, "RGB", "U16_NON_LINEAR")
    erase(found, image, layer, (30, 20, 24, 18), profile=Gimp.ColorProfile.new_rgb_adobe())


def profile_gray(found):
    image, layer = new_image(96, 80, "GRAY")
    erase(found, image, layer, (30, 20, 24, 18), profile=Gimp.ColorProfile.new_d50_gray_lab_trc())


def at_the_border(found):
    image, layer = new_image(96, 80)
    erase(found, image, layer, (0, 0, 20, 80))


def negative_offset(found):
    image, _ = new_image(96, 80, name="Ground")
    layer = add_layer(image, "RGBA", (60, 50), (-13, -9))
    erase(found, image, layer, (10, 8, 20, 20))


def larger_than_canvas(found):
    image, layer = new_image(96, 80, "RGBA", size=(140, 120), offset=(-20, -15))
    erase(found, image, layer, (60, 50, 30, 25))


def selection_beyond_the_layer(found):
    image, _ = new_image(96, 80, name="Ground")
    layer = add_layer(image, "RGBA", (40, 40), (30, 20))
    erase(found, image, layer, (50, 40, 46, 40))


def crop_of_a_large_layer(found):
    image, layer = new_image(901, 703)
    erase(found, image, layer, (700, 500, 40, 31))


def grown_and_feathered(found):
    image, layer = new_image(120, 100)
    erase(found, image, layer, (50, 40, 20, 20), grow=4, feather=8)


def in_a_group(found):
    image, _ = new_image(96, 80, name="Ground")
    group = Gimp.GroupLayer.new(image, "Group")
    image.insert_layer(group, None, 0)
    layer = add_layer(image, "RGBA", (96, 80), name="Inside", parent=group)
    erase(found, image, layer, (30, 20, 24, 18))


def layer_mask_chosen(found):
    """While a layer's mask is being edited GIMP gives the mask to a plug-in."""
    image, layer = new_image(96, 80, "RGBA")
    mask = layer.create_mask(Gimp.AddMaskType.WHITE)
    layer.add_mask(mask)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 30, 20, 24, 18)
    found["status"], found["error"], layers, _ = run("overpaint-erase-selection", image, [mask], feather=0)
    found["layers"] = [describe(new) for new in layers]


def again(found):
    """Run Again and Another Variation, from a layer we made, with nothing selected any more."""
    image, layer = new_image(96, 80)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 30, 20, 24, 18)
    _, _, (first,), _ = run("overpaint-erase-selection", image, [layer], feather=0, seed=5)
    Gimp.Selection.none(image)
    found["first"] = dump(first, "again-first")
    for name in ("run-again", "another"):
        status, error, layers, _ = run(f"overpaint-{name}", image, [first])
        found[name] = {"status": status, "error": error, "layers": [describe(new) for new in layers]}
        found[name]["pixels"] = [dump(new, f"again-{name}") for new in layers]
    found["not ours"] = run("overpaint-run-again", image, [layer])[:2]
    image.remove_layer(layer)
    found["source gone"] = run("overpaint-run-again", image, [first])[:2]


def a_locked_layer(found):
    """It is only read."""
    image, layer = new_image(96, 80, name="Ink")
    layer.set_lock_content(True)
    erase(found, image, layer, (30, 20, 24, 18))


def erased_with_a_model_that_cannot(found):
    image, layer = new_image(96, 80)
    erase(found, image, layer, (30, 20, 24, 18), model="illustration", prompt="an old prompt")


def the_visible_picture(found):
    """What is chosen does not matter then."""
    image, layer = new_image(96, 80, name="Below")
    above = add_layer(image, "RGBA", (96, 80), name="Above")
    above.set_opacity(50.0)
    layer.set_visible(True)
    erase(found, image, layer, (30, 20, 24, 18), reading="visible")
    found["top"] = image.get_layers()[0].get_name()
    found["none chosen"] = run("overpaint-erase-selection", image, [], reading="visible", feather=0, seed=5)[:2]


# --- with words -----------------------------------------------------------------------------------


def paint(found, procedure, image, layer, **settings):
    key = f"{len(report)}"
    found["before"] = dump(layer, f"{key}-before")
    found["status"], found["error"], layers, found["seconds"] = run(
        procedure, image, [layer], prompt="a red hat", seed=11, steps=2, **settings
    )
    found["layers"] = [{**describe(new), **dump(new, f"{key}-new-{i}")} for i, new in enumerate(layers)]
    found["after"] = dump(layer, f"{key}-after")


def replaced(found):
    image, layer = new_image(96, 80)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 30, 20, 24, 18)
    paint(found, "overpaint-replace-selection", image, layer, feather=0, variations=2)


def replaced_with_a_chosen_model(found):
    image, layer = new_image(96, 80, "GRAYA", "FLOAT_LINEAR")
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 30, 20, 24, 18)
    paint(found, "overpaint-replace-selection", image, layer, feather=0, model="sd15", method="inpaint")


def replaced_with_a_strangers_model(found):
    image, layer = new_image(96, 80)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 30, 20, 24, 18)
    paint(found, "overpaint-replace-selection", image, layer, feather=0, model="strange", method="inpaint")


def whole_layer_edited(found):
    image, layer = new_image(96, 80, "RGB", "U16_NON_LINEAR")
    paint(found, "overpaint-edit-layer", image, layer, strength=0.5)


def part_of_a_layer_edited(found):
    image, layer = new_image(96, 80)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 30, 20, 24, 18)
    paint(found, "overpaint-edit-layer", image, layer, strength=0.5, feather=0)


STRANGE = ("effect", "instruct", "create", "enlarge", "expand", "select", "compare", "teach")


def a_strangers_methods(found):
    """One for each further role, with a setting that it alone knows."""
    for role in STRANGE:
        image, layer = new_image(48, 40)
        asked = {"prompt": "x", "extras": "shade=90", "method": f"strange-{role}"}
        status, error, layers, _ = run(f"overpaint-{role}", image, [layer], **asked)
        found[role] = {"status": status, "error": error, "layers": [dump(new, f"strange-{role}") for new in layers]}


run_all(
    [
        *DEPTHS,
        profile_adobe,
        profile_16_bit,
        profile_gray,
        at_the_border,
        negative_offset,
        larger_than_canvas,
        selection_beyond_the_layer,
        crop_of_a_large_layer,
        grown_and_feathered,
        in_a_group,
        layer_mask_chosen,
        again,
        replaced,
        replaced_with_a_chosen_model,
        replaced_with_a_strangers_model,
        whole_layer_edited,
        part_of_a_layer_edited,
        a_strangers_methods,
        a_locked_layer,
        erased_with_a_model_that_cannot,
        the_visible_picture,
    ]
)
report["finished"] = True
save()
