"""What a server offers: methods, the models that can do them, ways to learn a picture, and what it takes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from .setting import Setting
from .uploads import MOST_REFERENCES


class Role(str, Enum):
    """What a method is for, as a menu entry means it. Hosts choose by this, never by a name or an order."""

    REPLACE = "replace"
    """Puts what the words describe in place of the selection."""
    ERASE = "erase"
    """Removes what is selected and continues its surroundings."""
    HEAL = "heal"
    """Removes what disturbs in the selection, and leaves the rest of it."""
    REDRAW = "redraw"
    """Redraws the layer, or its selected part, after the words."""
    LEARN = "learn"
    """Learns the picture first, then follows the words as far as a strength says."""
    EFFECT = "effect"
    """Paints what the words add as a layer with its own opacity, over a picture that stays as it is."""
    INSTRUCT = "instruct"
    """Does to the picture what the words say: an instruction, not a description."""
    CREATE = "create"
    """Makes a picture out of words alone."""
    ENLARGE = "enlarge"
    """Gives the picture more pixels."""
    EXPAND = "expand"
    """Continues the picture beyond its borders."""
    SELECT = "select"
    """Finds what is meant, and selects it."""
    COMPARE = "compare"
    """Does the same with several methods or models, to choose from."""
    TEACH = "teach"
    """Learns what a new word means, for any prompt."""
    LIFT = "lift"
    """Makes what is selected a layer of its own, with its own edge and colours."""
    SPLIT = "split"
    """Makes every thing in the picture a layer of its own."""


class Need(str, Enum):
    """What a method cannot do without. What is not named here may be given all the same."""

    PROMPT = "prompt"
    SELECTION = "selection"
    LAYER = "layer"
    """Pixels to start from; a method without this need makes its answer out of nothing."""
    POINTS = "points"
    """At least one place that was pointed at, or a selection whose parts are such places; the whole picture is sent."""
    REFERENCES = "references"
    """At least one further picture to look at."""


class Answers(str, Enum):
    """What a method gives back."""

    LAYERS = "layers"
    GROUP = "group"
    """Layers that belong together."""
    SELECTION = "selection"
    CANVAS = "canvas"
    """A larger document with the answer in it."""


@dataclass(frozen=True)
class PresetOffer:
    """A way to learn a picture, as a menu shows it. ``purpose`` is one line with what it costs and what it gives."""

    name: str
    title: str
    purpose: str


@dataclass(frozen=True)
class MethodOffer:
    """An edit method as a menu shows it. ``purpose`` is one line on when to use it."""

    name: str
    title: str
    purpose: str
    role: Role
    needs: tuple[Need, ...] = ()
    settings: tuple[str, ...] = ()
    """Names of the settings of ``Recipe`` that it reads: a form shows these and no others."""
    own: tuple[Setting, ...] = ()
    """Settings that it alone reads; their values travel in ``Recipe.extras``."""
    answers: Answers = Answers.LAYERS
    estimates: bool = False
    """Whether ``Estimate`` can be asked about it."""
    explores: str = ""
    """The setting that a slider may change once the first answer is there ("eta"); empty: none."""
    models: tuple[str, ...] = ()
    """Names of the installed models that can do it, best first; empty for a method that needs none."""
    references: tuple[str, ...] = ()
    """Those of ``models`` that can be shown reference pictures with it."""
    ready: bool = True
    """False when it needs a model and none is installed."""
    presets: tuple[PresetOffer, ...] = ()
    """For a method that learns the picture before it paints (Imagic): how it can, the usual one first."""

    @property
    def needs_prompt(self) -> bool:
        return Need.PROMPT in self.needs

    @property
    def reads_words(self) -> bool:
        """Whether words change what it gives, though it may do without."""
        return self.needs_prompt or "guidance" in self.settings

    @property
    def needs_selection(self) -> bool:
        return Need.SELECTION in self.needs

    @property
    def needs_points(self) -> bool:
        return Need.POINTS in self.needs

    @property
    def needs_references(self) -> bool:
        return Need.REFERENCES in self.needs

    def takes_references(self, model: str = "") -> bool:
        """Whether reference pictures may be given, with ``model``; where that is empty: with any."""
        return self.needs_references or (model in self.references if model else bool(self.references))


@dataclass(frozen=True)
class ModelOffer:
    name: str
    title: str
    family: str
    licence: str
    good_for: str
    memory_gb: float


@dataclass(frozen=True)
class Limits:
    """What the server takes: sides in pixels, also of an answer; bytes that are sent for a job, and those of its
    answer; prompt in characters; reference pictures, and the pixels of each."""

    max_side: int = 32768
    max_job_bytes: int = 2 << 30
    max_answer_bytes: int = 8 << 30
    max_prompt: int = 4000
    max_variations: int = 16
    max_references: int = MOST_REFERENCES
    max_reference_pixels: int = 1 << 26
