"""Runs inside GIMP: something is erased from a layer that does not look like its own numbers.

Every case builds the same image twice, with a blot and without: the blot erased, both must look the same. The pictures
are flat, so that an erased blot leaves nothing.
"""

from easel import *  # noqa: F403
from easel import describe, dump, report, run, run_all, save
from gi.repository import Gegl, Gimp
from sheet import CHOSEN, INK, PAPER, SIZE, Sheet, fill, filtered, mask_of, picture

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


# --- groups ---------------------------------------------------------------------------------------


def group_case(name, mode=Gimp.LayerMode.NORMAL, opacity=100.0, shown=None, mask=None, operation=None):
    def build(sheet):
        sheet.layer("Paper", PAPER)
        group = sheet.group("Group", mode=mode, opacity=opacity)
        sheet.layer("Wash", (90, 200, 90, 255), group)
        sheet.spoil(sheet.layer("Ink", INK, group, **(shown or {})))
        if mask is not None:
            mask_of(group, **mask)
        if operation is not None:
            filtered(group, operation)

    build.__name__ = name
    look(build)


PASS, HALF = Gimp.LayerMode.PASS_THROUGH, {"opacity": 50.0}
group_case("in_a_group")
group_case("in_a_group_at_forty_percent", opacity=40.0)
group_case("in_a_multiplying_group", Gimp.LayerMode.MULTIPLY, 70.0)
group_case("half_in_a_multiplying_group", Gimp.LayerMode.MULTIPLY, 70.0, HALF)
group_case("in_a_masked_group", mask={"hidden": (95, 0, 105, 160)})
group_case("half_in_a_grayly_masked_group", shown=HALF, mask={"gray": (0, 0, 200, 160)})
group_case("passing_through", PASS)
group_case("half_passing_through", PASS, shown=HALF)
group_case("multiply_passing_through_at_forty_percent", PASS, 40.0, {"mode": Gimp.LayerMode.MULTIPLY})
group_case("passing_through_a_mask", PASS, shown=HALF, mask={"hidden": (95, 0, 105, 160)})
group_case("in_a_filtered_group", shown=HALF, operation="gegl:invert-linear")


@look
def groups_in_groups(sheet):
    sheet.layer("Paper", PAPER)
    outer = sheet.group("Outer", opacity=60.0, mode=Gimp.LayerMode.SCREEN)
    sheet.layer("Wash", (90, 200, 90, 128), outer)
    passing = sheet.group("Passing", outer, PASS, 70.0)
    inner = sheet.group("Inner", passing, PASS)
    sheet.layer("Tone", (10, 20, 200, 255), inner, (100, 100), (50, 30), opacity=30.0)
    sheet.spoil(sheet.layer("Ink", INK, inner, mode=Gimp.LayerMode.MULTIPLY, opacity=80.0))
    sheet.layer("Over", (1, 2, 3, 255), passing, (20, 20), (150, 100))
    sheet.layer("Above", (3, 2, 1, 100), None)


@look
def covered_by_others(sheet):
    paper(sheet, opacity=40.0)
    sheet.layer("Above", (0, 255, 0, 60))
    sheet.layer("Tint", (200, 200, 100, 255), mode=Gimp.LayerMode.MULTIPLY)


# --- places ---------------------------------------------------------------------------------------


@look
def smaller_than_the_canvas(sheet):
    sheet.layer("Paper", PAPER)
    sheet.spoil(sheet.layer("Ink", INK, size=(90, 80), offset=(40, 30), opacity=50.0))


@look
def larger_than_the_canvas(sheet):
    sheet.layer("Paper", PAPER)
    layer = sheet.layer("Ink", (255, 0, 255, 255), size=(400, 360), offset=(-100, -100))
    fill(layer, INK, (100, 100, *SIZE))
    sheet.spoil(layer)


@look
def a_tight_little_layer(sheet):
    """Everything of it is selected: what it lies on continues."""
    sheet.layer("Paper", PAPER)
    layer = sheet.layer("Spot", (0, 0, 0, 0), size=(30, 30), offset=(80, 60))
    sheet.spoil(layer)


# --- other kinds ----------------------------------------------------------------------------------


@look
def lock_alpha(sheet):
    paper(sheet).set_lock_alpha(True)


@look
def everything_locked(sheet):
    layer = paper(sheet, opacity=50.0)
    layer.set_lock_content(True), layer.set_lock_position(True), layer.set_lock_visibility(True)


@look
def a_visible_channel(sheet):
    paper(sheet, opacity=50.0)
    channel = Gimp.Channel.new(sheet.image, "Spot", *SIZE, 50.0, Gegl.Color.new("red"))
    sheet.image.insert_channel(channel, None, 0)
    channel.set_visible(True)


@look
def a_color_channel_hidden(sheet):
    paper(sheet, opacity=50.0)
    sheet.image.set_component_visible(Gimp.ChannelType.RED, False)


@look
def a_text_layer(sheet):
    sheet.layer("Paper", PAPER)
    sheet.source = sheet.layer("Strokes", (0, 0, 0, 0))
    if sheet.blot:
        text = Gimp.TextLayer.new(sheet.image, "H", Gimp.context_get_font(), 20.0, Gimp.Unit.pixel())
        sheet.image.insert_layer(text, None, 0)
        text.set_offsets(85, 65)
        sheet.source = text


def deep_case(name, kind, precision, profile=None):
    def case(found):
        sheets = [
            Sheet(blot, getattr(Gimp.ImageBaseType, kind), getattr(Gimp.Precision, precision)) for blot in (False, True)
        ]
        for sheet in sheets:
            if profile is not None:
                sheet.image.set_color_profile(profile)
            paper(sheet, opacity=40.0)
        erase(found, sheets[1], sheets[0], name)

    CASES[name] = case
    case.__name__ = name


deep_case("gray_16_bit", "GRAY", "U16_NON_LINEAR")
deep_case("float_linear", "RGB", "FLOAT_LINEAR")
deep_case("half_perceptual", "RGB", "HALF_PERCEPTUAL")
deep_case("adobe_rgb", "RGB", "U16_NON_LINEAR", Gimp.ColorProfile.new_rgb_adobe())
deep_case("linear_8_bit", "RGB", "U8_LINEAR")
deep_case("double_linear", "GRAY", "DOUBLE_LINEAR")


if hasattr(Gimp, "LinkLayer"):

    @look
    def a_link_layer(sheet):
        from easel import OUT
        from gi.repository import Gio

        drawn = Sheet(sheet.blot)
        drawn.spoil(drawn.layer("Linked", INK))
        path = Gio.File.new_for_path(str(OUT / f"linked-{sheet.blot}.png"))
        Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, drawn.image, path, None)
        drawn.image.delete()
        sheet.layer("Paper", PAPER)
        sheet.source = Gimp.LinkLayer.new(sheet.image, path)
        sheet.image.insert_layer(sheet.source, None, 0)
        sheet.source.set_opacity(50.0)

    @look
    def a_vector_layer(sheet):
        sheet.layer("Paper", PAPER)
        sheet.source = sheet.layer("Strokes", (0, 0, 0, 0))
        if sheet.blot:
            path = Gimp.Path.new(sheet.image, "p")
            sheet.image.insert_path(path, None, 0)
            path.bezier_stroke_new_ellipse(95, 75, 10, 8, 0)
            sheet.source = Gimp.VectorLayer.new(sheet.image, path)
            sheet.image.insert_layer(sheet.source, None, 0)


if __name__ == "__main__":
    run_all(list(CASES.values()))
    report["finished"] = True
    save()
