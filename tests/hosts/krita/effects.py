"""Effects on layers for the scenes: styles in Photoshop's words, masks that move and colour, filters with settings."""

from __future__ import annotations

from typing import Any

Layer = dict[str, Any]


def style(effect: str, *fields: str) -> str:
    """One effect of a layer style, in Photoshop's words."""
    inside = "".join(fields)
    return (
        '<asl><node type="Descriptor" name="" classId="null">'
        '<node type="UnitFloat" key="Scl " unit="#Prc" value="100"/>'
        '<node type="Boolean" key="masterFXSwitch" value="1"/>'
        f'<node type="Descriptor" name="" key="{effect}" classId="{effect}"><node type="Boolean" key="enab" value="1"/>'
        f'{inside}</node></node><node type="Descriptor" name="" classId="Styl">'
        '<node type="Descriptor" name="" key="documentMode" classId="documentMode"/></node></asl>'
    )


def unit(key: str, value: float, of: str = "#Pxl") -> str:
    return f'<node type="UnitFloat" key="{key}" unit="{of}" value="{value}"/>'


def choice(key: str, kind: str, value: str) -> str:
    return f'<node type="Enum" typeId="{kind}" key="{key}" value="{value}"/>'


def colour(red: int, green: int, blue: int) -> str:
    samples = zip(("Rd  ", "Grn ", "Bl  "), (red, green, blue), strict=True)
    inside = "".join(f'<node type="Double" key="{key}" value="{value}"/>' for key, value in samples)
    return f'<node type="Descriptor" name="" key="Clr " classId="RGBC">{inside}</node>'


HALF_SEEN = unit("Opct", 50, "#Prc")
OVERLAY = style("SoFi", choice("Md  ", "BlnM", "Nrml"), HALF_SEEN, colour(20, 160, 60))
SHADOW = style(
    "DrSh", choice("Md  ", "BlnM", "Mltp"), colour(0, 0, 90), unit("Opct", 75, "#Prc"),
    '<node type="Boolean" key="uglg" value="0"/>', unit("lagl", 180, "#Ang"), unit("Dstn", 12), unit("blur", 20),
)  # fmt: skip
GLOW = style(
    "IrGl", choice("Md  ", "BlnM", "Nrml"), colour(250, 220, 20), unit("Opct", 80, "#Prc"), unit("blur", 40),
    choice("glwS", "IGSr", "SrcE"),
)  # fmt: skip
STROKE = style(
    "FrFX", choice("Styl", "FStl", "InsF"), choice("PntT", "FrFl", "SClr"), choice("Md  ", "BlnM", "Nrml"),
    unit("Opct", 100, "#Prc"), unit("Sz  ", 8), colour(200, 0, 0),
)  # fmt: skip


def moved(x: float, y: float) -> Layer:
    """A transform mask."""
    matrix = {"m11": 1, "m12": 0, "m13": 0, "m21": 0, "m22": 1, "m23": 0, "m31": x, "m32": y, "m33": 1}
    attributes = " ".join(f'{key}="{value}"' for key, value in matrix.items())
    return {
        "kind": "transform",
        "xml": '<transform_params><main id="dumbparams"/><data><dumb_transform>'
        f'<transform type="transform" {attributes}/></dumb_transform></data></transform_params>',
    }


COLOURS = {
    "kind": "colorize",
    "strokes": [([0.1, 0.2, 0.9, 1.0], (10, 10, 8, 8)), ([0.2, 0.8, 0.2, 1.0], (300, 230, 8, 8))],
}

WAVE = {
    "kind": "filter",
    "filter": "wave",
    "settings": {
        "horizontalwavelength": 90, "horizontalshift": 5, "horizontalamplitude": 4, "horizontalshape": 0,
        "verticalwavelength": 90, "verticalshift": 5, "verticalamplitude": 4, "verticalshape": 0,
    },
}  # fmt: skip

SQUARES = {"name": "Squares", "kind": "filter", "filter": "pixelize", "settings": {"pixelWidth": 9, "pixelHeight": 7}}
