"""What the model must never see in training: chosen once, written to `heldout.json`, committed before training.

`python -m tools.bundled_model.heldout --choose` writes the file; without the flag it prints what it holds.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.bundled_model.artwork import DATA, load_pictures, load_records
from tools.bundled_model.colours import COLOURS, colour_name, main_hue
from tools.bundled_model.records import Record

FILE = Path(__file__).with_name("heldout.json")
BACKGROUNDS = ("white", "grey", "red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "beige", "black")
_SEED = 20240501
_SAME_DRAWING = 0.02


@dataclass(frozen=True)
class HeldOut:
    """`people`: cells `action|gender|tone`; `colours`: (concept, colour); `concepts`: never drawn at all;
    `pairs`: concepts never in one picture; `backgrounds`: (concept, background colour);
    `same_drawing`: names of pictures that a vendor draws like one of the held-out people."""

    people: tuple[str, ...]
    colours: tuple[tuple[str, str], ...]
    concepts: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    backgrounds: tuple[tuple[str, str], ...]
    same_drawing: tuple[str, ...]

    def hides(self, record: Record) -> bool:
        """Whether a picture must stay out of training altogether."""
        subject = record.subject
        return subject.cell in self.people or subject.concept in self.concepts or record.name in self.same_drawing

    def hides_colour(self, concept: str, colour: str) -> bool:
        return (concept, colour) in self.colours

    def hides_pair(self, first: str, second: str) -> bool:
        return (first, second) in self.pairs or (second, first) in self.pairs

    def hides_background(self, concept: str, background: str) -> bool:
        return (concept, background) in self.backgrounds


def load(path: Path = FILE) -> HeldOut:
    raw = json.loads(path.read_text(encoding="utf-8"))
    pairs = {key: tuple(tuple(pair) for pair in raw[key]) for key in ("colours", "pairs", "backgrounds")}
    return HeldOut(people=tuple(raw["people"]), concepts=tuple(raw["concepts"]),
                   same_drawing=tuple(raw["same_drawing"]), **pairs)  # fmt: skip


def choose(records: Sequence[Record], pictures: NDArray[np.uint8]) -> HeldOut:
    """About one cell in sixteen of people, of (thing, colour), 24 whole concepts, 60 pairs, 60 backgrounds."""
    rng = random.Random(_SEED)
    things = sorted({r.subject.concept for r in records if not r.subject.is_person})
    concepts = rng.sample([name for name in things if "heart" not in name], 24)
    people = _people(records, rng)
    seen = [name for name in things if name not in concepts]
    hues = natural_hues(records, pictures)
    recolourable = sorted({r.subject.concept for r in records if r.index in hues} & set(seen))
    natural = {(r.subject.concept, colour_name(hues[r.index])) for r in records if r.index in hues}
    colours = [(name, colour) for name in recolourable for colour in COLOURS if (name, colour) not in natural]
    return HeldOut(
        people=tuple(people),
        colours=tuple(sorted(rng.sample(colours, len(colours) // 16))),
        concepts=tuple(sorted(concepts)),
        pairs=tuple(sorted((a, b) for a, b in (rng.sample(seen, 2) for _ in range(60)))),
        backgrounds=tuple(sorted({(rng.choice(seen), rng.choice(BACKGROUNDS)) for _ in range(60)})),
        same_drawing=tuple(_same_drawing(records, pictures, set(people))),
    )


def natural_hues(records: Sequence[Record], pictures: NDArray[np.uint8]) -> dict[int, float]:
    """Picture index → main hue, for every thing that may be recoloured: no person, no colour in its name."""
    hues = {}
    for record in records:
        subject = record.subject
        if subject.is_person or set(subject.label.split()) & {*COLOURS, "brown", "black", "white", "heart"}:
            continue
        hue = main_hue(pictures[record.index])
        if hue is not None:
            hues[record.index] = hue
    return hues


def _people(records: Sequence[Record], rng: random.Random) -> list[str]:
    drawn_by: dict[str, set[str]] = defaultdict(set)
    for record in records:
        if record.subject.is_person and record.subject.tone:
            drawn_by[record.subject.cell].add(record.vendor)
    whole = sorted(cell for cell, vendors in drawn_by.items() if len(vendors) == 4)
    return sorted(rng.sample(whole, len(whole) // 16))


def _same_drawing(records: Sequence[Record], pictures: NDArray[np.uint8], people: set[str]) -> list[str]:
    """Vendors often draw "person" with the woman's or man's picture: those copies are hidden too."""
    groups: dict[tuple[str, str, str], list[Record]] = defaultdict(list)
    for record in records:
        if record.subject.is_person:
            groups[record.vendor, record.subject.concept, record.subject.tone].append(record)
    found = set()
    for group in groups.values():
        hidden = [record for record in group if record.subject.cell in people]
        others = [record for record in group if record.subject.cell not in people]
        found |= {
            other.name for other in others for one in hidden if _alike(pictures[one.index], pictures[other.index])
        }
    return sorted(found)


def _alike(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    return float(np.abs(_on_grey(one) - _on_grey(other)).mean()) < _SAME_DRAWING


def _on_grey(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    alpha = picture[..., 3:].astype(np.float32) / 255
    return (alpha * picture[..., :3] / 255 + (1 - alpha) * 0.5).astype(np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--choose", action="store_true", help="choose anew and overwrite heldout.json")
    options = parser.parse_args()
    if options.choose:
        chosen = choose(load_records(options.data), load_pictures(options.data))
        FILE.write_text(json.dumps(asdict(chosen), indent=1) + "\n", encoding="utf-8")
    for name, entries in asdict(load()).items():
        print(f"{name:13} {len(entries):4}  e.g. {', '.join(map(str, entries[:3]))}")


if __name__ == "__main__":
    main()
