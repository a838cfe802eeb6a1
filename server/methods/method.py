"""What a method says of itself, in its own file. Torch-free: the gateway and the command line read it to fill menus."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from server.models.families.families import Ability
from server.wire.offers import Answers, MethodOffer, Need, PresetOffer, Role
from server.wire.recipe import SETTINGS
from server.wire.setting import Setting

if TYPE_CHECKING:
    from server.editing.edit import Edit, Estimator

ALWAYS = ("grow", "feather", "context")
"""Settings that Overpaint itself reads, around every method that starts from a picture and paints."""


@dataclass(frozen=True)
class Method:
    """Declared as ``METHOD`` in a module of ``server.methods``, or behind an entry point of the group
    ``overpaint.methods``. Such a module is imported by the gateway: what needs torch is imported inside ``run``, or
    ``run`` and ``estimator`` are given as ``module:function``.

    name: as a recipe has it. title, purpose: for a menu, in English. role: what it is for. needs: what it cannot do
    without. settings: those of ``SETTINGS`` that it reads, besides ``ALWAYS``. own: those that it brings. answers: what
    it gives back. explores: the setting that a slider may change afterwards. requires: what a model has to be able to
    do; None: it works without a model. may_use: what a model has to be able to do to be offered all the same then.
    better_with: the same, but such a model is taken wherever one is installed, and nobody has to name it.
    references: what a model has to be able to do for the method to be given reference pictures with it; None: it takes
    none, unless it needs some.
    presets, estimator: for a method that learns the picture first. usual: of those of its role the one that a menu
    takes where nobody chose; only ours is asked. Raises ``ValueError`` for unknown settings.
    """

    name: str
    title: str
    purpose: str
    role: Role
    run: Edit | str
    needs: tuple[Need, ...] = ()
    settings: tuple[str, ...] = ()
    own: tuple[Setting, ...] = ()
    answers: Answers = Answers.LAYERS
    explores: str = ""
    requires: Ability | None = None
    may_use: Ability | None = None
    better_with: Ability | None = None
    references: Ability | None = None
    presets: tuple[PresetOffer, ...] = ()
    estimator: Estimator | str = ""
    usual: bool = False

    def __post_init__(self) -> None:
        unknown = [name for name in self.settings if name not in SETTINGS]
        double = [setting.name for setting in self.own if setting.name in SETTINGS]
        if unknown or double:
            raise ValueError(f"{self.name}: no settings {unknown}; settings that there are already: {double}")

    @property
    def light(self) -> bool:
        """It needs no model and learns nothing: a process without torch can do it, beside one that is busy, where no
        model is taken (``registry.model_for``)."""
        return self.requires is None and not self.presets

    def load(self) -> Edit:
        """The function that does it; imports what it needs (torch, perhaps)."""
        return cast("Edit", _imported(self.run))

    def load_estimator(self) -> Estimator:
        """The function that says what it will need."""
        return cast("Estimator", _imported(self.estimator))

    def offer(self, models: tuple[str, ...], looking: tuple[str, ...] = ()) -> MethodOffer:
        """As ``Welcome`` carries it. models: names of those installed that can do it. looking: those of them with which
        it may be given reference pictures."""
        paints = self.answers is not Answers.SELECTION
        around = ALWAYS if paints and (Need.SELECTION in self.needs or Need.LAYER in self.needs) else ()
        read = {*self.settings, *around}
        return MethodOffer(
            name=self.name,
            title=self.title,
            purpose=self.purpose,
            role=self.role,
            needs=self.needs,
            settings=tuple(name for name in SETTINGS if name in read),
            own=self.own,
            answers=self.answers,
            estimates=bool(self.estimator),
            explores=self.explores,
            models=models,
            references=looking,
            ready=self.requires is None or bool(models),
            presets=self.presets,
        )


def _imported(what: object) -> object:
    if not isinstance(what, str):
        return what
    module, _, function = what.partition(":")
    return getattr(importlib.import_module(module), function)
