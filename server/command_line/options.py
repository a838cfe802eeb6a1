"""Options that several commands have, and one for every setting of a recipe."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any

import typer

from server.client import strengths
from server.wire.recipe import SETTINGS, Click, Extra, Recipe
from server.wire.setting import Setting, SettingKind

OUT = "Where the answer goes: .png, or .ora with layers. A selection becomes a mask, which only a .png can be."
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]

_TYPES = {SettingKind.WHOLE: int, SettingKind.SEED: int, SettingKind.NUMBER: float, SettingKind.SHARE: float}
_SET = "set_"


def with_settings(command: Callable[..., None]) -> Callable[..., None]:
    """``command`` takes a recipe as its first parameter; on the command line each setting is an option in its place,
    and ``--set NAME=VALUE`` one that only some method has."""

    def run(**given: Any) -> None:
        own = {name: given.pop(name) for name in SETTINGS}
        extras = _extras(given.pop(_SET))
        own["eta"] = strengths.parse(own["eta"])
        command(Recipe("", **own, extras=extras), **given)

    hints = typing.get_type_hints(command, include_extras=True)
    _, *others = inspect.signature(command).parameters.values()
    parameters = [parameter.replace(annotation=hints[parameter.name]) for parameter in others]
    parameters += [*map(_parameter, SETTINGS.values()), _EXTRAS]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what typer reads
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    return run


def _parameter(setting: Setting) -> inspect.Parameter:
    kind: Any = _TYPES.get(setting.kind, str)
    default = getattr(Recipe(""), setting.name) if kind is not str else ""
    words = f"{setting.tip} ({setting.range})" if setting.range is not None else setting.tip
    hint: Any = Annotated[kind if default is not None else kind | None, typer.Option(help=words)]
    return inspect.Parameter(setting.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hint)


_EXTRAS = inspect.Parameter(
    _SET,
    inspect.Parameter.KEYWORD_ONLY,
    default=(),
    annotation=Annotated[
        list[str], typer.Option("--set", help="NAME=VALUE of a setting that only the method has; “overpaint methods”.")
    ],
)


def _extras(given: Sequence[str]) -> tuple[Extra, ...]:
    found = []
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise typer.BadParameter(f"{text} is not NAME=VALUE.", param_hint="--set")
        found.append(Extra(name.strip(), value.strip()))
    return tuple(found)


def points(given: Sequence[str] | None, option: str, wanted: bool = True) -> Iterator[Click]:
    """Each ``X,Y``, in pixels from the upper left corner."""
    for text in given or ():
        x, _, y = text.partition(",")
        try:
            yield Click(int(x), int(y), wanted)
        except ValueError:
            raise typer.BadParameter(f"{text} is not X,Y, two whole numbers.", param_hint=option) from None
