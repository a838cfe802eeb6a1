"""Runs inside GIMP: how a case is done. The same image is built twice, with a blot and without: the blot erased, both
must look the same. The pictures are flat, so that an erased blot leaves nothing."""

from easel import describe, dump, run
from gi.repository import Gimp
from sheet import CHOSEN, INK, PAPER, Sheet, picture

CASES = {}


def look(build):
    """A case of its own: ``build`` fills a sheet."""

    def case(found):
        clean, sheet = Sheet(False), Sheet(True)
        for each in (clean, sheet):
            build(each)
        erase(found, sheet, clean, build.__name__)

    case.__name__ = build.__name__
    CASES[build.__name__] = case
    return case


def erase(found, sheet, clean, key, **settings):
    image = sheet.image
    image.select_rectangle(Gimp.ChannelOps.REPLACE, *CHOSEN)
    image.clean_all()
    found["before"], found["clean"] = picture(image, f"{key}-before"), picture(clean.image, f"{key}-clean")
    own = dump(sheet.source, f"{key}-own") if sheet.source is not None else None
    settings = {"feather": 0, "seed": 5, **settings}
    drawables = [sheet.source] if sheet.source is not None else []
    chosen = [item.get_id() for item in image.get_selected_layers()]
    found["images_before"] = len(Gimp.get_images())
    found["status"], found["error"], layers, found["seconds"] = run(
        "overpaint-erase-selection", image, drawables, **settings
    )
    found["layers"] = [describe(new) for new in layers]
    found["same_choice"] = chosen == [item.get_id() for item in image.get_selected_layers()]
    found["after"] = picture(image, f"{key}-after")
    if own is not None:
        found["own"], found["own_after"] = own, dump(sheet.source, f"{key}-own-after")
    found["images"] = len(Gimp.get_images())
    return layers


def paper(sheet, **shown):
    sheet.layer("Paper", PAPER)
    return sheet.spoil(sheet.layer("Ink", INK, **shown))
