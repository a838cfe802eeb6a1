"""For scripts: ``from overpaint import api``, in Krita's Scripter or in another plugin.

    layer = api.erase_selection(document, document.activeNode(), grow=4)
    job = api.replace_selection(document, node, "a red door", seed=7, wait=False)
    layers = api.imagic(document, node, "a sitting dog", eta="0.5:1.0:6")

Each edits ``node`` of ``document`` (both as libkis gives them) and returns the new layer, or a list of them when
there are several (``variations``, ``eta``). Settings are those of ``server.wire.recipe.Recipe``: method, model,
negative, seed, variations, strength, steps, guidance, grow, feather, context; and ``reading``, what of the picture is
read: "layer", the usual one (the layer as it looks), or "visible" (all that is visible; the answer lies on top of
everything, and ``node`` may be None); ``references``, further layers of the document, for a method or model that looks
at some.

An answer that is a selection becomes the document's, and that is returned (None: nothing is selected now);
``combining`` says what becomes of the one that was there: "replace", the usual one, "add", "subtract" or "intersect".
One that is a larger picture is a document of its own, which is returned.

While they wait, Krita's own events go on. With ``wait=False`` they return the running ``KritaJob`` at once (``phase``,
``nodes``, ``selection``, ``document``, ``error``; signals ``changed``, ``settled``); what is called by these signals
cannot wait.

All raise ``OverpaintError`` (``code``, ``sentence``, ``hint``) when the edit cannot be begun or fails; an unknown
setting is a ``TypeError``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any, TypeVar

from . import canvas, runs
from .controller import the_controller
from .job import KritaJob
from .qt import QEventLoop
from .server.client.combining import Combining
from .server.client.followed import Phase, Then
from .server.client.reading import Reading
from .server.client.strengths import parse
from .server.client.wording import problem
from .server.wire.errors import Code, OverpaintError
from .server.wire.offers import Role
from .server.wire.recipe import Click, Extra, Recipe
from .server.wire.results import ResultKind
from .server.wire.words import mark

__all__ = [
    "KritaJob",
    "OverpaintError",
    "Phase",
    "cancel",
    "edit_layer",
    "erase_selection",
    "imagic",
    "method",
    "replace_selection",
    "run_again",
    "select_at",
    "select_background",
    "select_subject",
    "skip",
    "snap_selection",
]

Setting = Any
"""As the field of ``Recipe`` that it names."""

Made = Any
"""The new layer, the list of them, what is selected (None: nothing), the larger picture, or with ``wait=False`` the
``KritaJob``: libkis has no types to say it with."""

Chosen = TypeVar("Chosen", bound=Enum)


def replace_selection(
    document: canvas.Document, node: canvas.Node, prompt: str, *, wait: bool = True, **settings: Setting
) -> Made:
    """Puts what ``prompt`` describes in place of the selection."""
    return _run(document, node, runs.recipe_for(the_controller(), Role.REPLACE, prompt), settings, wait)


def erase_selection(document: canvas.Document, node: canvas.Node, *, wait: bool = True, **settings: Setting) -> Made:
    """Removes what is selected and continues the surroundings."""
    return _run(document, node, runs.recipe_for(the_controller(), Role.ERASE), settings, wait)


def edit_layer(
    document: canvas.Document, node: canvas.Node, prompt: str, *, wait: bool = True, **settings: Setting
) -> Made:
    """Changes the layer, or its selected part, after ``prompt``."""
    return _run(document, node, runs.recipe_for(the_controller(), Role.REDRAW, prompt), settings, wait)


def imagic(
    document: canvas.Document,
    node: canvas.Node,
    prompt: str,
    *,
    preset: str = "",
    eta: float | str | Sequence[float] = (),
    wait: bool = True,
    **settings: Setting,
) -> Made:
    """Learns the layer, or its selected part, and changes what it shows after ``prompt``, which describes all of it as
    it should be then.

    preset: how to learn, one of the server's names; empty: the usual one. eta: the edit strength, 0 (as it was learned)
    to 1.5; several, or as text "0.5:1.0:6" (from, to, how many), become layers in a group of their own, the strongest
    on top and alone visible. Learned once, the picture is painted at another ``eta`` or ``seed`` at once.
    """
    recipe = dataclasses.replace(runs.recipe_for(the_controller(), Role.LEARN, prompt), preset=preset, eta=_etas(eta))
    return _run(document, node, recipe, settings, wait)


def _etas(eta: float | str | Sequence[float]) -> tuple[float, ...]:
    if isinstance(eta, str):
        return parse(eta)
    return parse(" ".join(str(one) for one in (eta if isinstance(eta, Sequence) else (eta,))))


def method(
    role: str, document: canvas.Document, node: canvas.Node, prompt: str = "", *, wait: bool = True, **settings: Setting
) -> Made:
    """Does what a method of ``role`` does: "replace", "erase", "heal", "redraw", "learn", "effect", "instruct",
    "create", "enlarge", "expand", "select" or "compare"; with ``method="…"`` a certain one. A setting that the method
    brings itself is given by its name."""
    if role not in [known.value for known in Role]:
        names = ", ".join(known.value for known in Role)
        raise problem(
            "There is no role “{name}”.", "There are: {names}.", code=Code.BAD_REQUEST, name=role, names=names
        )
    return _run(document, node, runs.recipe_for(the_controller(), Role(role), prompt), settings, wait)


def snap_selection(
    document: canvas.Document, node: canvas.Node, *, drawn: str = "auto", wait: bool = True, **settings: Setting
) -> Made:
    """What is roughly selected becomes the outline of the thing under it. drawn: "on it" for a scribble, "around it"
    for a lasso or box; "auto": as its shape says."""
    extras = () if drawn == "auto" else (Extra("drawn", drawn),)
    return _run(document, node, Recipe("snap", extras=extras), settings, wait)


def select_at(
    document: canvas.Document,
    node: canvas.Node,
    wanted: Iterable[tuple[int, int]] = (),
    unwanted: Iterable[tuple[int, int]] = (),
    *,
    wait: bool = True,
    **settings: Setting,
) -> Made:
    """Selects what lies at the places ``wanted`` and not at those ``unwanted``, x and y in pixels of the document.
    Without any, at each part of what is selected."""
    points = (*(Click(x, y) for x, y in wanted), *(Click(x, y, False) for x, y in unwanted))
    return _run(document, node, Recipe("click", points=points), settings, wait)


def select_subject(document: canvas.Document, node: canvas.Node, *, wait: bool = True, **settings: Setting) -> Made:
    """Selects what the picture is of."""
    return _run(document, node, Recipe("subject"), settings, wait)


def select_background(document: canvas.Document, node: canvas.Node, *, wait: bool = True, **settings: Setting) -> Made:
    """Selects all but what the picture is of."""
    return _run(document, node, Recipe("background"), settings, wait)


def run_again(document: canvas.Document, node: canvas.Node, *, another: bool = False, wait: bool = True) -> Made:
    """Does the edit that made ``node`` once more; ``another``: with a new seed."""
    _check_waiting(wait)
    return _result(runs.run_again(the_controller(), document, node, another), wait)


def skip(job: KritaJob) -> None:
    """A comparison leaves out the method that is at work, and goes on with the next."""
    the_controller().skip(job)


def cancel(job: KritaJob) -> None:
    """Stops a running job: it ends within one step."""
    the_controller().cancel(job)


def _run(
    document: canvas.Document, node: canvas.Node, recipe: Recipe, settings: dict[str, Setting], wait: bool
) -> Made:
    _check_waiting(wait)
    reading = _one_of(Reading, settings.pop("reading", Reading.LAYER), mark("‘{name}’ is nothing that can be read."))
    combining = _one_of(
        Combining, settings.pop("combining", Combining.REPLACE), mark("‘{name}’ is no way to combine selections.")
    )
    references = settings.pop("references", ())
    own = {setting.name for offer in the_controller().offers for setting in offer.own}
    extras = tuple(Extra(name, str(settings.pop(name))) for name in sorted(own & settings.keys()))
    wanted = dataclasses.replace(recipe, **settings, extras=(*recipe.extras, *extras))
    job = runs.run(the_controller(), document, node, wanted, Then.KEEP, reading, combining, references)
    return _result(job, wait)


def _one_of(choices: type[Chosen], name: Chosen | str, sentence: str) -> Chosen:
    """Raises ``OverpaintError`` (bad-request) with ``sentence`` for a name that is none of ``choices``."""
    for one in choices:
        if name == one.value:
            return one
    known = ", ".join(f"“{one.value}”" for one in choices)
    raise problem(sentence, "There are: {names}.", code=Code.BAD_REQUEST, name=name, names=known)


def _check_waiting(wait: bool) -> None:
    """Raises ``OverpaintError`` where waiting would never end: within a signal of a job."""
    if wait and the_controller().loop.at_work:
        raise problem(
            "Overpaint is telling of another edit at this moment.",
            "Call it with wait=False, or after the function has returned that it called.",
        )


def _result(job: KritaJob, wait: bool) -> Made:
    if not wait:
        return job
    if not job.phase.settled:
        loop = QEventLoop()
        job.settled.connect(loop.quit)
        loop.exec()
    if job.error is not None:
        raise job.error
    if job.phase is Phase.CANCELLED:
        raise OverpaintError(Code.CANCELLED, job.stage)
    if job.kind is ResultKind.SELECTION:
        return job.selection
    if job.kind is ResultKind.CANVAS and job.document is not None:
        return job.document
    return job.nodes if len(job.nodes) != 1 else job.nodes[0]
