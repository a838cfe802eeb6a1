"""Opening a pickle runs whatever is in it. Nothing of the product does so, and a model that is one is never opened."""

from __future__ import annotations

import ast
import os
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.models.headers import safetensors
from server.models.store import import_model
from server.models.store.store import ModelStore
from server.wire.errors import Code, OverpaintError
from tests.running import CHECKOUT

PRODUCT = [
    *sorted((CHECKOUT / "server").rglob("*.py")),
    *sorted((CHECKOUT / "plugin_krita").rglob("*.py")),
    *sorted((CHECKOUT / "plugin_gimp").rglob("*.py")),
    *sorted((CHECKOUT / "tools" / "install").rglob("*.py")),
    CHECKOUT / "install.py",
]
MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "yaml", "jsonpickle"}
CALLS = {"eval", "exec", "torch.load", "yaml.load", "os.system", "os.popen"}


def sins(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.split(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in MODULES:
            yield str(node.module)
        elif isinstance(node, ast.Call):
            yield from _sins_of_call(node)


def _sins_of_call(node: ast.Call) -> Iterator[str]:
    called = ast.unparse(node.func)
    given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
    if called in CALLS and not (called == "torch.load" and given.get("weights_only") == "True"):
        yield called
    if given.get("allow_pickle", "False") != "False":
        yield f"{called}(allow_pickle)"
    if given.get("trust_remote_code", "False") != "False":
        yield f"{called}(trust_remote_code)"
    if given.get("shell", "False") != "False":
        yield f"{called}(shell)"
    if given.get("use_safetensors", "True") != "True":
        yield f"{called}(use_safetensors)"


@pytest.mark.parametrize("path", PRODUCT, ids=lambda path: path.relative_to(CHECKOUT).as_posix())
def test_no_file_of_the_product_unpickles_or_runs_what_it_reads(path: Path):
    assert list(sins(ast.parse(path.read_text("utf-8")))) == []


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from yaml import load",
        "torch.load(path)",
        "np.load(path, allow_pickle=True)",
        "eval(text)",
        "subprocess.run(line, shell=True)",
        "Pipeline.from_pretrained(path, use_safetensors=False)",
    ],
)
def test_the_search_would_find_them(code: str):
    assert list(sins(ast.parse(code)))


class Bomb:
    """A pickle of it makes a file when it is opened."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return os.mkdir, (str(self._mark),)


@pytest.mark.parametrize("ending", [".safetensors", ".bin", ".ckpt", ".pt", ".pth", ".onnx"])
def test_a_pickle_that_would_run_a_program_is_refused_unopened_whatever_it_is_called(tmp_path: Path, ending: str):
    mark = tmp_path / "it-ran"
    path = tmp_path / f"model{ending}"
    path.write_bytes(pickle.dumps(Bomb(mark)))
    with pytest.raises(OverpaintError) as caught:
        import_model.import_model(path, ModelStore(tmp_path / "models"))
    assert caught.value.code in (Code.UNSAFE_FILE, Code.BAD_REQUEST)
    assert not mark.exists()
    assert ModelStore(tmp_path / "models", bundled=tmp_path / "none").cards() == ()


def test_the_bomb_is_a_bomb(tmp_path: Path):
    pickle.loads(pickle.dumps(Bomb(tmp_path / "it-ran")))  # noqa: S301  # that is the point
    assert (tmp_path / "it-ran").exists()


def test_a_header_that_is_a_pickle_is_no_header(tmp_path: Path):
    body = pickle.dumps(Bomb(tmp_path / "it-ran"))
    path = tmp_path / "model.safetensors"
    path.write_bytes(len(body).to_bytes(8, "little") + body)
    with pytest.raises(OverpaintError):
        safetensors.read(path)
    assert not (tmp_path / "it-ran").exists()
