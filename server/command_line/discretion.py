"""What a report for strangers must not hold, taken out: names, folders, keys, addresses, and what was asked for."""

from __future__ import annotations

import getpass
import json
import platform
import re
from collections.abc import Iterable
from pathlib import Path

from server.wire import codec
from server.wire.errors import OverpaintError
from server.wire.keys import is_key
from server.wire.messages import Submit

_LEAST = 4
"""Letters of a name that is taken out wherever it stands; a shorter one is part of too many words."""
_LONGEST = 400
_KEYS = "[key]"
_KEY = re.compile(r"""[^\s"',]{32,}""")
_OTHERS = (
    (re.compile(r"(\bjob [0-9a-f]{32} is [^:]*: ).*"), r"\1[prompt]"),  # the log of a server that was to keep them
    (re.compile(r"(/home/|/Users/|[A-Za-z]:[\\/]+Users[\\/]+)[^/\\\s\"']+"), "~"),
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+"), "[address]"),
    (re.compile(r"\b(?!127\.)\d{1,3}(?:\.\d{1,3}){3}\b"), "[address]"),
)


class Discretion:
    """``said(text)`` is ``text`` without what nobody else should read. ``home``: Overpaint's own folder, whose keys and
    jobs say what that is."""

    def __init__(self, home: Path) -> None:
        words = dict.fromkeys(_keys(home), _KEYS) | dict.fromkeys(_prompts(home), "[prompt]")
        words |= {str(home): "[Overpaint]", **_user_folder(), platform.node(): "[machine]", _user(): "[user]"}
        kept = sorted((word for word in words if len(word) >= _LEAST and word != "root"), key=len, reverse=True)
        self._replacements = [(_wherever(word, words[word]), words[word]) for word in kept]

    def said(self, text: str) -> str:
        """Line by line; a line that is too long for anything but data is cut."""
        return "\n".join(self._line(line) for line in text.splitlines())

    def _line(self, line: str) -> str:
        for pattern, instead in self._replacements:
            line = pattern.sub(lambda _, instead=instead: instead, line)  # type: ignore[misc]  # one text, not a template
        for pattern, instead in _OTHERS:
            line = pattern.sub(instead, line)
        return line if len(line) <= _LONGEST else f"{line[:_LONGEST]} […]"


def _wherever(word: str, instead: str) -> re.Pattern[str]:
    """A key wherever it stands, also at once beside other letters; all else as a word of its own."""
    return re.compile(re.escape(word) if instead == _KEYS else rf"(?<!\w){re.escape(word)}(?!\w)")


def _user_folder() -> dict[str, str]:
    try:
        return {str(Path.home()): "~"}
    except RuntimeError:  # an account without a home
        return {}


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name
        return ""


def _keys(home: Path) -> Iterable[str]:
    """Every word in the files of keys and connections that is long enough for one, and the names of clients."""
    files = [home / "connection.json", home / "remote.json", *(home / "keys").glob("*"), *(home / "clients").glob("*")]
    for path in files:
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            continue  # what cannot be read here cannot have got into a log from here either
        # an address is told; but "://" may stand in a key as well as any other letters
        yield from (word for word in _KEY.findall(text) if is_key(word) or "://" not in word)


def _prompts(home: Path) -> Iterable[str]:
    """What the jobs that are still kept were asked for, whole and as it stands in JSON."""
    for path in (home / "spool").glob("*/request.json"):
        try:
            recipe = codec.from_text(Submit, path.read_bytes(), path.name).recipe
        except (OSError, OverpaintError):
            continue
        for text in (recipe.prompt, recipe.negative):
            yield from {text, json.dumps(text)[1:-1]}
