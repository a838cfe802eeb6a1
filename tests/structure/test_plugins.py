"""The plugins carry only what every host has: the standard library, pyzmq, and the two rooms they share."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from server.client.roles import SELECTING
from server.wire.offers import Role

ROOT = Path(__file__).parents[2]
KRITA = sorted((ROOT / "plugin_krita").rglob("*.py"))
GIMP = sorted((ROOT / "plugin_gimp").rglob("*.py"))
CARRIED = sorted((ROOT / "server/wire").glob("*.py")) + sorted((ROOT / "server/client").glob("*.py"))


def imports(path: Path) -> set[str]:
    """Absolute module names imported anywhere in the file; relative ones with their dots."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
    return found


def top(name: str) -> str:
    return name.split(".")[0]


@pytest.mark.parametrize("path", [*KRITA, *GIMP, *CARRIED], ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_host_carries_is_python_3_10(path: Path) -> None:
    ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 10))


@pytest.mark.parametrize("path", CARRIED, ids=lambda path: path.stem)
def test_carried_rooms_import_only_the_standard_library_and_zmq(path: Path) -> None:
    foreign = {name for name in imports(path) if not name.startswith(".")}
    assert {top(name) for name in foreign} <= sys.stdlib_module_names | {"zmq"}


@pytest.mark.parametrize("path", KRITA, ids=lambda path: path.stem)
def test_only_canvas_calls_libkis_and_only_qt_calls_pyqt(path: Path) -> None:
    foreign = {top(name) for name in imports(path) if not name.startswith(".")} - sys.stdlib_module_names
    room = "canvas" if path.parent.name == "canvas" else path.stem
    allowed = {"canvas": {"krita"}, "qt": {"PyQt5", "PyQt6"}}.get(room, set())
    assert foreign <= allowed
    near = {name.lstrip(".") for name in imports(path) if name.startswith(".")}
    carried = {name for name in near if top(name) == "server"}
    assert all(name.startswith(("server.client", "server.wire")) for name in carried)


@pytest.mark.parametrize("path", GIMP, ids=lambda path: path.stem)
def test_gimp_plug_in_reaches_only_its_host_and_the_carried_rooms(path: Path) -> None:
    neighbours = {name for other in GIMP for name in (other.stem, other.parent.name)}
    names = {name for name in imports(path) if top(name) not in sys.stdlib_module_names | neighbours | {"gi", ""}}
    assert all(name.startswith(("server.client", "server.wire")) for name in names)


def test_kritas_shortcut_editor_knows_an_action_for_every_role() -> None:
    actions = ElementTree.parse(ROOT / "plugin_krita/overpaint.action").iter("Action")
    named = {Role.REDRAW: "edit_layer", Role.LEARN: "imagic"}
    names = {named.get(role, role.value) for role in Role if role is not Role.SELECT} | set(SELECTING)
    assert {action.get("name") for action in actions} >= {f"overpaint_{name}" for name in names}
