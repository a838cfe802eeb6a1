"""Messages to header bytes and back: one strict decoder for both ends, made from the dataclasses' own type hints.

The stdlib does it because a host carries nothing else. The same functions read and write the small JSON files
that both ends share (the connection file, a stored recipe).
"""

from __future__ import annotations

import json
import math
import re
import types
import typing
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union

from .errors import Code, OverpaintError
from .messages import Message, Welcome

MAX_HEADER_BYTES = 64 << 10
"""The first frame of a message is never longer, but for …"""

MAX_WELCOME_BYTES = 1 << 20
"""… the server's welcome, which names all that is installed. The server itself reads no frame as long."""

_MAX_INTEGER = 1 << 63
_T = TypeVar("_T")
_Decoder = Callable[[Any, str], Any]


def type_name(kind: type) -> str:
    """The name of a message type as it travels: ``ListJobs`` → ``list-jobs``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", kind.__name__).lower()


_KINDS: dict[str, type] = {type_name(kind): kind for kind in typing.get_args(Message)}
_NAMES: dict[type, str] = {kind: name for name, kind in _KINDS.items()}


class TooLongError(ValueError):
    """A message does not fit into its frame."""


def encode(message: Message) -> bytes:
    """The header frame of ``message``. Raises ``ValueError`` for NaN, ``TooLongError`` for what does not fit. Half a
    character (from a file name that is no Unicode, say) travels as a question mark: an error must not fail because of
    its own words."""
    header = _to_json({"type": _NAMES[type(message)], **_plain_fields(message)})
    if len(header) > (MAX_WELCOME_BYTES if isinstance(message, Welcome) else MAX_HEADER_BYTES):
        raise TooLongError(f"a {_NAMES[type(message)]} message of {len(header)} bytes does not fit into its frame")
    return header


def decode(header: bytes, most: int = MAX_HEADER_BYTES) -> Message:
    """The message in a header frame of at most ``most`` bytes; raises ``OverpaintError`` (bad-request) that names what
    is wrong and where, without quoting any of it."""
    if len(header) > most:
        raise _bad("message", f"longer than {most} bytes")
    fields_by_name = _from_json(header, "message")
    name = fields_by_name.get("type")
    kind = _KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise _bad("message.type", "not a message of this protocol")
    return typing.cast(Message, _decoder(kind)(fields_by_name, str(name)))


def to_text(value: Any, **extra: Any) -> str:
    """A dataclass as readable JSON text, for a file; ``extra`` fields (a version, say) come first."""
    return json.dumps({**extra, **_plain_fields(value)}, ensure_ascii=False, allow_nan=False, indent=1)


def from_text(kind: type[_T], text: str | bytes, place: str) -> _T:
    """Reads what ``to_text`` wrote. ``place`` begins the name of a wrong field in the error."""
    hint: Any = kind
    return typing.cast(_T, _decoder(hint)(_from_json(text, place), place))


def _to_json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode(errors="replace")


def _from_json(text: str | bytes, place: str) -> dict[str, Any]:
    try:
        value = json.loads(text if isinstance(text, str) else text.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise _bad(place, "not readable as JSON") from None
    if not isinstance(value, dict):
        raise _bad(place, "expected an object")
    return value


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _plain_fields(value: Any) -> dict[str, Any]:
    kind: Any = type(value)
    return {name: _plain(getattr(value, name)) for name in _field_names(kind)}


@cache
def _field_names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return _plain_fields(value)


def _bad(place: str, problem: str) -> OverpaintError:
    return OverpaintError(
        Code.BAD_REQUEST,
        f"A message could not be understood ({place}: {problem}).",
        "The plugin and the server may be of different versions: run install.py again.",
    )


# --- decoders, one for each kind of type hint ---------------------------------------------------


@cache
def _decoder(hint: Any) -> _Decoder:
    origin = typing.get_origin(hint)
    if origin in (Union, types.UnionType):
        return _optional(hint)
    if origin is tuple:
        return _many(_decoder(typing.get_args(hint)[0]))
    if origin is dict:
        return _mapping(_decoder(typing.get_args(hint)[1]))
    if is_dataclass(hint):
        return _object(typing.cast(type, hint))
    if issubclass(hint, Enum):
        return _choice(hint)
    return _SIMPLE[hint]


def _text(value: Any, place: str) -> str:
    if not isinstance(value, str):
        raise _bad(place, "expected text")
    if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
        raise _bad(place, "not valid Unicode")
    return value


def _integer(value: Any, place: str) -> int:
    if type(value) is not int:
        raise _bad(place, "expected an integer")
    if not -_MAX_INTEGER <= value < _MAX_INTEGER:
        raise _bad(place, "out of range")
    return value


def _number(value: Any, place: str) -> float:
    if type(value) is int:
        return float(_integer(value, place))
    if not isinstance(value, float) or not math.isfinite(value):
        raise _bad(place, "expected a number")
    return value


def _truth(value: Any, place: str) -> bool:
    if not isinstance(value, bool):
        raise _bad(place, "expected true or false")
    return value


_SIMPLE: dict[type, _Decoder] = {str: _text, int: _integer, float: _number, bool: _truth}


def _optional(hint: Any) -> _Decoder:
    (inner,) = (_decoder(kind) for kind in typing.get_args(hint) if kind is not type(None))
    return lambda value, place: None if value is None else inner(value, place)


def _many(inner: _Decoder) -> _Decoder:
    def decode_list(value: Any, place: str) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise _bad(place, "expected a list")
        return tuple(inner(item, f"{place}[{index}]") for index, item in enumerate(value))

    return decode_list


def _mapping(inner: _Decoder) -> _Decoder:
    def decode_mapping(value: Any, place: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise _bad(place, "expected an object")
        return {_text(key, place): inner(item, f"{place}[{at}]") for at, (key, item) in enumerate(value.items())}

    return decode_mapping


def _choice(kind: type[Enum]) -> _Decoder:
    members: dict[Any, Enum] = {member.value: member for member in kind}

    def decode_choice(value: Any, place: str) -> Enum:
        member = members.get(value) if isinstance(value, str) else None
        if member is None:
            raise _bad(place, "expected one of " + ", ".join(members))
        return member

    return decode_choice


def _object(kind: type) -> _Decoder:
    hints = typing.get_type_hints(kind)
    decoders = [(field.name, _decoder(hints[field.name])) for field in fields(kind)]
    required = {field.name for field in fields(kind) if field.default is MISSING and field.default_factory is MISSING}

    def decode_object(value: Any, place: str) -> Any:
        if not isinstance(value, dict):
            raise _bad(place, "expected an object")
        given = {name: inner(value[name], f"{place}.{name}") for name, inner in decoders if name in value}
        for name in required:
            if name not in given:
                raise _bad(f"{place}.{name}", "missing")
        return kind(**given)

    return decode_object
