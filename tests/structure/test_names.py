"""One name, one class, and the names that a reader knows; files that can be read in one sitting."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
LONGEST = 320
"""Lines of a file."""

PRODUCT = ("server", "plugin_krita", "plugin_gimp")


def test_no_two_classes_of_the_product_have_one_name() -> None:
    found = defaultdict(list)
    for path in (path for room in PRODUCT for path in sorted((ROOT / room).rglob("*.py"))):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].append(path.relative_to(ROOT).as_posix())
    assert {name: paths for name, paths in found.items() if len(paths) > 1} == {}


FOREIGN_TO_THE_FIELD = {
    "adopt", "crowd", "descent", "dice", "easel", "economise", "entrance", "forecast", "foretell", "homeless", "lesson",
    "manner", "notebook", "porch", "shelf", "sitter", "starved", "study", "thrift", "told", "tunable",
}  # fmt: skip
"""Names of our own for what has one in the field: import, connections, optimiser, generator, view, reduce memory,
listener, estimate, orphaned, dataset, settings, cache, proxy, store, latents, out of memory, state, denoiser."""


def test_what_has_a_name_in_the_field_is_called_by_it() -> None:
    found = set()
    for path in (path for room in PRODUCT for path in sorted((ROOT / room).rglob("*.py"))):
        names = [path.stem, *_defined(ast.parse(path.read_text("utf-8")))]
        found |= {
            f"{path.relative_to(ROOT)}: {name}" for name in names if name.strip("_").lower() in FOREIGN_TO_THE_FIELD
        }
    assert found == set()


def _defined(tree: ast.AST) -> list[str]:
    """Classes, functions and their parameters."""
    every = list(ast.walk(tree))
    named = [node.name for node in every if isinstance(node, ast.ClassDef | ast.FunctionDef)]
    return [*named, *(node.arg for node in every if isinstance(node, ast.arg))]


def test_no_file_of_the_product_is_longer_than_one_can_read_at_once() -> None:
    files = [path for room in PRODUCT for path in sorted((ROOT / room).rglob("*.py"))]
    lengths = {path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").splitlines()) for path in files}
    assert {path: length for path, length in lengths.items() if length > LONGEST} == {}
