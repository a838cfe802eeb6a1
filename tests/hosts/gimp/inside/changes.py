"""Runs inside GIMP: the document is changed while an edit runs. The plug-in's own steps are called one by one, for
while a procedure runs GIMP lets no other script in.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(os.environ["GIMP3_DIRECTORY"]) / "plug-ins/overpaint"))
from server.client import bootstrap

bootstrap.prepare(Path(sys.path[0]))

import task  # noqa: E402
from answer import placed  # noqa: E402
from easel import describe, report, run, run_all, save  # noqa: E402
from gi.repository import Gimp  # noqa: E402
from request import Origin  # noqa: E402
from settings import Kind, recipe  # noqa: E402
from sheet import BLOT, CHOSEN, INK, PAPER, Sheet, fill, picture  # noqa: E402

from server.client.blocking import Client  # noqa: E402
from server.client.reading import Reading  # noqa: E402
from server.wire.errors import OverpaintError  # noqa: E402
from server.wire.paths import Home  # noqa: E402

CASES = []


def while_it_runs(change):
    """A case of its own: ``change(sheet)`` is done between what is sent and the answer."""

    def case(found):
        for reading in Reading:
            each = found[reading.value] = {}
            sheet = ink()
            clean = ink(blot=False)
            ask(each, sheet, clean, change, reading, f"{change.__name__}-{reading.value}")

    case.__name__ = change.__name__
    CASES.append(case)
    return change


def ink(blot=True):
    sheet = Sheet(blot)
    sheet.layer("Paper", PAPER)
    layer = sheet.spoil(sheet.layer("Ink", INK, opacity=60.0, size=(180, 140), offset=(10, 10)))
    fill(layer, (1, 2, 3, 255), (0, 0, 30, 20))  # so that one can tell which way up it is
    return sheet


def ask(found, sheet, clean, change, reading, key):
    sheet.image.select_rectangle(Gimp.ChannelOps.REPLACE, *CHOSEN)
    client = Client("gimp", Home.of_user())
    try:
        source = Origin(Kind.ERASE, sheet.image, [sheet.source]).source(reading)
        asked, arrived = task.learned(Kind.ERASE, source, recipe({"seed": 5, "feather": 0}), client)
        change(sheet), change(clean)
        closed = not sheet.image.is_valid()
        if not closed:
            found["before"], found["clean"] = (
                picture(sheet.image, f"{key}-before"),
                picture(clean.image, f"{key}-clean"),
            )
        try:
            layers = placed(asked, arrived, client)
            found["error"], found["layers"] = "", [describe(new) for new in layers]
        except OverpaintError as error:
            found["error"], found["layers"] = str(error), []
        if not closed:
            found["after"] = picture(sheet.image, f"{key}-after")
    finally:
        client.close()
    if found["error"]:
        fresh = ink()
        _, error, layers, _ = run("overpaint-earlier", fresh.image, [fresh.source])
        found["kept"] = error or [describe(new) for new in layers]


@while_it_runs
def nothing(sheet):
    pass


@while_it_runs
def canvas_grown(sheet):
    sheet.image.resize(300, 260, 40, 30)


@while_it_runs
def canvas_cut(sheet):
    sheet.image.resize(150, 130, -20, -10)


@while_it_runs
def layer_moved(sheet):
    sheet.source.set_offsets(25, 3)


@while_it_runs
def all_moved(sheet):
    for layer in sheet.image.get_layers():
        _, x, y = layer.get_offsets()
        layer.set_offsets(x + 12, y - 7)


@while_it_runs
def scaled(sheet):
    sheet.image.scale(400, 320)


@while_it_runs
def cropped(sheet):
    sheet.image.crop(150, 130, 20, 20)


@while_it_runs
def turned(sheet):
    sheet.image.rotate(Gimp.RotationType.DEGREES90)


@while_it_runs
def turned_around(sheet):
    sheet.image.rotate(Gimp.RotationType.DEGREES180)


@while_it_runs
def flipped(sheet):
    sheet.image.flip(Gimp.OrientationType.HORIZONTAL)


@while_it_runs
def made_gray(sheet):
    sheet.image.convert_grayscale()


@while_it_runs
def made_deep(sheet):
    sheet.image.convert_precision(Gimp.Precision.U16_NON_LINEAR)


@while_it_runs
def made_float(sheet):
    sheet.image.convert_precision(Gimp.Precision.FLOAT_LINEAR)


@while_it_runs
def other_profile(sheet):
    profile = Gimp.ColorProfile.new_rgb_adobe()
    sheet.image.convert_color_profile(profile, Gimp.ColorRenderingIntent.RELATIVE_COLORIMETRIC, True)


@while_it_runs
def made_deep_with_another_profile(sheet):
    sheet.image.convert_precision(Gimp.Precision.U16_NON_LINEAR)
    other_profile(sheet)


@while_it_runs
def profile_assigned(sheet):
    sheet.image.set_color_profile(Gimp.ColorProfile.new_rgb_adobe())


@while_it_runs
def indexed(sheet):
    sheet.image.convert_indexed(Gimp.ConvertDitherType.NONE, Gimp.ConvertPaletteType.GENERATE, 16, False, False, "")


@while_it_runs
def removed(sheet):
    sheet.image.remove_layer(sheet.source)


@while_it_runs
def hidden(sheet):
    sheet.source.set_visible(False)


@while_it_runs
def opacity_changed(sheet):
    sheet.source.set_opacity(10.0)


@while_it_runs
def mode_changed(sheet):
    sheet.source.set_mode(Gimp.LayerMode.DIFFERENCE)


@while_it_runs
def painted_elsewhere(sheet):
    fill(sheet.source, (0, 255, 0, 255), (130, 100, 30, 30))


@while_it_runs
def painted_there(sheet):
    fill(sheet.source, (0, 255, 0, 255), (BLOT[0] - 10, BLOT[1] - 10, *BLOT[2:]))


@while_it_runs
def put_into_a_group(sheet):
    group = sheet.group("Group", opacity=50.0)
    sheet.image.reorder_item(sheet.source, group, 0)


@while_it_runs
def put_into_a_locked_group(sheet):
    group = sheet.group("Group")
    sheet.image.reorder_item(sheet.source, group, 0)
    group.set_lock_content(True)


@while_it_runs
def another_put_above(sheet):
    sheet.layer("Above", (0, 255, 0, 120), size=(50, 50), offset=(100, 100))


@while_it_runs
def selection_gone(sheet):
    Gimp.Selection.none(sheet.image)


@while_it_runs
def floating(sheet):
    sheet.image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 20, 20)
    Gimp.Selection.float(sheet.image, [sheet.image.get_layers()[-1]], 0, 0)


@while_it_runs
def closed(sheet):
    sheet.image.delete()


run_all(CASES)
report["finished"] = True
save()
