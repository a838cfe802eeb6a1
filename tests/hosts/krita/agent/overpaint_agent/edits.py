"""Edits through the plugin's own interface for scripts, and the jobs that the desk has."""

from __future__ import annotations

from pathlib import Path

from krita import Document, Selection

from .documents import SETTLING_S, close_at_once, current, layer_named
from .qt import QEventLoop
from .waiting import until, wait

_jobs = []


def api(function: str, node: str = "Ink", **values) -> list:
    """Calls ``overpaint.api`` on the layer ``node`` and returns the names of the new layers; of a selection what it
    covers, of a larger picture its size."""
    made = _call(function, node, **values)
    current().waitForDone()
    if isinstance(made, Selection):
        return [made.x(), made.y(), made.width(), made.height()]
    if isinstance(made, Document):
        return [made.width(), made.height()]
    return [one.name() for one in (made if isinstance(made, list) else [made] if made else [])]


def _call(function: str, node: str, role: str = "", **values):
    """A function of ``overpaint.api`` about a layer of the document under test; ``role``: as ``method`` takes it;
    ``references``: names of layers."""
    from overpaint import api as overpaint

    about = (current(), layer_named(node) if node else None)
    if "references" in values:
        values["references"] = [layer_named(name) for name in values["references"]]
    return getattr(overpaint, function)(*([role] if role else []), *about, **values)


def begin_then(function: str, then: str, change: dict, at: str = "", **values) -> int:
    """Starts an edit and calls ``then``, a function of ``stacks``, with ``change``: as soon as the layer was read, long
    before an answer can be there, or at the moment at which the phase ``at`` begins. The edit's number for ``job``."""
    from . import stacks

    number = begin(function, **values)
    if at:
        _await_moment(_jobs[number], at)
    else:
        until(lambda: _jobs[number].phase.name != "READING")
    getattr(stacks, then)(**change)
    return number


def _await_moment(one, phase: str) -> None:
    loop = QEventLoop()
    one.changed.connect(lambda: loop.quit() if one.phase.name == phase or one.phase.settled else None)
    loop.exec()


def begin(function: str, node: str = "Ink", close: str = "", **values) -> int:
    """Starts an edit without waiting; its number for ``job``. ``close``: the document is closed while its layer is
    "reading", or as soon as it was sent ("sent")."""
    if close:
        wait(SETTLING_S)
    _jobs.append(_call(function, node, wait=False, **values))
    if close:
        until(lambda: close == "reading" or _jobs[-1].phase.name != "READING")
        close_at_once()
    return len(_jobs) - 1


def job(number: int) -> dict:
    one = _jobs[number]
    error = one.error
    return {
        "id": one.id,
        "phase": one.phase.name,
        "line": one.line,
        "layers": [node.name() for node in one.nodes],
        "error": error.sentence if error else "",
        "hint": error.hint if error else "",
        "preview": one.preview is not None,
        "notice": one.notice,
    }


def crop(number: int) -> list[int]:
    """What is sent: x, y, width, height."""
    bounds = _jobs[number].crop
    return [bounds.x, bounds.y, bounds.width, bounds.height]


def sent(number: int, path: str) -> list[int]:
    """Writes the bytes that were read for an edit that is under way to ``path``; their x, y, width, height."""
    until(lambda: _jobs[number].phase.name != "READING")
    Path(path).write_bytes(_jobs[number].pixels.data)
    return crop(number)


def settle(number: int, seconds: float = 300) -> dict:
    until(lambda: _jobs[number].phase.settled, seconds, lambda: f"The job: {job(number)}")
    return job(number)


def settle_done(number: int) -> dict:
    """Once nothing is asked of the person any more."""
    until(lambda: _jobs[number].phase.over, 60, lambda: f"The job: {job(number)}")
    return job(number)


def cancel(number: int) -> dict:
    from overpaint import api as overpaint

    overpaint.cancel(_jobs[number])
    return settle(number, 20)


def last_job() -> dict:
    """The newest job of the docker or of an action, once it is settled; its card may be gone by then."""
    from overpaint.controller import the_controller

    _jobs.append(the_controller().last)
    return settle(len(_jobs) - 1)


def await_server() -> None:
    from overpaint.controller import the_controller

    the_controller().greet()
    until(lambda: the_controller().link.welcome is not None)


def await_idle() -> None:
    from overpaint.controller import the_controller

    until(lambda: not the_controller().running)


def await_phase(phase: str, job_id: str = "") -> None:
    """Until the job of that id, or any, is in it."""
    from overpaint.controller import the_controller

    until(lambda: any(one.phase.name == phase and job_id in ("", one.id) for one in the_controller().jobs))


def api_within(function: str, **values) -> str:
    """Calls ``overpaint.api`` from what another edit tells a script at its end; what that raised."""
    from overpaint import api as overpaint

    said = []

    def more() -> None:
        try:
            getattr(overpaint, function)(current(), layer_named("Ink"), **values)
        except overpaint.OverpaintError as error:
            said.append(str(error))

    first = overpaint.erase_selection(current(), layer_named("Ink"), wait=False)
    first.settled.connect(more)
    until(lambda: first.phase.settled and said, 60)
    return said[0]
