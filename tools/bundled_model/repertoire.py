"""How much of the artwork a model is taught: all of it, or a part that a slow machine can teach well.

A small model that has seen everything a few times draws nothing; one that has seen less, often, draws that.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tools.bundled_model.records import Record


@dataclass(frozen=True)
class Repertoire:
    """kinds, vendors: how often each is drawn (a vendor that draws none of a kind is left out for it). people: the
    actions and professions taught, none for all. things: other subjects, none for all. things_by: the vendors that
    draw anything but people. company: share of scenes with two or three figures. white: of white grounds."""

    kinds: dict[str, float]
    vendors: dict[str, float]
    people: frozenset[str] = frozenset()
    things: frozenset[str] = frozenset()
    things_by: frozenset[str] = field(default=frozenset({"noto", "fluent", "twemoji", "fluent3d"}))
    company: float = 0.25
    white: float = 0.35

    def has(self, record: Record) -> bool:
        subject = record.subject
        if record.vendor not in self.vendors or subject.kind not in self.kinds:
            return False
        if subject.kind == "person":
            return not self.people or subject.concept in self.people
        return record.vendor in self.things_by and (not self.things or subject.concept in self.things)


FULL = Repertoire(
    kinds={"person": 0.30, "face": 0.17, "hand": 0.06, "animal": 0.16, "food": 0.10, "object": 0.09,
           "travel": 0.05, "activity": 0.04, "plant": 0.03},
    vendors={"noto": 0.32, "fluent": 0.26, "twemoji": 0.20, "fluent3d": 0.22},
)  # fmt: skip

_PEOPLE = """portrait; gesturing no; gesturing ok; tipping hand; raising hand; facepalming; shrugging; bowing; cook;
astronaut; mage"""

_FACES = """angry face; anguished face; astonished face; beaming face with smiling eyes; clown face; cold face;
confounded face; confused face; cowboy hat face; crying face; disappointed face; expressionless face;
face blowing a kiss; face savoring food; face screaming in fear; face with medical mask; face with monocle;
face with open mouth; face with rolling eyes; face with tears of joy; face with tongue; fearful face; flushed face;
frowning face; ghost; grimacing face; grinning face; grinning face with sweat; kissing face;
loudly crying face; nauseated face; nerd face; neutral face; partying face; pensive face; robot; skull; alien;
sleeping face; slightly smiling face; smiling face with halo; smiling face with heart-eyes; smiling face with horns;
smiling face with sunglasses; star-struck; thinking face; winking face; worried face; yawning face; zany face"""

_ANIMALS = """bear; bird; butterfly; cat; cat face; chicken; cow; cow face; crab; deer; dog; dog face; dolphin; dragon;
duck; fish; fox; frog; giraffe; hedgehog; honeybee; horse; horse face; koala; lady beetle; lion; lobster; monkey face;
mouse face; octopus; owl; panda; parrot; penguin; pig; pig face; polar bear; rabbit; rabbit face; rooster; ewe; snail;
snake; spider; t-rex; tiger face; turtle; unicorn; whale; wolf"""

_FOOD = """avocado; banana; beer mug; birthday cake; bread; broccoli; carrot; cherries; cookie; cupcake; doughnut; egg;
french fries; grapes; hamburger; hot beverage; ice cream; lemon; mushroom; pineapple; pizza; red apple; strawberry;
sushi; tomato; watermelon; cactus; evergreen tree; four leaf clover; palm tree; rose; sunflower; tulip"""


_FEW = """grinning face; smiling face with sunglasses; crying face; angry face; face with tongue; winking face; neutral
face; smiling face with heart-eyes; robot; skull; alien; ghost; panda; fox; frog; pig face; lion; tiger face;
koala; cat face; dog face; rabbit face; bear; monkey face; mouse face; penguin; octopus; red apple; pizza;
strawberry; hamburger; watermelon; doughnut; mushroom; sunflower; cactus"""


def _names(*lists: str) -> frozenset[str]:
    return frozenset(" ".join(name.split()) for text in lists for name in text.split(";"))


FIRST = Repertoire(
    kinds={"person": 0.45, "face": 0.20, "animal": 0.22, "food": 0.10, "plant": 0.03},
    vendors={"noto": 0.50, "fluent": 0.25, "twemoji": 0.25},
    people=_names(_PEOPLE),
    things=_names(_FACES, _ANIMALS, _FOOD),
    things_by=frozenset({"noto"}),
    company=0.08,
    white=0.5,
)

SMALL = Repertoire(
    kinds={"person": 0.50, "face": 0.16, "animal": 0.22, "food": 0.10, "plant": 0.02},
    vendors={"noto": 0.50, "fluent": 0.25, "twemoji": 0.25},
    people=_names("portrait; raising hand; shrugging; gesturing no"),
    things=_names(_FEW),
    things_by=frozenset({"noto"}),
    company=0.04,
    white=0.6,
)

REPERTOIRES = {"small": SMALL, "first": FIRST, "full": FULL}
