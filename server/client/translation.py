"""Words in the reader's language. The code says everything in English; ``locale`` has one catalogue a language, by that
English, for both plugins, the command line and what the server sends."""

from __future__ import annotations

import gettext
import io
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from .catalogue import compiled, messages

Templates = tuple[tuple[re.Pattern[str], str], ...]
"""What a text of the server looks like, and its translation with numbered holes."""

LOCALE = Path(__file__).parent / "locale"
ENGLISH = "en"

_HOLE = re.compile(r"{\d}")

_VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
"""Of the environment: the first that says something counts, as for gettext itself."""

_translations = gettext.NullTranslations()
_filled: Templates = ()


def use_language(*names: str) -> str:
    """Chooses the first of ``names`` (locale names as a host has them: "zh_CN", "de-AT", "C.UTF-8") that there are
    words for; without any, what the environment asks for. A catalogue of another region serves where there is none of
    the reader's own. Returns the choice: a catalogue's name, or "en"."""
    global _translations, _filled
    chosen = _chosen(names or environment_languages(os.environ))
    data = _read(chosen) if chosen != ENGLISH else b""
    _translations = gettext.GNUTranslations(io.BytesIO(data)) if data else gettext.NullTranslations()
    _filled = _templates(messages(data)) if data else ()
    return chosen


def environment_languages(environment: Mapping[str, str]) -> list[str]:
    """Names of languages, the wanted one first."""
    return next((environment[name].split(":") for name in _VARIABLES if environment.get(name)), [])


def languages() -> list[str]:
    """The catalogues there are, beside English."""
    return sorted({path.stem for path in LOCALE.iterdir() if path.suffix in (".po", ".mo")})


def tr(english: str, **values: object) -> str:
    """``english`` in the language in use, with ``values`` put into its ``{holes}``; English where no translation
    exists. The text has to stand in the call as it is, or in ``mark``, for the catalogue to have it."""
    text = _translations.gettext(english) if english else ""  # the empty text is a catalogue's own header
    return text.format(**values) if values else text


def tr_sent(text: str) -> str:
    """A text that came from the server, in the language in use: one that the code says as it is, or that has values in
    it already. What it does not know stays as it came."""
    found = tr(text)
    if found != text:
        return found
    for pattern, translation in _filled:
        if match := pattern.fullmatch(text):
            return translation.format(*map(tr, match.groups()))
    return text


def tr_n(one: str, many: str, count: int, **values: object) -> str:
    """``one`` or ``many`` as the language has it for so many; ``count`` is one of the values."""
    return _translations.ngettext(one, many, count).format(count=count, **values)


def _chosen(names: Iterable[str]) -> str:
    known = languages()
    for name in names:
        locale = re.split("[.@]", name)[0].replace("-", "_")
        language = locale.split("_")[0].lower()
        if language in (ENGLISH, "c", "posix"):
            break
        if near := [one for one in known if one.split("_")[0].lower() == language]:
            return locale if locale in near else near[0]
    return ENGLISH


def _read(language: str) -> bytes:
    """Compiled where the installer has done that."""
    ready = LOCALE / f"{language}.mo"
    return ready.read_bytes() if ready.exists() else compiled(ready.with_suffix(".po").read_text(encoding="utf-8"))


def _templates(known: Mapping[str, str]) -> Templates:
    """Of the texts whose holes the server fills; those with the most words of their own first."""
    numbered = sorted((text for text in known if _HOLE.search(text)), key=lambda text: -len(_HOLE.sub("", text)))
    return tuple((_pattern(text), known[text]) for text in numbered)


def _pattern(text: str) -> re.Pattern[str]:
    literal = "(.+?)".join(re.escape(part.format()) for part in _HOLE.split(text))
    return re.compile(literal, re.DOTALL)
