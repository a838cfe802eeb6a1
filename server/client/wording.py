"""What people read: errors with a way out, stages, times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from ..wire.errors import Code, OverpaintError
from ..wire.messages import Estimated, Welcome
from ..wire.words import mark
from .naming import shortened
from .translation import tr, tr_n, tr_sent


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


_TITLES = {
    Code.EMPTY_SELECTION: mark("Nothing is selected"),
    Code.BAD_REQUEST: mark("Plugin and server do not understand each other"),
    Code.TOO_LARGE: mark("Too large"),
    Code.UNKNOWN_METHOD: mark("This method is not known"),
    Code.UNKNOWN_MODEL: mark("This model is not known"),
    Code.UNKNOWN_JOB: mark("This edit is no longer there"),
    Code.MODEL_MISSING: mark("A model is needed"),
    Code.UNSAFE_FILE: mark("This file is not safe to load"),
    Code.BUSY: mark("The server is busy"),
    Code.CANCELLED: mark("Cancelled"),
    Code.OUT_OF_MEMORY: mark("Not enough memory"),
    Code.DISK_FULL: mark("The disk is full"),
    Code.WORKER_DIED: mark("The server stopped while working"),
    Code.EDIT_FAILED: mark("The edit did not succeed"),
    Code.VERSION_MISMATCH: mark("Plugin and server are of different versions"),
    Code.REFUSED: mark("The server refused the connection"),
    Code.UNREACHABLE: mark("The server is not reachable"),
    Code.HUNG: mark("The server does not answer"),
    Code.HOST: mark("The layer cannot be used"),
    Code.INTERNAL: mark("Something is wrong inside Overpaint"),
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
    Remedy.RETRY: mark("Try again"),
    Remedy.SELECT: mark("Edit the whole layer"),
    Remedy.INSTALL: mark("How to update"),
    Remedy.CHOOSE_MODEL: mark("Choose a model"),
    Remedy.OPEN_LOG: mark("Open the log"),
}


def problem(sentence: str, hint: str, *, code: Code = Code.HOST, **values: object) -> OverpaintError:
    """An error of the host, in the reader's language, with ``values`` put into both texts."""
    return OverpaintError(code, tr(sentence, **values), tr(hint, **values))


def explain(error: OverpaintError) -> Explanation:
    """How to show ``error``. The server words its sentences in English; where one has no translation, the title in
    the reader's language stands above it."""
    remedy = _REMEDIES.get(error.code, Remedy.NONE)
    return Explanation(
        tr(_TITLES[error.code]), tr_sent(error.sentence), tr_sent(error.hint), remedy, tr(_BUTTONS[remedy])
    )


def sentence(error: OverpaintError) -> str:
    """An error on one line: what happened and what to do."""
    shown = explain(error)
    return f"{shown.sentence} {shown.hint}".strip()


def server_line(welcome: Welcome | None) -> str:
    """The one line on the server: "Ready · CPU", "Working for 2 · CPU", or its problem."""
    if welcome is None:
        return tr("Starting…")
    if welcome.problem:
        return tr_sent(welcome.problem)
    state = tr("Working for {count}", count=welcome.waiting) if welcome.waiting else tr("Ready")
    return f"{state} · {welcome.device}"


def looked_at_line(names: Sequence[str]) -> str:
    """Which layers a model will look at; empty where it is none."""
    return tr("Looks at: {names}", names=", ".join(f"‘{shortened(name)}’" for name in names)) if names else ""


def stage_line(stage: str, seconds_left: float | None) -> str:
    """ "Painting · 0:38 left"."""
    return tr(stage) if seconds_left is None else f"{tr(stage)} · {time_left(seconds_left)}"


def time_left(seconds: float) -> str:
    """ "0:38 left"; hours from one hour on."""
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    clock = f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
    return tr("{time} left", time=clock)


def place_line(place: int) -> str:
    """Where in the queue: 0 is next."""
    return tr("Next in the queue") if place == 0 else tr("{count} before this one", count=place)


def estimate_line(estimated: Estimated) -> str:
    """What a method that learns the picture first will take: "Learning the picture takes about 40 seconds, each answer
    then about 3 seconds. It needs about 2.1 GB of memory." """
    values = {
        "tuning": duration(estimated.tuning_s),
        "render": duration(estimated.render_s),
        "memory": f"{max(0.1, estimated.memory_gb):.1f}",
    }
    if not estimated.preset:
        return _untuned_line(estimated, values)
    if estimated.learned >= 1:
        return tr(
            "This picture is learned already: each answer takes about {render} and {memory} GB of memory.", **values
        )
    if estimated.learned > 0:
        return tr(
            "Learning goes on where it stood, for about {tuning}; each answer then takes about {render}. "
            "It needs about {memory} GB of memory.",
            **values,
        )
    return tr(
        "Learning the picture takes about {tuning}, each answer then about {render}. "
        "It needs about {memory} GB of memory.",
        **values,
    )


def _untuned_line(estimated: Estimated, values: dict[str, str]) -> str:
    """Of a method that learns nothing, which may have to look at the picture first."""
    if estimated.learned >= 1 or not estimated.tuning_s:
        return tr("Each answer takes about {render} and {memory} GB of memory.", **values)
    return tr(
        "Looking at the picture takes about {tuning}, each answer then about {render}. "
        "It needs about {memory} GB of memory.",
        **values,
    )


def duration(seconds: float) -> str:
    """In words, as exactly as an estimate can be: "1 second", "40 seconds", "3 minutes", "2 hours"."""
    if seconds < 90:
        return tr_n("{count} second", "{count} seconds", _rounded(seconds))
    if seconds < 5400:
        return tr_n("{count} minute", "{count} minutes", _rounded(seconds / 60))
    return tr_n("{count} hour", "{count} hours", _rounded(seconds / 3600))


def short_duration(seconds: float) -> str:
    """About how long, where there is little room: "38 s", from 90 seconds on "2 min"."""
    if seconds < 90:
        return tr("{seconds} s", seconds=max(1, round(seconds)))
    return tr("{minutes} min", minutes=round(seconds / 60))


def _rounded(length: float) -> int:
    """From 20 on, to the next five."""
    count = max(1, round(length))
    return count if count < 20 else 5 * round(count / 5)
