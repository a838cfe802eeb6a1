"""Runs inside GIMP: what was roughly selected or pointed at is found by the server's own methods."""

import os

from easel import *  # noqa: F403
from easel import dump, report, run, run_all, save
from gi.repository import Gimp, Gio

WIDTH, HEIGHT = 160, 120
CASES = []


def case(check):
    CASES.append(check)
    return check


def opened():
    file = Gio.File.new_for_path(os.environ["OVERPAINT_TEST_BALL"])
    image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, file)
    return image, image.get_layers()[0]


def ask(found, procedure, image, layer, key, **arguments):
    found["status"], found["error"], _, _ = run(f"overpaint-{procedure}", image, [layer], **arguments)
    found["selected"] = dump(image.get_selection(), f"{key}-selected", fmt="Y float")
    found["names"] = [each.get_name() for each in image.get_layers()]


@case
def a_box_snaps(found):
    image, layer = opened()
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 52, 24, 76, 73)
    ask(found, "snap-selection", image, layer, "snap")


@case
def nothing_is_there(found):
    image, layer = opened()
    layer.fill(Gimp.FillType.WHITE)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 52, 24, 76, 73)
    ask(found, "snap-selection", image, layer, "nothing")


@case
def parts_are_clicks(found):
    image, layer = opened()
    for y in (40, 77):
        image.select_rectangle(Gimp.ChannelOps.ADD, 86, y, 6, 6)
    ask(found, "select-click", image, layer, "parts")


@case
def points_are_added(found):
    image, layer = opened()
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 20, 20)
    points = {"points": "90,45", "not-points": "90,80"}
    ask(found, "select-click", image, layer, "points", combining="add", **points)


@case
def a_path_points(found):
    """Two anchors on the thing; one, of a further part of the path, on the white half, which is none of it."""
    image, layer = opened()
    path = Gimp.Path.new(image, "Clicks")
    image.insert_path(path, None, 0)
    for anchors in ([(90, 45), (80, 50)], [(90, 80)]):
        controls = [place for anchor in anchors for place in anchor * 3]
        path.stroke_new_from_points(Gimp.PathStrokeType.BEZIER, controls, False)
    image.set_selected_paths([path])
    ask(found, "select-click", image, layer, "path")


@case
def the_subject(found):
    ask(found, "select-subject", *opened(), "subject")


@case
def the_background(found):
    ask(found, "select-background", *opened(), "background")


run_all(CASES)
report["finished"] = True
save()
