"""Runs inside GIMP: answers of every kind, from the methods of ``tests/foreign/answerers.py``."""

from easel import *  # noqa: F403
from easel import TYPES, add_layer, describe, dump, merged, new_image, report, run, run_all, save
from gi.repository import Gegl, Gimp

KINDS = (
    ("RGB", "U8_NON_LINEAR"),
    ("RGBA", "U16_NON_LINEAR"),
    ("RGBA", "FLOAT_LINEAR"),
    ("RGB", "U32_NON_LINEAR"),
    ("GRAY", "U8_NON_LINEAR"),
    ("GRAYA", "U16_LINEAR"),
    ("GRAYA", "FLOAT_NON_LINEAR"),
)
SIZE = 96, 80
SELECTED = 30, 20, 24, 18
OVER = (60, 40), (20, 30)
CASES = []


def in_each_kind(check, kinds=KINDS):
    """A case for each kind of image: ``check`` gets one with a layer ``Paint`` and a smaller one above it."""
    for kind, precision in kinds:

        def case(found, kind=kind, precision=precision):
            image, layer = new_image(*SIZE, kind, precision)
            add_layer(image, kind, *OVER, name="Above")
            image.set_selected_layers([layer])
            image.select_rectangle(Gimp.ChannelOps.REPLACE, *SELECTED)
            check(found, image, layer, f"{check.__name__}-{kind}-{precision}")
            found["names"] = [each.get_name() for each in image.get_layers()]
            found["chosen"] = [each.get_name() for each in image.get_selected_layers()]
            found["size"] = [image.get_width(), image.get_height()]

        case.__name__ = f"{check.__name__}-{kind}-{precision}"
        CASES.append(case)
    return check


def ask(found, procedure, image, layer, key, **arguments):
    found["before"] = dump(layer, f"{key}-before")
    found["status"], found["error"], layers, _ = run(f"overpaint-{procedure}", image, [layer], **arguments)
    found["layers"] = [{**describe(new), **dump(new, f"{key}-new-{i}")} for i, new in enumerate(layers)]
    found["selected"] = dump(image.get_selection(), f"{key}-selected", fmt="Y float")
    return layers


@in_each_kind
def found_replaces(found, image, layer, key):
    ask(found, "select", image, layer, key, method="found")


@in_each_kind
def found_adds(found, image, layer, key):
    ask(found, "select", image, layer, key, method="found", combining="add")


@in_each_kind
def found_subtracts(found, image, layer, key):
    ask(found, "select", image, layer, key, method="found", combining="subtract")


@in_each_kind
def found_intersects(found, image, layer, key):
    ask(found, "select", image, layer, key, method="found", combining="intersect")


@in_each_kind
def doubled(found, image, layer, key):
    ask(found, "enlarge", image, layer, key, method="doubled")
    found["others"] = [describe(each) | {"size": [each.get_width(), each.get_height()]} for each in image.get_layers()]


@in_each_kind
def stretched(found, image, layer, key):
    ask(found, "expand", image, layer, key, method="stretched")
    found["others"] = [describe(each) | {"size": [each.get_width(), each.get_height()]} for each in image.get_layers()]


def continued(found, image, layer, key):
    """As far as the procedure's own arguments say, by the method that is usual."""
    found["seen"] = merged(image, f"{key}-seen")
    ask(found, "expand", image, layer, key, left="25%", bottom="20")
    found["after"], found["grown"] = dump(layer, f"{key}-after"), merged(image, f"{key}-grown")
    found["others"] = [describe(each) for each in image.get_layers()]


in_each_kind(continued, (KINDS[0], KINDS[1], KINDS[6]))


@in_each_kind
def scraps(found, image, layer, key):
    ask(found, "create", image, layer, key, method="scraps", prompt="two scraps")


def a_layer_beside_the_corner(found):
    """Smaller than the canvas, with a part beyond it: places are counted in the image."""
    image, _ = new_image(*SIZE)
    layer = add_layer(image, "RGBA", (60, 50), (20, 30), name="Aside")
    ask(found, "select", image, layer, "aside", method="found")
    other, _ = new_image(*SIZE)
    layer = add_layer(other, "RGBA", (60, 50), (-7, 40), name="Aside")
    ask(found.setdefault("doubled", {}), "enlarge", other, layer, "aside-doubled", method="doubled")
    found["doubled"]["size"] = [other.get_width(), other.get_height()]


def selected_elsewhere(found):
    """What is selected does not touch the layer: what is looked for is looked for in all of it."""
    for method in ("found", ""):
        image, _ = new_image(*SIZE)
        layer = add_layer(image, "RGBA", (60, 50), (0, 0), name="Aside")
        image.select_rectangle(Gimp.ChannelOps.REPLACE, 70, 60, 10, 10)
        found[method or "whichever"] = run("overpaint-select", image, [layer], method=method)[:2]


def smaller_than_its_image(found):
    """Along the right border there is nothing of it to go on."""
    image, layer = new_image(*SIZE, size=(60, 50))
    found["right"] = run("overpaint-expand", image, [layer], right="10")[:2]
    found["left"] = run("overpaint-expand", image, [layer], left="10")[:2]
    found["size"] = [image.get_width(), image.get_height()]
    found["much"] = run("overpaint-expand", image, [layer], left="far")[:2]


def scene(image, layer, *, wire=False):
    """A gray ground with a red thing and its shadow to the right, or with a wire across."""
    width, height = SIZE
    rows = bytearray()
    for y in range(height):
        for x in range(width):
            level = 150 + (x * 7 + y * 13) % 5
            thing = not wire and 30 <= x < 54 and 20 <= y < 38
            shadow = not wire and 54 <= x < 78 and 33 <= y < 41
            across = wire and abs(y - 28 - x // 8) <= 1
            rows += bytes((200, 40, 30) if thing else [20 if across else level * (5 if shadow else 8) // 8] * 3)
    buffer = layer.get_buffer()
    buffer.set(Gegl.Rectangle.new(0, 0, width, height), "R'G'B' u8", bytes(rows))
    buffer.flush()
    layer.update(0, 0, width, height)


def a_shadow_is_selected(found):
    image, layer = new_image(*SIZE)
    scene(image, layer)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, *SELECTED)
    ask(found, "select", image, layer, "shadow", method="shadow")


def marks_are_healed(found):
    image, layer = new_image(*SIZE)
    scene(image, layer, wire=True)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 10, 10, 70, 50)
    ask(found, "heal-selection", image, layer, "healed")


def everything_locked(found):
    for name, method in (("enlarge", "doubled"), ("expand", "stretched")):
        image, layer = new_image(*SIZE)
        above = add_layer(image, "RGBA", *OVER, name="Above")
        for each in (layer, above):
            each.set_lock_content(True), each.set_lock_position(True), each.set_lock_visibility(True)
        status, error, layers, _ = run(f"overpaint-{name}", image, [layer], method=method)
        places = [(describe(each)["x"], describe(each)["y"], each.get_width()) for each in (layer, above, *layers)]
        found[name] = {"status": status, "error": error, "places": places}


def out_of_nothing(found):
    """An image without a layer, one with an empty one, and one with something, in each kind."""
    for kind, precision in KINDS:
        for name in ("none", "empty", "something"):
            image, layer = new_image(*SIZE, kind, precision)
            if name != "something":
                image.remove_layer(layer)
            if name == "empty":
                layer = Gimp.Layer.new(
                    image, "Empty", *SIZE, TYPES[f"{kind.removesuffix('A')}A"], 100.0, Gimp.LayerMode.NORMAL
                )
                image.insert_layer(layer, None, 0)
            chosen = [] if name == "none" else [layer]
            status, error, layers, _ = run("overpaint-create", image, chosen, method="invented", prompt="a wall")
            key = f"{kind}-{precision}-{name}"
            made = [{**describe(new), **dump(new, f"nothing-{key}-{i}")} for i, new in enumerate(layers)]
            found[key] = {"status": status, "error": error, "layers": made}


def an_unknown_way_to_combine(found):
    image, layer = new_image(*SIZE)
    found["status"], found["error"], *_ = run("overpaint-select", image, [layer], method="found", combining="multiply")


run_all(
    [
        *CASES,
        a_layer_beside_the_corner,
        selected_elsewhere,
        smaller_than_its_image,
        a_shadow_is_selected,
        marks_are_healed,
        everything_locked,
        out_of_nothing,
        an_unknown_way_to_combine,
    ]
)
report["finished"] = True
save()
