"""Measures an exported model on what was held out: `python -m tools.bundled_model.evaluate --model FOLDER`."""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from tools.bundled_model import backgrounds, captions
from tools.bundled_model.artwork import DATA, load_records
from tools.bundled_model.captions import Figure
from tools.bundled_model.colours import COLOURS
from tools.bundled_model.export import GUIDANCE, repertoire_of
from tools.bundled_model.painter import Painter, Pictures, Sampling
from tools.bundled_model.records import TONES, VENDORS, Record
from tools.bundled_model.repertoire import FULL, Repertoire
from tools.bundled_model.retrieval import Floats, Gallery, cut_out, psnr
from tools.bundled_model.scenes import Stage

_WHITE = np.ones(3, np.float32)


@dataclass(frozen=True)
class Cell:
    """One held-out thing to ask for: what is drawn, by whom, and the name of the truth in the gallery."""

    kind: str
    figure: Figure

    @property
    def vendor(self) -> str:
        return self.figure.record.vendor

    @property
    def name(self) -> str:
        return _name(self.figure)

    @property
    def prompt(self) -> str:
        return f"{captions.full_phrase(self.figure)} on white background, {captions.STYLES[self.vendor][0]}"


@dataclass(frozen=True)
class Outcome:
    """Hits are 0 or 1 and PSNR is in dB, both for the model and for the trivial answer."""

    cell: Cell
    hit: bool
    psnr: float
    baseline_hit: bool
    baseline_psnr: float


class Examination:
    """All pictures of all vendors, cut out once, and the held-out cells among them."""

    def __init__(self, data: Path, size: int, repertoire: Repertoire = FULL) -> None:
        self.stage = Stage(data, repertoire)
        self.size = size
        self.records = load_records(data)
        self.by_name = {record.name: record for record in self.records}
        present = {record.vendor for record in self.records}
        self.galleries = {vendor: self._gallery(vendor) for vendor in VENDORS if vendor in present}

    def cells(self, limit: int) -> list[Cell]:
        """Held-out cells within the repertoire, `limit` at most, evenly over kinds."""
        held = self.stage.held_out
        taught = [record for record in self.records if self.stage.repertoire.has(record)]
        people = [Cell(r.subject.kind, Figure(r)) for r in taught if r.subject.cell in held.people]
        coloured = [Cell("colour", Figure(r, colour)) for r in taught for concept, colour in held.colours
                    if r.subject.concept == concept and r.index in self.stage.hues]  # fmt: skip
        rng = np.random.default_rng(0)
        share = limit // 2
        return [cells[i] for cells in (people, coloured) for i in sorted(rng.permutation(len(cells))[:share])]

    def picture(self, figure: Figure, ground: Floats = _WHITE) -> Floats:
        """The figure at the base size on one colour, as large as training scenes show it: (S, S, 3)."""
        canvas = np.broadcast_to(ground * 255, (self.size, self.size, 3)).astype(np.float32).copy()
        margin = round(self.size * 0.05)
        self.stage.place(canvas, figure, (margin, margin, self.size - margin, self.size - margin))
        return np.clip(canvas / 255, 0, 1).astype(np.float32)

    def gallery(self, figure: Figure) -> Gallery:
        """A vendor's pictures and, for a recoloured figure, all its colours."""
        gallery = self.galleries[figure.record.vendor]
        if figure.colour is None:
            return gallery
        others = [Figure(figure.record, colour) for colour in COLOURS]
        return gallery.with_more([_name(o) for o in others], [cut_out(self.picture(o), _WHITE) for o in others])

    def judge(self, cell: Cell, made: Floats, ground: Floats) -> Outcome:
        gallery, truth = self.gallery(cell.figure), cut_out(self.picture(cell.figure), _WHITE)
        query, trivial = cut_out(made, ground), cut_out(self.trivial(cell), _WHITE)
        return Outcome(cell, gallery.is_hit(query, cell.name), psnr(query, truth),
                       gallery.is_hit(trivial, cell.name), psnr(trivial, truth))  # fmt: skip

    def trivial(self, cell: Cell) -> Floats:
        """The best answer without a model. A person: the same person in another skin tone, plus the difference that
        tone makes to another action. A recoloured thing: the thing in its own colour."""
        if cell.figure.colour is not None:
            return self.picture(Figure(cell.figure.record))
        subject, held = cell.figure.subject, self.stage.held_out
        same = [r for r in self.records if r.vendor == cell.vendor and r.subject.concept == subject.concept
                and r.subject.gender == subject.gender and not held.hides(r) and r.subject.tone]  # fmt: skip
        same.sort(key=lambda r: abs(TONES.index(r.subject.tone) - TONES.index(subject.tone)))
        for neighbour in same:
            for other in self._shown_in_both(cell, neighbour.subject.tone):
                shown, twin = (self.picture(Figure(record)) for record in other)
                made: Floats = np.clip(self.picture(Figure(neighbour)) + shown - twin, 0, 1)
                return made
        return self.picture(Figure(same[0])) if same else np.ones((self.size, self.size, 3), np.float32)

    def _shown_in_both(self, cell: Cell, tone: str) -> Iterable[tuple[Record, Record]]:
        subject = cell.figure.subject
        for record in self.records:
            other = record.subject
            if (record.vendor, other.kind, other.gender, other.tone) == (
                cell.vendor, subject.kind, subject.gender, subject.tone,
            ) and not self.stage.held_out.hides(record):  # fmt: skip
                twin = self.by_name.get(f"{record.vendor}:{other.concept}|{other.gender}|{tone}")
                if twin is not None and not self.stage.held_out.hides(twin):
                    yield record, twin

    def _gallery(self, vendor: str) -> Gallery:
        mine = [record for record in self.records if record.vendor == vendor]
        cut_outs = np.stack([cut_out(self.picture(Figure(record)), _WHITE) for record in mine])
        return Gallery([_name(Figure(record)) for record in mine], cut_outs)


def text_to_image(
    examination: Examination, painter: Painter, cells: Sequence[Cell], sampling: Sampling
) -> list[Outcome]:
    made = painter.paint([cell.prompt for cell in cells], sampling)
    return [examination.judge(cell, picture, _WHITE) for cell, picture in zip(cells, made, strict=True)]


@dataclass(frozen=True)
class Repainting:
    """A picture of something else, the part to repaint, and what the pipeline made: each (B, S, S, ...)."""

    sources: Pictures
    masks: Pictures
    made: Pictures
    grounds: Pictures


def inpainting(examination: Examination, painter: Painter, cells: Sequence[Cell], sampling: Sampling) -> Repainting:
    """Another figure of the same vendor on a coloured ground is selected with a box and replaced by each cell."""
    rng = np.random.default_rng(1)
    sources, masks, grounds, prompts = [], [], [], []
    for cell in cells:
        colour = str(rng.choice(["white", "blue", "green", "yellow", "pink", "beige"]))
        ground = (np.array(backgrounds.PLAIN[colour]) / 255).astype(np.float32)
        sources.append(examination.picture(examination.stage.figure(cell.vendor, rng), ground))
        mask = np.zeros((examination.size, examination.size), np.float32)
        edge = round(examination.size * 0.03)
        mask[edge:-edge, edge:-edge] = 1
        masks.append(mask)
        grounds.append(ground)
        prompts.append(f"{captions.full_phrase(cell.figure)} on {colour} background, {captions.STYLES[cell.vendor][0]}")
    pictures, selections = np.stack(sources), np.stack(masks)
    made = painter.repaint(prompts, pictures, selections, sampling)
    kept = selections[..., None]
    return Repainting(pictures, selections, kept * made + (1 - kept) * pictures, np.stack(grounds))


def vae_psnr(examination: Examination, painter: Painter, count: int = 128) -> float:
    """Mean PSNR of the coder alone on held-out artwork over grounds of all sorts."""
    rng = np.random.default_rng(2)
    hidden = [record for record in examination.records if examination.stage.held_out.hides(record)]
    pictures = []
    for index in rng.permutation(len(hidden))[:count]:
        ground = backgrounds.draw(examination.size, rng)
        side = examination.size
        examination.stage.place(ground.canvas, Figure(hidden[int(index)]), (2, 2, side - 2, side - 2))
        pictures.append(np.clip(ground.canvas / 255, 0, 1).astype(np.float32))
    truth = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).to(painter.device)
    vae = painter.masked.vae
    with torch.no_grad():
        made = vae.decode(vae.encode(truth * 2 - 1).latents).sample.clamp(-1, 1) / 2 + 0.5
    return float(np.mean([psnr(a.cpu().numpy(), b.cpu().numpy()) for a, b in zip(made, truth, strict=True)]))


def seconds_per_picture(painter: Painter, steps: int = 20) -> float:
    """One guided 20-step inpainting and its enlargement, the second of two runs."""
    picture = np.full((1, painter.size, painter.size, 3), 0.7, np.float32)
    mask = np.ones((1, painter.size, painter.size), np.float32)
    for _ in range(2):
        began = time.perf_counter()
        painter.enlarge(painter.repaint(["a fox"], picture, mask, Sampling(steps=steps)))
        seconds = time.perf_counter() - began
    return seconds


def megabytes(folder: Path) -> dict[str, float]:
    """Of each part and in all."""
    sizes: dict[str, float] = defaultdict(float)
    for file in folder.rglob("*"):
        if file.is_file():
            part = file.relative_to(folder).parts[0] if file.parent != folder else file.stem
            sizes[part] += file.stat().st_size / 1e6
    return {name: round(size, 2) for name, size in sorted(sizes.items())} | {"all": round(sum(sizes.values()), 2)}


def table(outcomes: Sequence[Outcome]) -> list[str]:
    """Rows per kind and vendor: hits, PSNR, and the same of the trivial answer."""
    groups: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        groups[outcome.cell.kind, outcome.cell.vendor].append(outcome)
    rows = [f"{'kind':8} {'vendor':9} cells   hit  dB     trivial: hit  dB"]
    for (kind, vendor), group in sorted(groups.items()):
        rows.append(
            f"{kind:8} {vendor:9} {len(group):5} {_mean(o.hit for o in group):5.2f} {_mean(o.psnr for o in group):5.1f}"
            f"        {_mean(o.baseline_hit for o in group):5.2f} {_mean(o.baseline_psnr for o in group):5.1f}"
        )
    return rows


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))


def _name(figure: Figure) -> str:
    return f"{figure.colour} {figure.record.name}" if figure.colour else figure.record.name


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--cells", type=int, default=160)
    parser.add_argument("--guidance", type=float, default=GUIDANCE)
    options = parser.parse_args()
    painter = Painter(options.model)
    examination = Examination(options.data, painter.size, repertoire_of(options.model))
    cells = examination.cells(options.cells)
    outcomes = text_to_image(examination, painter, cells, Sampling(guidance=options.guidance))
    print("\n".join(table(outcomes)))


if __name__ == "__main__":
    main()
