"""The held-out people of ``bench.edits``: each in one pose, and in another that the model never saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tools.bundled_model.evaluate import Examination
from tools.bundled_model.records import Record


@dataclass(frozen=True)
class Pair:
    """Both by one vendor, of one person. source: as the model may have seen it. truth: what it never saw."""

    source: Record
    truth: Record

    @property
    def prompt(self) -> str:
        return self.truth.subject.concept


def pairs(examination: Examination, limit: int) -> list[Pair]:
    """Over vendors and held-out cells in turn, then the same cells again from another picture of that person; each
    from a picture the model may have seen."""
    held, rng = examination.stage.held_out, np.random.default_rng(0)
    taught = [record for record in examination.records if examination.stage.repertoire.has(record)]
    found: dict[str, list[list[Pair]]] = {}
    for truth in (
        record for record in taught if record.subject.cell in held.people and record.subject.kind == "person"
    ):
        others = [one for one in taught if _same_person(one, truth) and not held.hides(one)]
        of_truth = [Pair(others[index], truth) for index in rng.permutation(len(others))]
        found.setdefault(truth.vendor, []).append(of_truth)
    for cells in found.values():
        rng.shuffle(cells)
    return _in_turn([_in_turn(cells) for cells in found.values()])[:limit]


def _same_person(one: Record, truth: Record) -> bool:
    a, b = one.subject, truth.subject
    same = (one.vendor, a.kind, a.gender, a.tone) == (truth.vendor, b.kind, b.gender, b.tone)
    return same and a.concept != b.concept


def _in_turn(groups: Sequence[Sequence[Pair]]) -> list[Pair]:
    longest = max(map(len, groups), default=0)
    return [group[place] for place in range(longest) for group in groups if place < len(group)]
