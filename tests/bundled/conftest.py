"""A small artwork folder with real names and made-up pictures: no package has to be fetched to test the scenes."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
import pytest

from tools.bundled_model import heldout
from tools.bundled_model.artwork import ART_SIZE
from tools.bundled_model.records import TONES, VENDORS, Record, Subject

KINDS = ("person", "face", "hand", "animal", "food", "object", "travel", "activity", "plant")


def subjects() -> list[Subject]:
    """One subject of each kind that may be trained on, one held-out person in all tones, one whole held-out concept."""
    held = heldout.load()
    found = [Subject(f"{n:x}", f"{kind} thing", ("tag", kind, "more"), kind, f"{kind} thing", "", "")
             for n, kind in enumerate(KINDS)]  # fmt: skip
    action, gender, _ = next(cell for cell in held.people if "|woman|" in cell).split("|")
    found += [Subject(f"1{tone}", f"{gender} {action}", (action,), "person", action, gender, tone) for tone in TONES]
    coloured = held.colours[0][0]
    found.append(Subject("20", coloured, (coloured,), "object", coloured, "", ""))
    hidden = held.concepts[0]
    return [*found, Subject("21", hidden, (hidden,), "object", hidden, "", "")]


@pytest.fixture(scope="session")
def artwork(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with `art.npy` and `art.json`: an orange disc or box per subject and vendor."""
    folder = tmp_path_factory.mktemp("artwork")
    pairs = [(vendor, subject) for vendor in VENDORS for subject in subjects()]
    records = [Record(index, vendor, subject) for index, (vendor, subject) in enumerate(pairs)]
    pictures = np.zeros((len(records), ART_SIZE, ART_SIZE, 4), np.uint8)
    for index, picture in enumerate(pictures):
        centre = (ART_SIZE // 2, ART_SIZE // 2 + index % 7)
        cv2.circle(picture, centre, 40 + index % 20, (240, 120, 20, 255), -1)
        cv2.circle(picture, centre, 8, (255, 255, 255, 255), -1)
    np.save(folder / "art.npy", pictures)
    (folder / "art.json").write_text(json.dumps([asdict(record) for record in records]), "utf-8")
    return folder
