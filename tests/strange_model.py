"""A tiny model of the stranger's family (``tests/foreign/strange_family.py``), as a folder and as a single file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from safetensors.torch import save_file

from tests import tiny_models
from tests.running import CHECKOUT, FOREIGN

INDEX = "model_index.json"
KNOWN = os.pathsep.join([str(CHECKOUT), str(FOREIGN), str(FOREIGN / "further")])
"""The path of a Python that knows the stranger's package."""


def folder(path: Path) -> Path:
    """In diffusers' layout, of a pipeline that is nobody else's."""
    tiny_models.save("sd15", path)
    index = json.loads((path / INDEX).read_text("utf-8"))
    (path / INDEX).write_text(json.dumps({**index, "_class_name": "StrangePipeline"}), "utf-8")
    return path


def file(folder: Path, path: Path) -> Path:
    """``folder`` as one file in the stranger's own layout."""
    pipe = tiny_models.build("sd15")
    parts = {"unet": pipe.unet, "vae": pipe.vae, "text_encoder": pipe.text_encoder}
    weights = {
        f"strange.{name}.{key}": weight.contiguous().clone()
        for name, part in parts.items()
        for key, weight in part.state_dict().items()
    }
    texts = {
        text.relative_to(folder).as_posix(): text.read_text("utf-8")
        for text in folder.rglob("*")
        if text.suffix in (".json", ".txt")
    }
    save_file(weights, path, {"strange.configs": json.dumps(texts)})
    return path


def install(home: Path, source: Path) -> None:
    """As a person does it: from the command line, in a Python that knows the stranger's package."""
    command = [sys.executable, "-m", "server.cli", "models", "import", str(source), "--name", "strange"]
    subprocess.run(command, env={**os.environ, "PYTHONPATH": KNOWN, "OVERPAINT_HOME": str(home)}, check=True)
