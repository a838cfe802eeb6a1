"""What people read: errors with a way out, stages, times. English in the code, Simplified Chinese in ``chinese.py``."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import Enum

from ..wire.errors import Code, OverpaintError
from ..wire.messages import Estimated, Welcome
from .chinese import CHINESE


class Language(str, Enum):
    ENGLISH = "en"
    CHINESE = "zh"


class Remedy(str, Enum):
    """What a button beside an error can do."""

    NONE = "none"
    RETRY = "retry"
    SELECT = "select"
    INSTALL = "install"
    CHOOSE_MODEL = "choose-model"
    OPEN_LOG = "open-log"


@dataclass(frozen=True)
class Explanation:
    """An error as a dialog shows it: a title of a few words, what happened, what to do, and a button (or none)."""

    title: str
    sentence: str
    hint: str
    remedy: Remedy
    button: str


_language = Language.ENGLISH

_TITLES = {
    Code.EMPTY_SELECTION: "Nothing is selected",
    Code.BAD_REQUEST: "Plugin and server do not understand each other",
    Code.TOO_LARGE: "Too large",
    Code.UNKNOWN_METHOD: "This method is not known",
    Code.UNKNOWN_MODEL: "This model is not known",
    Code.UNKNOWN_JOB: "This edit is no longer there",
    Code.MODEL_MISSING: "A model is needed",
    Code.UNSAFE_FILE: "This file is not safe to load",
    Code.BUSY: "The server is busy",
    Code.CANCELLED: "Cancelled",
    Code.OUT_OF_MEMORY: "Not enough memory",
    Code.DISK_FULL: "The disk is full",
    Code.WORKER_DIED: "The server stopped while working",
    Code.EDIT_FAILED: "The edit did not succeed",
    Code.VERSION_MISMATCH: "Plugin and server are of different versions",
    Code.REFUSED: "The server refused the connection",
    Code.UNREACHABLE: "The server is not reachable",
    Code.HUNG: "The server does not answer",
    Code.HOST: "The layer cannot be used",
    Code.INTERNAL: "Something is wrong inside Overpaint",
}

_REMEDIES = {
    Code.EMPTY_SELECTION: Remedy.SELECT,
    Code.UNKNOWN_MODEL: Remedy.CHOOSE_MODEL,
    Code.MODEL_MISSING: Remedy.CHOOSE_MODEL,
    Code.OUT_OF_MEMORY: Remedy.CHOOSE_MODEL,
    Code.BUSY: Remedy.RETRY,
    Code.WORKER_DIED: Remedy.RETRY,
    Code.EDIT_FAILED: Remedy.RETRY,
    Code.UNREACHABLE: Remedy.RETRY,
    Code.HUNG: Remedy.RETRY,
    Code.REFUSED: Remedy.RETRY,
    Code.VERSION_MISMATCH: Remedy.INSTALL,
    Code.BAD_REQUEST: Remedy.INSTALL,
    Code.INTERNAL: Remedy.OPEN_LOG,
}

_BUTTONS = {
    Remedy.NONE: "",
    Remedy.RETRY: "Try again",
    Remedy.SELECT: "Edit the whole layer",
    Remedy.INSTALL: "How to update",
    Remedy.CHOOSE_MODEL: "Choose a model",
    Remedy.OPEN_LOG: "Open the log",
}


def use_language(locale_name: str | None = None) -> Language:
    """Chooses by the host's locale name ("zh_CN", "de"), by the environment without one; returns the choice."""
    global _language
    name = locale_name or next(
        (os.environ[key] for key in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(key)), ""
    )
    _language = Language.CHINESE if name.lower().startswith("zh") else Language.ENGLISH
    return _language


def tr(english: str) -> str:
    """A fixed string in the language in use; the English one where no translation exists."""
    return CHINESE.get(english, english) if _language is Language.CHINESE else english


def explain(error: OverpaintError) -> Explanation:
    """How to show ``error``. The server words its sentences in English; where one has no translation, the title in
    the reader's language stands above it."""
    remedy = _REMEDIES.get(error.code, Remedy.NONE)
    return Explanation(tr(_TITLES[error.code]), tr(error.sentence), tr(error.hint), remedy, tr(_BUTTONS[remedy]))


def sentence(error: OverpaintError) -> str:
    """An error on one line: what happened and what to do."""
    shown = explain(error)
    return f"{shown.sentence} {shown.hint}".strip()


def server_line(welcome: Welcome | None) -> str:
    """The one line on the server: "Ready · CPU", "Working for 2 · CPU", or its problem."""
    if welcome is None:
        return tr("Starting…")
    if welcome.problem:
        return tr(welcome.problem)
    state = tr("Working for {count}").format(count=welcome.waiting) if welcome.waiting else tr("Ready")
    return f"{state} · {welcome.device}"


def stage_line(stage: str, seconds_left: float | None) -> str:
    """ "Painting · 0:38 left"."""
    return tr(stage) if seconds_left is None else f"{tr(stage)} · {time_left(seconds_left)}"


def time_left(seconds: float) -> str:
    """ "0:38 left"; hours from one hour on."""
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    clock = f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
    return tr("{time} left").format(time=clock)


def place_line(place: int) -> str:
    """Where in the queue: 0 is next."""
    return tr("Next in the queue") if place == 0 else tr("{count} before this one").format(count=place)


def estimate_line(estimated: Estimated) -> str:
    """What a method that learns the picture first will take: "Learning the picture takes about 40 seconds, each answer
    then about 3 seconds. It needs about 2.1 GB of memory." """
    return tr(_estimate(estimated.learned)).format(
        tuning=duration(estimated.tuning_s),
        render=duration(estimated.render_s),
        memory=f"{max(0.1, estimated.memory_gb):.1f}",
    )


def _estimate(learned: float) -> str:
    if learned >= 1:
        return "This picture is learned already: each answer takes about {render} and {memory} GB of memory."
    if learned > 0:
        return (
            "Learning goes on where it stood, for about {tuning}; each answer then takes about {render}. "
            "It needs about {memory} GB of memory."
        )
    return (
        "Learning the picture takes about {tuning}, each answer then about {render}. "
        "It needs about {memory} GB of memory."
    )


def duration(seconds: float) -> str:
    """In words, as exactly as a forecast can be: "1 second", "40 seconds", "3 minutes", "2 hours"."""
    unit, length = ("second", 1) if seconds < 90 else ("minute", 60) if seconds < 5400 else ("hour", 3600)
    count = max(1, round(seconds / length))
    count = count if count < 20 else 5 * round(count / 5)
    return tr(f"1 {unit}") if count == 1 else tr(f"{{count}} {unit}s").format(count=count)
