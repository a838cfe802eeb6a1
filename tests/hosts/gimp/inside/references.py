"""Runs inside GIMP: further layers that a model looks at; what is seen of them says ``striped`` of
``tests/foreign/answerers.py``."""

from easel import *  # noqa: F403
from easel import add_layer, dump, new_image, report, run_all, save
from gi.repository import Gimp
from references_pictures import RED, SIZE, TEAL, add, picture
from sheet import filtered, mask_of


def look(found, image, paint, layers, key, procedure="overpaint-edit-layer", **arguments):
    """Calls the procedure with ``layers`` to look at; the answer's pixels are noted under ``key``, one of its own."""
    called = Gimp.get_pdb().lookup_procedure(procedure)
    config = called.create_config()
    config.set_property("run-mode", Gimp.RunMode.NONINTERACTIVE)
    config.set_property("image", image)
    config.set_core_object_array("drawables", [paint])
    if layers is not None:
        config.set_core_object_array("references", layers)
    for name, value in {"method": "striped", **arguments}.items():
        config.set_property(name, value)
    result = called.run(config)
    done = result.index(0) == Gimp.PDBStatusType.SUCCESS
    made = list(result.get_core_object_array(1)) if done else []
    found[key] = {
        "status": result.index(0).value_nick,
        "error": "" if done else Gimp.get_pdb().get_last_error(),
        "layers": [dump(layer, f"references-{key}-{at}", fmt="R'G'B' u16") for at, layer in enumerate(made)],
    }
    return made[0] if made else None


def each_of_its_own_size(found):
    image, paint, red, teal = picture()
    image.remove_layer(look(found, image, paint, [teal, red], "first"))
    look(found, image, paint, [red, teal], "turned")


def of_another_image(found):
    """With another depth and another profile."""
    image, paint, red, _ = picture()
    _, _, _, deep = picture(precision="FLOAT_LINEAR")
    look(found, image, paint, [deep, red], "of another image")


def hidden_and_in_groups(found):
    image, paint, red, _ = picture()
    group = Gimp.GroupLayer.new(image, "Group")
    image.insert_layer(group, None, 0)
    inside = add(image, "Inside", TEAL, SIZE, parent=group)
    group.set_opacity(30)
    for layer in (red, group):
        layer.set_visible(False)
    red.set_opacity(20)
    red.set_mode(Gimp.LayerMode.MULTIPLY)
    look(found, image, paint, [red, group, inside], "hidden")
    found["group"] = [group.get_visible(), group.get_opacity(), red.get_mode() == Gimp.LayerMode.MULTIPLY]
    found["names"] = [layer.get_name() for layer in image.get_layers()]


def through_mask_and_filter(found):
    image, paint, *_ = picture()
    masked = add(image, "Masked", RED, SIZE)
    mask_of(masked, hidden=(0, 0, SIZE[0], SIZE[1] // 2))
    masked.set_visible(False)
    negative = add(image, "Negative", RED, (20, 20), (90, 60))
    filtered(negative, "gegl:invert-gamma")
    negative.set_opacity(10)
    look(found, image, paint, [masked, negative], "masked")


def seen_through(found):
    image, paint, *_ = picture()
    thin = add(image, "Thin", (0, 0, 0), (11, 12), alpha=102)
    look(found, image, paint, [thin], "thin")


def refused(found):
    image, paint, red, _ = picture()
    empty = Gimp.Layer.new(image, "Empty", 20, 20, Gimp.ImageType.RGBA_IMAGE, 100.0, Gimp.LayerMode.NORMAL)
    image.insert_layer(empty, None, 0)
    look(found, image, paint, None, "none")
    look(found, image, paint, [], "no layer")
    look(found, image, paint, [red, empty], "empty")
    look(found, image, paint, [red] * 17, "too many")
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 10, 10, 20, 20)
    look(found, image, paint, [red], "erase", "overpaint-erase-selection", method="erase")
    found["names"] = [layer.get_name() for layer in image.get_layers()]


def once_more(found):
    image, paint, red, teal = picture()
    answer = look(found, image, paint, [teal, red], "made")
    for key in ("again", "gone"):
        if key == "gone":
            image.remove_layer(teal)
        called = Gimp.get_pdb().lookup_procedure("overpaint-run-again")
        config = called.create_config()
        config.set_property("run-mode", Gimp.RunMode.NONINTERACTIVE)
        config.set_property("image", image)
        config.set_core_object_array("drawables", [answer])
        result = called.run(config)
        done = result.index(0) == Gimp.PDBStatusType.SUCCESS
        found[key] = {
            "error": "" if done else Gimp.get_pdb().get_last_error(),
            "layers": [
                dump(layer, f"references-{key}", fmt="R'G'B' u8") for layer in result.get_core_object_array(1)
            ] if done else [],
        }  # fmt: skip


def replaced_by_a_model(found):
    """FLUX.2 klein, with one layer to look at, with another, and with none."""
    image, paint = new_image(*SIZE, precision="U16_NON_LINEAR")
    shown = [add_layer(image, "RGB", (64, 48), name="One"), add_layer(image, "RGB", (48, 64), name="Other")]
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 20, 10, 40, 40)
    settings = {"method": "", "prompt": "a hat", "model": "flux2-klein", "steps": 2, "seed": 3}
    for key, layers in (("one", shown[:1]), ("other", shown[1:]), ("neither", [])):
        image.remove_layer(look(found, image, paint, layers, key, "overpaint-replace-selection", **settings))


run_all(
    [
        each_of_its_own_size,
        of_another_image,
        hidden_and_in_groups,
        through_mask_and_filter,
        seen_through,
        refused,
        once_more,
        replaced_by_a_model,
    ]
)
report["finished"] = True
save()
