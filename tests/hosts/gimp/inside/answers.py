"""Runs inside GIMP: edits after edits. A second one sees the answer of the first and lies above it."""

from easel import describe, dump, report, run, run_all, save
from gi.repository import Gimp
from sheet import INK, PAPER, RED, Sheet, fill, picture

FIRST, SECOND = (80, 60, 20, 30), (100, 60, 20, 30)
FIRST_CHOSEN, SECOND_CHOSEN = (74, 54, 26, 42), (86, 54, 40, 42)
CASES = []


def case(function):
    CASES.append(function)
    return function


def two_blots(**shown):
    """Side by side; and the same without either."""
    sheets = []
    for blot in (True, False):
        sheet = Sheet(blot)
        sheet.layer("Paper", PAPER)
        layer = sheet.spoil(sheet.layer("Ink", INK, **shown), RED, FIRST)
        if blot:
            fill(layer, (0, 255, 0, 255), SECOND)
        sheets.append(sheet)
    return sheets


def erase(found, sheet, layers, chosen, **settings):
    sheet.image.select_rectangle(Gimp.ChannelOps.REPLACE, *chosen)
    status, error, made, _ = run("overpaint-erase-selection", sheet.image, layers, feather=0, seed=5, **settings)
    found.setdefault("statuses", []).append([status, error])
    return made[0] if made else None


def judge(found, sheet, clean, key):
    found["after"], found["clean"] = picture(sheet.image, f"{key}-after"), picture(clean.image, f"{key}-clean")
    found["names"] = [layer.get_name() for layer in sheet.image.get_layers()]


def both_erased(found, key, between=lambda sheet, first: None, first="layer", second="layer", **shown):
    """The first half, then ``between``, then the other half with a part of the first."""
    sheet, clean = two_blots(**shown)
    answer = erase(found, sheet, [sheet.source], FIRST_CHOSEN, reading=first)
    answer.set_name("First")
    chosen = between(sheet, answer) or sheet.source
    between(clean, None)
    last = erase(found, sheet, [chosen], SECOND_CHOSEN, reading=second)
    found["last"] = describe(last) if last else None
    judge(found, sheet, clean, key)


@case
def one_after_the_other(found):
    both_erased(found, "one_after_the_other")


@case
def through_opacity(found):
    both_erased(found, "through_opacity", opacity=40.0)


@case
def the_answer_itself_chosen(found):
    both_erased(found, "the_answer_itself_chosen", lambda sheet, first: first)


@case
def something_put_between(found):
    def between(sheet, first):
        tint = sheet.layer("Tint", (200, 200, 0, 255), size=(150, 100), offset=(30, 30), opacity=30.0)
        if first is not None:
            sheet.image.reorder_item(tint, None, sheet.image.get_item_position(first))

    both_erased(found, "something_put_between", between)


@case
def the_answer_in_a_group(found):
    def between(sheet, first):
        if first is not None:
            group = sheet.group("Answers")
            sheet.image.reorder_item(first, group, 0)

    both_erased(found, "the_answer_in_a_group", between)


@case
def first_the_visible_picture(found):
    def between(sheet, _):
        above = sheet.layer("Above", (255, 255, 255, 255), opacity=20.0)
        sheet.image.reorder_item(above, None, 1 if sheet.blot else 0)

    both_erased(found, "first_the_visible_picture", between, first="visible")


@case
def then_the_visible_picture(found):
    both_erased(found, "then_the_visible_picture", second="visible", opacity=50.0)


@case
def under_a_visible_answer_in_a_group(found):
    """The source lies in a group, the earlier answer on top of everything."""
    sheet, clean = Sheet(True), Sheet(False)
    for each in (sheet, clean):
        each.layer("Paper", PAPER)
        group = each.group("Group", opacity=70.0)
        each.spoil(each.layer("Ink", INK, group), RED, FIRST)
        if each.blot:
            fill(each.source, (0, 255, 0, 255), SECOND)
    erase(found, sheet, [sheet.source], FIRST_CHOSEN, reading="visible").set_name("First")
    found["last"] = describe(erase(found, sheet, [sheet.source], SECOND_CHOSEN))
    judge(found, sheet, clean, "under_a_visible_answer_in_a_group")


@case
def a_hidden_answer_is_not_seen(found):
    sheet, clean = two_blots()
    erase(found, sheet, [sheet.source], FIRST_CHOSEN).set_visible(False)
    fill(sheet.source, INK, FIRST), fill(sheet.source, (9, 9, 9, 255), (20, 20, 10, 10))
    fill(clean.source, (9, 9, 9, 255), (20, 20, 10, 10))
    erase(found, sheet, [sheet.source], SECOND_CHOSEN)
    judge(found, sheet, clean, "a_hidden_answer_is_not_seen")


def repeated(found, key, change, reading):
    sheet, clean = two_blots(opacity=60.0)
    first = erase(found, sheet, [sheet.source], (74, 54, 52, 42), reading=reading)
    found["first"] = dump(first, f"{key}-first")
    Gimp.Selection.none(sheet.image)
    change(sheet), change(clean)
    status, error, made, _ = run("overpaint-run-again", sheet.image, [first])
    found["statuses"].append([status, error])
    found["again"], found["last"] = dump(made[0], f"{key}-again"), describe(made[0])
    found["offsets"] = [describe(each)["x"] - describe(first)["x"] for each in made]
    judge(found, sheet, clean, key)


@case
def run_again_sees_what_the_first_saw(found):
    repeated(found, "run_again", lambda sheet: None, "layer")


@case
def run_again_on_the_visible_picture(found):
    repeated(found, "run_again_visible", lambda sheet: None, "visible")


@case
def run_again_after_the_canvas_has_grown(found):
    repeated(found, "run_again_grown", lambda sheet: sheet.image.resize(300, 260, 50, 40), "layer")


# --- with words -----------------------------------------------------------------------------------


@case
def a_cutout_redrawn_keeps_its_outline(found):
    sheet = Sheet(False)
    sheet.layer("Paper", PAPER)
    layer = sheet.layer("Cutout", (0, 0, 0, 0))
    fill(layer, INK, (30, 30, 60, 50)), fill(layer, (40, 80, 160, 100), (90, 30, 20, 50))
    found["before"] = picture(sheet.image, "outline-before")
    status, error, made, _ = run("overpaint-edit-layer", sheet.image, [layer], prompt="a hat", seed=3, steps=2)
    found["statuses"] = [[status, error]]
    found["new"] = [{**describe(new), **dump(new, "outline-new")} for new in made]
    found["after"] = picture(sheet.image, "outline-after")


@case
def a_glaze_redrawn_stays_one(found):
    sheet = Sheet(False)
    layer = sheet.layer("Glaze", (40, 80, 160, 102))
    found["before"] = picture(sheet.image, "glaze-before")
    status, error, *_ = run("overpaint-edit-layer", sheet.image, [layer], prompt="a hat", seed=3, steps=2)
    found["statuses"] = [[status, error]]
    found["after"] = picture(sheet.image, "glaze-after")


@case
def words_fill_what_is_empty(found):
    """A new layer above the photo: the picture is seen through it. And a spot beside something on nothing."""
    sheet = Sheet(False)
    sheet.layer("Photo", PAPER)
    layer = sheet.layer("New", (0, 0, 0, 0))
    sheet.image.select_rectangle(Gimp.ChannelOps.REPLACE, *FIRST)
    status, error, made, _ = run(
        "overpaint-replace-selection", sheet.image, [layer], prompt="a hat", steps=2, feather=0
    )
    found["statuses"] = [[status, error]]
    found["sent"] = describe(made[0])
    alone = Sheet(False)
    layer = alone.layer("Sprite", (0, 0, 0, 0))
    fill(layer, INK, (30, 30, 40, 40))
    alone.image.select_rectangle(Gimp.ChannelOps.REPLACE, *FIRST)
    status, error, *_ = run("overpaint-replace-selection", alone.image, [layer], prompt="a hat", steps=2, feather=0)
    found["statuses"].append([status, error])
    found["after"] = picture(alone.image, "empty-after")


run_all(CASES)
report["finished"] = True
save()
