"""Words in the reader's language. The code says everything in English; ``locale`` has one catalogue a language, by that
English, for both plugins, the command line and what the server sends."""

from __future__ import annotations

import gettext
import io
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from .catalogue import compiled

LOCALE = Path(__file__).parent / "locale"
ENGLISH = "en"

_VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
"""Of the environment: the first that says something counts, as for gettext itself."""

_translations = gettext.NullTranslations()


def use_language(*names: str) -> str:
    """Chooses the first of ``names`` (locale names as a host has them: "zh_CN", "de-AT", "C.UTF-8") that there are
    words for; without any, what the environment asks for. A catalogue of another region serves where there is none of
    the reader's own. Returns the choice: a catalogue's name, or "en"."""
    global _translations
    chosen = _chosen(names or environment_languages(os.environ))
    _translations = gettext.NullTranslations() if chosen == ENGLISH else _read(chosen)
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


def _read(language: str) -> gettext.NullTranslations:
    """Compiled where the installer has done that."""
    ready = LOCALE / f"{language}.mo"
    data = ready.read_bytes() if ready.exists() else compiled(ready.with_suffix(".po").read_text(encoding="utf-8"))
    return gettext.GNUTranslations(io.BytesIO(data))
