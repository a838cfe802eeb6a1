"""The arguments of the procedures, once for GIMP's procedure database, its dialogs and our recipes. No gi."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

from server.client.combining import Combining
from server.client.reading import Reading
from server.client.roles import FORMS, SELECTING, Form, role_of
from server.client.strengths import parse
from server.client.wording import problem
from server.wire.offers import MethodOffer, Need, Role
from server.wire.recipe import SETTINGS, Click, Extra, Recipe
from server.wire.setting import Group, Setting, SettingKind
from server.wire.sides import SIDES

if TYPE_CHECKING:
    from gi.repository import Gimp

Choice = TypeVar("Choice", bound=Enum)

AUTOMATIC = -1
"""In a number: chosen by the server. Procedure arguments have no other way to say nothing."""

LARGEST_SEED = 2**31 - 1
"""GIMP's whole numbers end here."""


class Kind(str, Enum):
    """The things to do, one for each role; the value ends the procedure's name and the keys of its words."""

    REPLACE = "replace"
    ERASE = "erase"
    HEAL = "heal"
    EDIT_LAYER = "edit-layer"
    IMAGIC = "imagic"
    EFFECT = "effect"
    INSTRUCT = "instruct"
    CREATE = "create"
    ENLARGE = "enlarge"
    EXPAND = "expand"
    WORDS = "select-words"
    SNAP = "snap"
    CLICK = "select-click"
    SUBJECT = "select-subject"
    BACKGROUND = "select-background"
    SELECT = "select"
    COMPARE = "compare"
    TEACH = "teach"
    LIFT = "lift"
    SPLIT = "split"

    @property
    def role(self) -> Role:
        """What the server's methods for it are for."""
        return _ROLES.get(self) or Role(self.value)

    @property
    def method(self) -> str:
        """The one that does it; empty: any of its role."""
        return _METHODS.get(self, "")

    @property
    def form(self) -> Form:
        """What its menu entry says."""
        return SELECTING[self.method] if self.method else FORMS[self.role]

    @property
    def selects(self) -> bool:
        return self.role is Role.SELECT

    @property
    def needs_selection(self) -> bool:
        """As its menu entry says; what a method needs its own offer says."""
        return Need.SELECTION in self.form.needs

    @property
    def asks(self) -> bool:
        """A person is asked for more before it begins."""
        return self is not Kind.ERASE and (not self.method or Need.PROMPT in self.form.needs)

    @property
    def takes_words(self) -> bool:
        """Whether a person can say something of what is wanted."""
        return self not in (Kind.ERASE, Kind.LIFT)

    @property
    def question(self) -> str:
        """The key of the words above the prompt; with ``-tip``, of the sentence that helps to fill it in."""
        return "prompt" if self.needs_selection or self is Kind.CREATE else f"prompt-{_ASKED.get(self, self).value}"


def kind_of(method: str, offers: Iterable[MethodOffer]) -> Kind:
    """What was asked for, where only the method is known that did it."""
    role = role_of(method, offers)
    of_role = [kind for kind in Kind if kind.role is role and kind.method in ("", method)]
    return next(iter(of_role), Kind.EDIT_LAYER)


_METHODS = {
    Kind.WORDS: "words",
    Kind.SNAP: "snap",
    Kind.CLICK: "click",
    Kind.SUBJECT: "subject",
    Kind.BACKGROUND: "background",
}
_ROLES = {Kind.EDIT_LAYER: Role.REDRAW, Kind.IMAGIC: Role.LEARN, **dict.fromkeys(_METHODS, Role.SELECT)}
_ASKED = {
    **dict.fromkeys((Kind.EFFECT, Kind.INSTRUCT, Kind.ENLARGE, Kind.EXPAND, Kind.COMPARE), Kind.EDIT_LAYER),
    **dict.fromkeys(_METHODS, Kind.SELECT),
}


@dataclass(frozen=True)
class Argument:
    """``name`` is also the key of its label and (with ``-tip``) of its sentence. ``low`` and ``high``: both ends."""

    name: str
    default: str | int | float
    low: float = 0
    high: float = 0
    folded: bool = True
    """In the dialog: whether it lies under *More*."""
    step: float = 1
    setting: Setting | None = None


def _argument(setting: Setting) -> Argument:
    """As GIMP can say it."""
    folded = setting.group is Group.MORE
    if setting.range is None or setting.kind is SettingKind.NUMBERS:
        return Argument(setting.name, "", folded=folded, setting=setting)
    number = float if setting.kind in (SettingKind.NUMBER, SettingKind.SHARE) else int
    low = setting.range.low if setting.default is not None else AUTOMATIC
    default = low if setting.default is None else setting.default
    step = 0.05 if setting.kind is SettingKind.SHARE else setting.step
    high = min(setting.range.high, LARGEST_SEED)
    return Argument(setting.name, number(default), number(low), number(high), folded, step, setting)


READING = Argument("reading", Reading.LAYER.value, folded=False)

EXTRAS = Argument("extras", "")
"""What only one method reads: ``shift=3; style=ink``."""

COMBINING = Argument("combining", Combining.REPLACE.value, folded=False)
"""What a selection that is found does to the one that is there."""

SIDE_ARGUMENTS = tuple(Argument(side.name, "", folded=False) for side in SIDES)
"""How far a picture goes on beyond its borders."""

REFERENCES = "references"
"""The argument for further layers to look at: an array of layers, which is no value of a recipe."""

POINTS = Argument("points", "")
"""Where what is meant is: ``120,80 200,90``, in pixels of the image."""

NOT_POINTS = Argument("not-points", "")

ARGUMENTS = (
    Argument("prompt", "", folded=False),
    Argument("method", "", folded=False),
    *(_argument(setting) for setting in SETTINGS.values()),
    EXTRAS,
    READING,
    COMBINING,
    POINTS,
    NOT_POINTS,
)


def arguments(kind: Kind) -> tuple[Argument, ...]:
    """Those of ``kind``, in the order of its procedure: every setting that one of its methods may read."""
    of_selections = (COMBINING, POINTS, NOT_POINTS)
    plain = tuple(argument for argument in ARGUMENTS if argument not in of_selections or kind.selects)
    return (*plain, *SIDE_ARGUMENTS) if kind is Kind.EXPAND else plain


def values(config: Gimp.ProcedureConfig, kind: Kind) -> dict[str, str | int | float]:
    """Of the arguments of ``kind``, as they stand in its procedure's ``config``."""
    return {argument.name: config.get_property(argument.name) for argument in arguments(kind)}


def recipe(given: Mapping[str, str | int | float]) -> Recipe:
    """What the values of the arguments ask for; one that is not given has its default. ``method`` stays empty where the
    server's first is to be taken. Raises ``OverpaintError`` for what is out of range.

    A seed is always chosen here: what a dialog shows later must fit into GIMP's numbers.
    """
    value = {argument.name: argument.default for argument in ARGUMENTS} | dict(given)
    for argument in ARGUMENTS:
        _check_range(argument, value[argument.name])
    chosen = {name: _chosen(argument, value[name]) for name, argument in _BY_SETTING.items()}
    if chosen["seed"] is None:
        chosen["seed"] = new_seed()
    return Recipe(
        method=str(value["method"] or "").strip(),
        prompt=str(value["prompt"] or "").strip(),
        extras=(*extras(str(value[EXTRAS.name] or "")), *_sides(value)),
        points=(*clicks(value[POINTS.name], True), *clicks(value[NOT_POINTS.name], False)),
        **chosen,
    )


_BY_SETTING = {argument.name: argument for argument in ARGUMENTS if argument.setting is not None}


def _chosen(argument: Argument, value: str | int | float) -> Any:
    """As the recipe has it; None where the server is to choose."""
    setting = argument.setting
    if setting is not None and setting.kind is SettingKind.NUMBERS:
        return parse(str(value or ""))
    if isinstance(argument.default, str):
        return str(value or "").strip()
    if argument.low == AUTOMATIC and float(value) < 0:
        return None
    return type(argument.default)(value)


def _sides(value: Mapping[str, str | int | float]) -> Iterator[Extra]:
    for side in SIDES:
        if text := str(value.get(side.name) or "").strip():
            yield Extra(side.name, text)


def clicks(text: object, wanted: bool) -> Iterator[Click]:
    """``120,80 200,90`` as the recipe has it. Raises ``OverpaintError`` for anything else."""
    for part in str(text or "").split():
        x, _, y = part.partition(",")
        try:
            yield Click(int(x), int(y), wanted)
        except ValueError:
            raise problem("‘{text}’ is no place in the image.", "Write them like “120,80 200,90”.", text=part) from None


def extras(text: str) -> tuple[Extra, ...]:
    """``shift=3; style=ink`` as the recipe has it. Raises ``OverpaintError`` for anything else."""
    found = []
    for part in filter(None, (part.strip() for part in text.split(";"))):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not name:
            raise problem("‘{text}’ is no setting.", "Write them like “shift=3; style=ink”.", text=part)
        found.append(Extra(name, value))
    return tuple(found)


def reading(given: Mapping[str, str | int | float]) -> Reading:
    """What of the document is to be read. Raises ``OverpaintError`` for a name that is none."""
    return _one_of(Reading, READING, given)


def combining(given: Mapping[str, str | int | float]) -> Combining:
    """What a selection that is found does to the one that is there. Raises as ``reading``."""
    return _one_of(Combining, COMBINING, given)


def _one_of(choices: type[Choice], argument: Argument, given: Mapping[str, str | int | float]) -> Choice:
    value = str(given.get(argument.name) or argument.default)
    names = [each.value for each in choices]
    if value not in names:
        raise problem(
            "‘{name}’ is “{value}”.", "It is one of: {names}.", name=argument.name, value=value, names=", ".join(names)
        )
    return choices(value)


def _check_range(argument: Argument, value: str | int | float) -> None:
    if isinstance(argument.default, str) or argument.low <= float(value) <= argument.high:
        return
    low, high = (f"{end:.10g}" for end in (argument.low, argument.high))
    raise problem(
        "‘{name}’ is {value}.",
        "It goes from {low} to {high}.",
        name=argument.name,
        value=f"{float(value):.10g}",
        low=low,
        high=high,
    )


def new_seed() -> int:
    return random.randrange(LARGEST_SEED)
