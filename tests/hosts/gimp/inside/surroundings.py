"""Runs inside GIMP, beside ``looks``: layers in groups, in odd places, of other kinds and in deep images."""

from gi.repository import Gegl, Gimp
from look import CASES, erase, look, paper
from sheet import INK, PAPER, SIZE, Sheet, fill, filtered, mask_of

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
