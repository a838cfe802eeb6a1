"""Runs inside GIMP: something is erased from a layer that does not look like its own numbers (see ``look``)."""

from easel import *  # noqa: F403
from easel import report, run_all, save
from gi.repository import Gimp
from look import CASES, look, paper
from sheet import INK, PAPER, filtered, mask_of

# --- the layer itself -----------------------------------------------------------------------------


@look
def plain(sheet):
    paper(sheet)


@look
def forty_percent(sheet):
    paper(sheet, opacity=40.0)


def mode_case(nick):
    def build(sheet):
        sheet.layer("Paper", PAPER)
        sheet.spoil(sheet.layer("Lines", (250, 240, 230, 255), mode=getattr(Gimp.LayerMode, nick), opacity=80.0))

    build.__name__ = f"mode_{nick.lower()}"
    look(build)


MODES = (
    *("MULTIPLY", "SCREEN", "OVERLAY", "DIFFERENCE", "ADDITION", "SUBTRACT", "DARKEN_ONLY", "LIGHTEN_ONLY"),
    *("HSV_HUE", "HSL_COLOR", "LCH_LIGHTNESS", "DODGE", "BURN", "HARDLIGHT", "SOFTLIGHT", "GRAIN_MERGE"),
    *(
        "DIVIDE",
        "EXCLUSION",
        "LINEAR_LIGHT",
        "NORMAL_LEGACY",
        "MULTIPLY_LEGACY",
        "BEHIND",
        "SOFTLIGHT_LEGACY",
        "MERGE",
        "LUMINANCE",
        "VIVID_LIGHT",
        "HARD_MIX",
        "REPLACE",
    ),
)
for each in MODES:
    mode_case(each)


@look
def multiply_over_a_cutout(sheet):
    sheet.layer("Cutout", PAPER, size=(100, 160))
    sheet.spoil(sheet.layer("Lines", (250, 240, 230, 255), mode=Gimp.LayerMode.MULTIPLY))


@look
def clipped_to_backdrop(sheet):
    sheet.layer("Cutout", PAPER, size=(100, 160))
    sheet.spoil(sheet.layer("Ink", INK)).set_composite_mode(Gimp.LayerCompositeMode.CLIP_TO_BACKDROP)


@look
def clipped_to_layer(sheet):
    sheet.layer("Paper", PAPER)
    layer = sheet.spoil(sheet.layer("Ink", INK, size=(150, 120), offset=(20, 10), mode=Gimp.LayerMode.MULTIPLY))
    layer.set_composite_mode(Gimp.LayerCompositeMode.CLIP_TO_LAYER)


@look
def intersection(sheet):
    sheet.layer("Cutout", PAPER, size=(100, 160))
    layer = sheet.spoil(sheet.layer("Ink", INK, size=(150, 120), offset=(20, 10)))
    layer.set_composite_mode(Gimp.LayerCompositeMode.INTERSECTION)


@look
def perceptual_blend_space(sheet):
    layer = paper(sheet, opacity=50.0)
    layer.set_blend_space(Gimp.LayerColorSpace.RGB_PERCEPTUAL)


@look
def half_transparent_paint(sheet):
    sheet.layer("Paper", PAPER)
    sheet.spoil(sheet.layer("Glaze", (40, 80, 160, 102)), (255, 0, 0, 102))


@look
def half_transparent_paint_on_nothing(sheet):
    sheet.spoil(sheet.layer("Glaze", (40, 80, 160, 102)), (255, 0, 0, 102))


@look
def opaque_blot_on_a_glaze_on_nothing_at_forty_percent(sheet):
    sheet.spoil(sheet.layer("Glaze", INK, opacity=40.0))


@look
def strokes_on_an_empty_layer(sheet):
    sheet.layer("Photo", PAPER)
    sheet.spoil(sheet.layer("Strokes", (0, 0, 0, 0)))


# --- masks ----------------------------------------------------------------------------------------


@look
def masked(sheet):
    layer = paper(sheet)
    mask_of(layer, (95, 0, 105, 160))


@look
def masked_on_nothing(sheet):
    layer = sheet.spoil(sheet.layer("Ink", INK))
    mask_of(layer, (95, 0, 105, 160))


@look
def gray_mask(sheet):
    mask_of(paper(sheet), gray=(0, 0, 200, 160))


@look
def gray_mask_on_nothing(sheet):
    mask_of(sheet.spoil(sheet.layer("Ink", INK)), gray=(0, 0, 200, 160))


@look
def half_gray_mask(sheet):
    mask_of(paper(sheet), gray=(0, 0, 95, 160))


@look
def mask_not_applied(sheet):
    layer = paper(sheet)
    mask_of(layer, (95, 0, 105, 160))
    layer.set_apply_mask(False)


@look
def mask_chosen(sheet):
    layer = paper(sheet)
    mask_of(layer, (95, 0, 105, 160)), layer.set_edit_mask(True)


@look
def mask_and_multiply(sheet):
    layer = paper(sheet, mode=Gimp.LayerMode.MULTIPLY, opacity=60.0)
    mask_of(layer, (95, 0, 105, 160), (0, 0, 60, 160))


# --- filters --------------------------------------------------------------------------------------


@look
def inverted_by_a_filter(sheet):
    filtered(paper(sheet), "gegl:invert-gamma")


@look
def filter_switched_off(sheet):
    filtered(paper(sheet), "gegl:invert-gamma").set_visible(False)


@look
def filter_and_mask_and_opacity(sheet):
    layer = paper(sheet, opacity=50.0)
    mask_of(layer, (95, 0, 105, 160))
    filtered(layer, "gegl:invert-linear")


if __name__ == "__main__":
    import surroundings  # noqa: F401  # it has cases of its own

    run_all(list(CASES.values()))
    report["finished"] = True
    save()
