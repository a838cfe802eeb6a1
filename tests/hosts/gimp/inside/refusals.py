"""Runs inside GIMP: everything that must be refused, and leaves the image as it was."""

from easel import *  # noqa: F403
from easel import add_layer, new_image, report, run, run_all, save
from gi.repository import Gegl, Gimp


def refused(found, image, drawables, procedure="overpaint-erase-selection", **arguments):
    before = [layer.get_id() for layer in image.get_layers()]
    found["status"], found["error"], layers, found["seconds"] = run(procedure, image, drawables, **arguments)
    found["untouched"] = not layers and before == [layer.get_id() for layer in image.get_layers()]


def selected(image):
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 10, 10, 20, 20)
    return image


def nothing_selected(found):
    image, layer = new_image(64, 64)
    refused(found, image, [layer])


def selection_elsewhere(found):
    image, layer = new_image(64, 64, "RGBA", size=(10, 10), offset=(50, 50))
    refused(found, selected(image), [layer])


def a_group(found):
    image, _ = new_image(64, 64)
    group = Gimp.GroupLayer.new(image, "Group")
    image.insert_layer(group, None, 0)
    refused(found, selected(image), [group])


def a_layer_in_a_locked_group(found):
    image, _ = new_image(64, 64)
    group = Gimp.GroupLayer.new(image, "Folder")
    image.insert_layer(group, None, 0)
    layer = add_layer(image, "RGBA", (64, 64), name="Ink", parent=group)
    group.set_lock_content(True)
    refused(found, selected(image), [layer])


def a_hidden_layer(found):
    image, layer = new_image(64, 64, name="Ink")
    layer.set_visible(False)
    refused(found, selected(image), [layer])


def a_layer_in_a_hidden_group(found):
    image, _ = new_image(64, 64)
    group = Gimp.GroupLayer.new(image, "Folder")
    image.insert_layer(group, None, 0)
    layer = add_layer(image, "RGBA", (64, 64), name="Ink", parent=group)
    group.set_visible(False)
    refused(found, selected(image), [layer])


def an_opacity_of_nothing(found):
    image, layer = new_image(64, 64, name="Ink")
    layer.set_opacity(0)
    refused(found, selected(image), [layer])


def a_mask_that_is_shown(found):
    image, layer = new_image(64, 64, name="Ink")
    layer.add_mask(layer.create_mask(Gimp.AddMaskType.WHITE))
    layer.set_show_mask(True)
    refused(found, selected(image), [layer])


def all_masked(found):
    image, layer = new_image(64, 64, name="Ink")
    layer.add_mask(layer.create_mask(Gimp.AddMaskType.BLACK))
    refused(found, selected(image), [layer], "overpaint-replace-selection", prompt="a boat")


def all_masked_by_the_group(found):
    image, _ = new_image(64, 64)
    group = Gimp.GroupLayer.new(image, "Folder")
    image.insert_layer(group, None, 0)
    layer = add_layer(image, "RGBA", (64, 64), name="Ink", parent=group)
    group.add_mask(group.create_mask(Gimp.AddMaskType.BLACK))
    refused(found, selected(image), [layer])


def empty(image, name="New"):
    layer = Gimp.Layer.new(image, name, 64, 64, Gimp.ImageType.RGBA_IMAGE, 100.0, Gimp.LayerMode.NORMAL)
    image.insert_layer(layer, None, 0)
    return layer


def empty_above_the_photo(found):
    image, _ = new_image(64, 64, name="Photo")
    empty(image, "Other")
    refused(found, selected(image), [empty(image)])


def empty_alone(found):
    image = Gimp.Image.new(64, 64, Gimp.ImageBaseType.RGB)
    refused(found, selected(image), [empty(image)])


def a_spot_on_nothing(found):
    image = Gimp.Image.new(64, 64, Gimp.ImageBaseType.RGB)
    layer = empty(image, "Spot")
    layer.get_buffer().set(Gegl.Rectangle.new(15, 15, 5, 5), "R'G'B'A u8", bytes([9, 9, 9, 255]) * 25)
    refused(found, selected(image), [layer])


def outside_the_image(found):
    image, _ = new_image(64, 64)
    layer = add_layer(image, "RGBA", (20, 20), (100, 100), name="Ink")
    refused(found, selected(image), [layer])


def the_quick_mask(found):
    image, _ = new_image(64, 64)
    mask = Gimp.Channel.new(image, "Qmask", 64, 64, 50.0, Gegl.Color.new("red"))
    image.insert_channel(mask, None, 0)
    refused(found, selected(image), [mask])


def nothing_visible(found):
    image, layer = new_image(64, 64)
    layer.set_visible(False)
    refused(found, selected(image), [layer], reading="visible")


def nothing_selected_to_replace(found):
    image, layer = new_image(64, 64)
    refused(found, image, [layer], "overpaint-replace-selection", prompt="a boat")


def out_of_range(found):
    """Numbers beyond their ends. Python's side of GIMP would put a default in place of them and say nothing."""
    image, layer = new_image(64, 64)
    selected(image)
    found["refusals"] = {}
    beyond = {"seed": (-2,), "grow": (-1, 2000), "feather": (-3, 1025), "variations": (0, 17), "strength": (1.5, -2.0)}
    for name, values in {**beyond, "guidance": (50.5,), "reading": ("everything",)}.items():
        for value in values:
            status, error, *_ = run("overpaint-erase-selection", image, [layer], **{name: value})
            found["refusals"][f"{name} {value:g}" if value != "everything" else f"{name} {value}"] = [
                status,
                error,
                len(image.get_layers()),
            ]


def indexed(found):
    image, layer = new_image(64, 64)
    image.convert_indexed(Gimp.ConvertDitherType.NONE, Gimp.ConvertPaletteType.GENERATE, 16, False, False, "")
    refused(found, selected(image), [layer])


def two_layers(found):
    image, layer = new_image(64, 64)
    other = add_layer(image, "RGB", (64, 64), name="Other")
    refused(found, selected(image), [layer, other])


def no_layer(found):
    image = Gimp.Image.new(64, 64, Gimp.ImageBaseType.RGB)
    refused(found, selected(image), [])


def a_channel(found):
    image, _ = new_image(64, 64)
    channel = Gimp.Channel.new(image, "Spot", 64, 64, 50.0, Gegl.Color.new("red"))
    image.insert_channel(channel, None, 0)
    refused(found, selected(image), [channel])


def a_floating_selection(found):
    image, layer = new_image(64, 64)
    floating = Gimp.Selection.float(selected(image), [layer], 0, 0)
    refused(found, image, [floating])


def no_words(found):
    image, layer = new_image(64, 64)
    refused(found, selected(image), [layer], "overpaint-replace-selection")


def no_words_for_a_layer(found):
    image, layer = new_image(64, 64)
    refused(found, image, [layer], "overpaint-edit-layer")


def an_unknown_method(found):
    image, layer = new_image(64, 64)
    refused(found, selected(image), [layer], "overpaint-replace-selection", prompt="a boat", method="alchemy")


def an_unknown_model(found):
    image, layer = new_image(64, 64)
    refused(found, selected(image), [layer], "overpaint-replace-selection", prompt="a boat", model="nobody")


run_all(
    [
        nothing_selected,
        selection_elsewhere,
        a_group,
        a_layer_in_a_locked_group,
        a_hidden_layer,
        a_layer_in_a_hidden_group,
        an_opacity_of_nothing,
        a_mask_that_is_shown,
        all_masked,
        all_masked_by_the_group,
        empty_above_the_photo,
        empty_alone,
        a_spot_on_nothing,
        outside_the_image,
        the_quick_mask,
        nothing_visible,
        nothing_selected_to_replace,
        out_of_range,
        indexed,
        two_layers,
        no_layer,
        a_channel,
        a_floating_selection,
        no_words,
        no_words_for_a_layer,
        an_unknown_method,
        an_unknown_model,
    ]
)
report["finished"] = True
save()
