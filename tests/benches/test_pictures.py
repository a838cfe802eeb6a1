"""``bench.edits --pictures``: somebody's own pictures and words, by any model that is installed."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from bench.edits import lpips
from bench.edits.lpips import Lpips
from bench.edits.pictures import Wish, wishes
from server.models.store.store import ModelStore
from server.wire.paths import Home
from tests import tiny_models

pytestmark = pytest.mark.torch


def weights(folder: Path) -> Path:
    """Random ones, under the names that the authors and torchvision gave them."""
    torch.manual_seed(0)
    made = Lpips()
    torch.save({f"features.{name}": one for name, one in made.features.state_dict().items()}, folder / lpips.NETWORK)
    linear = {f"lin{number}.model.1.weight": torch.rand(one.shape) for number, one in enumerate(made.linear)}
    torch.save(linear, folder / lpips.LINEAR)
    return folder


def picture(path: Path, seed: int = 0) -> Path:
    pixels = np.random.default_rng(seed).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def test_lpips_grows_with_what_changed_and_is_nothing_for_the_same(tmp_path: Path) -> None:
    found = Lpips.found(weights(tmp_path))
    assert found is not None
    rng = np.random.default_rng(1)
    one = rng.random((96, 80, 3), dtype=np.float32)
    noise = rng.normal(size=one.shape).astype(np.float32)
    distances = [found.distance(one, (one + share * noise).clip(0, 1)) for share in (0.0, 0.05, 0.3)]
    assert distances[0] == 0
    assert 0 < distances[1] < distances[2]
    assert found.distance(one[:, ::-1].copy(), one) == pytest.approx(found.distance(one, one[:, ::-1].copy()))


def test_without_its_weights_there_is_no_lpips(tmp_path: Path) -> None:
    assert Lpips.found(tmp_path) is None


@pytest.mark.parametrize("ending", [".csv", ".json", ".jsonl"])
def test_a_table_of_any_usual_kind_names_pictures_and_words(tmp_path: Path, ending: str) -> None:
    (tmp_path / "originals").mkdir()
    path = picture(tmp_path / "originals/dog.png")
    rows = [
        {
            "id": "1",
            "img_name": "dog.png",
            "target_text": "A sitting dog.",
            "note": "a longer text than the words are",
        },
        {"id": "2", "img_name": "missing.png", "target_text": "A jumping dog."},
    ]
    table = tmp_path / f"list{ending}"
    if ending == ".csv":
        with table.open("w", newline="") as file:
            writer = csv.DictWriter(file, ["id", "img_name", "target_text", "note"])
            writer.writeheader()
            writer.writerows(rows)
    else:
        table.write_text(json.dumps(rows) if ending == ".json" else "\n".join(map(json.dumps, rows)))
    assert wishes(tmp_path) == [Wish(path, "A sitting dog.")]


def test_a_folder_without_a_table_is_refused_with_what_it_should_have(tmp_path: Path) -> None:
    picture(tmp_path / "dog.png")
    with pytest.raises(SystemExit, match="has no table"):
        wishes(tmp_path)


def test_the_bench_runs_a_folder_by_an_installed_model(tmp_path: Path) -> None:
    home, folder, scale = tmp_path / "home", tmp_path / "pictures", tmp_path / "lpips"
    for one in (home, folder, scale):
        one.mkdir()
    card = tiny_models.install("sd15", ModelStore(Home(home).models), tmp_path)
    picture(folder / "dog.png")
    (folder / "list.csv").write_text("image,prompt\ndog.png,a red hat\n")
    command = [sys.executable, "-m", "bench.edits", "--model", card.name, "--pictures", str(folder)]
    command += ["--methods", "sdedit", "--lpips", str(weights(scale)), "--out", str(tmp_path / "out")]
    done = subprocess.run(
        command,
        env={**os.environ, "OVERPAINT_HOME": str(home), "PYTHONPATH": str(Path.cwd())},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout.splitlines()[-1])["methods"]["sdedit"]
    assert set(rows) == {"0.4", "0.6", "0.7", "0.8", "0.9"}
    assert all(row["lpips"] > 0 and row["seconds"] > 0 and row["peak_gb"] > 0 for row in rows.values())
    assert (tmp_path / "out/sdedit.png").exists()
