"""What each picture shows: vendor, label, tags, and for people action, gender and skin tone."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

TONES = ("", "light", "medium-light", "medium", "medium-dark", "dark")
VENDORS = ("noto", "fluent", "twemoji", "fluent3d")

_SKIN = re.compile(r"^1f3f[b-f]$")
_MAN, _WOMAN, _PERSON = "1f468", "1f469", "1f9d1"
_MALE, _FEMALE = "2642", "2640"
# Flags, plain symbols, clock faces and the bare hair and tone swatches teach a picture model nothing about pictures.
_SKIPPED_GROUPS = frozenset({2, 8, 9})
_SKIPPED_SUBGROUPS = frozenset({31, 49, 58})
# Crowds too small to read, and mirrored copies of a pose that exists already.
_SKIPPED_LABELS = re.compile(r"^(family|kiss: |couple with heart: )|facing right$")
_KEPT_LABELS = frozenset({"alarm clock", "hourglass done", "watch", "globe showing Europe-Africa"})
_KIND_OF_GROUP = {0: "face", 3: "animal", 4: "food", 5: "travel", 6: "activity", 7: "object"}


@dataclass(frozen=True)
class Subject:
    """One thing that can be drawn. `concept` is the same for every gender and tone of one action."""

    hexcode: str
    label: str
    tags: tuple[str, ...]
    kind: str
    concept: str
    gender: str
    tone: str

    @property
    def cell(self) -> str:
        """The name of what is shown, whoever drew it: `action|gender|tone` for people and hands, else the concept."""
        return f"{self.concept}|{self.gender}|{self.tone}" if self.is_person else self.concept

    @property
    def is_person(self) -> bool:
        return self.kind in ("person", "hand")


@dataclass(frozen=True)
class Record:
    """Picture number `index` of the data set: `subject` as `vendor` draws it."""

    index: int
    vendor: str
    subject: Subject

    @cached_property
    def name(self) -> str:
        return f"{self.vendor}:{self.subject.cell}"


def subjects(labels: Path) -> list[Subject]:
    """Every subject of emojibase that a picture model should know, tone variants included, in CLDR order."""
    entries = json.loads((labels / "en" / "data.json").read_text(encoding="utf-8"))
    found: list[Subject] = []
    for entry in sorted(entries, key=lambda e: e.get("order", 0)):
        if not _wanted(entry):
            continue
        found.append(_subject(entry, entry))
        found.extend(_subject(entry, skin) for skin in entry.get("skins", ()) if isinstance(skin.get("tone"), int))
    return found


def bare(hexcode: str) -> str:
    """A code point sequence as vendors' files agree on it: lower case, without the presentation selector."""
    return "-".join(part for part in hexcode.lower().split("-") if part != "fe0f")


def _wanted(entry: dict[str, object]) -> bool:
    label = str(entry["label"])
    if label in _KEPT_LABELS:
        return True
    if _SKIPPED_LABELS.search(label):
        return False
    group, subgroup = entry.get("group"), entry.get("subgroup")
    return group is not None and group not in _SKIPPED_GROUPS and subgroup not in _SKIPPED_SUBGROUPS


def _subject(entry: dict[str, object], skin: dict[str, object]) -> Subject:
    code = bare(str(skin["hexcode"]))
    tone = skin.get("tone", 0)
    kind = _kind(entry)
    label = str(entry["label"]).replace("“", "").replace("”", "").lower()
    gender, concept = _gender_and_concept(code, label, kind)
    tags = tuple(str(tag).lower() for tag in entry.get("tags", ()))  # type: ignore[attr-defined]  # JSON list
    return Subject(code, label, tags, kind, concept, gender, TONES[tone] if isinstance(tone, int) else "")


def _kind(entry: dict[str, object]) -> str:
    group, subgroup = entry.get("group"), entry.get("subgroup")
    if group == 1:
        return "hand" if 14 <= int(str(subgroup)) <= 22 else "person"
    if subgroup in (40, 41):
        return "plant"
    return _KIND_OF_GROUP.get(int(str(group)), "object")


def _gender_and_concept(code: str, label: str, kind: str) -> tuple[str, str]:
    """People of one action share a concept: the code without tone and gender sign, heads made neutral."""
    if kind != "person":
        return "", label
    parts = [part for part in code.split("-") if not _SKIN.match(part)]
    gender = "person"
    if parts[0] == _MAN or _MALE in parts:
        gender = "man"
    elif parts[0] == _WOMAN or _FEMALE in parts:
        gender = "woman"
    words = [word for word in label.replace(":", "").split() if word not in ("man", "woman", "men", "women", "person")]
    return gender, " ".join(words) or "portrait"
