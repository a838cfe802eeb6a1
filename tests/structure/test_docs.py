"""What the pages for readers name is there: every command with its options, every file, every room of the map."""

from __future__ import annotations

import importlib.util
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

import install
from server.cli import app
from server.wire.messages import PROTOCOL_MAJOR, PROTOCOL_MINOR

ROOT = Path(__file__).parents[2]
PAGES = (
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "tools/bundled_model/README.md",
    ROOT / "server/models/bundled/illustration/README.md",
)
COMMAND = re.compile(r"^(?:python3? -m \S+|python3 install\.py|install\.py|overpaint)(?: .*)?$")
CODE = re.compile(r"`([^`\n]+)`")
FILE = re.compile(r"^(?:[a-z_]+/)+[a-z_0-9]+\.py$")
FOLDERS = (
    "",
    "server",
    "server/methods",
    "server/models",
    "tools/bundled_model",
    "plugin_krita/overpaint",
    "plugin_gimp/overpaint",
)
"""Where a path in a page may begin."""


def texts(page: Path) -> Iterator[str]:
    """Every piece of code in a page: the lines of its blocks, and what stands between back-ticks."""
    fenced = False
    for line in page.read_text("utf-8").replace("\\\n", " ").splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            yield line.strip()
        else:
            yield from CODE.findall(line)


def named(pattern: re.Pattern[str]) -> list[tuple[str, str]]:
    found = {(page.relative_to(ROOT).as_posix(), text) for page in PAGES for text in texts(page) if pattern.match(text)}
    return sorted(found)


@pytest.mark.parametrize(("page", "command"), named(COMMAND))
def test_a_command_in_a_page_can_be_given(page: str, command: str) -> None:
    words = [word for word in shlex.split(command, comments=True) if word != "…"]
    if words == ["install.py"]:
        return  # the file itself
    if words[0] == "overpaint":
        parse_overpaint(words[1:])
    elif "install.py" in words:
        parse_install(words[words.index("install.py") + 1 :])
    else:
        parse_module(words[2], words[3:])


def parse_overpaint(words: list[str]) -> None:
    """Up to what is missing: a page may name a command without its arguments."""
    command, context = typer.main.get_command(app), None
    while hasattr(command, "commands") and words and not words[0].startswith("-"):
        assert words[0] in command.commands, f"there is no command “{words[0]}”"
        context = type(command).context_class(command, parent=context, info_name=words[0])
        command, words = command.commands[words[0]], words[1:]
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    assert {word for word in words if word.startswith("--")} <= known
    places = sum(parameter.param_type_name == "argument" for parameter in command.params)
    if not any(word.startswith("--") for word in words):
        assert len(words) <= places, f"{words} are too many words"


def parse_install(words: list[str]) -> None:
    options = install.parse(words)
    if options.command == "run":
        parse_module(options.words[2], options.words[3:])


def parse_module(name: str, words: list[str]) -> None:
    """Its options are looked for in its source: to ask it for them would start torch."""
    spec = importlib.util.find_spec(name)
    assert spec is not None and spec.origin is not None
    source = Path(spec.origin)
    if source.name == "__init__.py":
        source = source.with_name("__main__.py")
    code = source.read_text("utf-8")
    assert '__name__ == "__main__"' in code, f"{name} is no program"
    for option in (word for word in words if word.startswith("--")):
        assert f'"{option}"' in code, f"{name} has no option {option}"


@pytest.mark.parametrize(("page", "path"), named(FILE))
def test_a_file_that_a_page_names_is_there(page: str, path: str) -> None:
    assert any((ROOT / folder / path).exists() for folder in FOLDERS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    for target in (one for one in targets if "://" not in one):
        assert (page.parent / target).exists(), target


def rooms() -> list[str]:
    """The first column of the map's table of rooms."""
    lines = (ROOT / "docs/architecture.md").read_text("utf-8").splitlines()
    rows = lines[lines.index("| room | what is in it | may import |") + 2 :]
    table = rows[: rows.index("")]
    return [name for row in table for name in CODE.findall(row.split("|")[1])]


@pytest.mark.parametrize("room", rooms())
def test_a_room_of_the_map_is_there(room: str) -> None:
    assert (ROOT / room).exists()


def test_every_room_of_the_server_is_on_the_map() -> None:
    on_the_map = rooms()
    for room in (path for path in (ROOT / "server").iterdir() if (path / "__init__.py").exists()):
        assert any(name.startswith(f"server/{room.name}/") for name in on_the_map)


def test_the_protocols_page_is_of_the_codes_version() -> None:
    title = (ROOT / "docs" / "protocol.md").read_text("utf-8").splitlines()[0]
    assert title == f"# The protocol, version {PROTOCOL_MAJOR}.{PROTOCOL_MINOR}"


TEST = re.compile(r"^(?P<file>tests/[a-z_/0-9]*test_\w+\.py|…)(?:::(?P<test>test_\w+)_?…?(?P<rest>.*))?$")


def promised(page: Path) -> Iterator[tuple[str, str]]:
    """Each as its file and the beginning of its name, empty for all of a file."""
    for line in page.read_text("utf-8").splitlines():
        file = ""
        for text in CODE.findall(line):
            named = TEST.match(text)
            if named is not None:
                file = file if named["file"] == "…" else named["file"]
                yield file, (named["test"] or "").rstrip("_")


@pytest.mark.parametrize(
    ("file", "test"), sorted({named for page in (ROOT / "docs").glob("*.md") for named in promised(page)})
)
def test_a_promise_names_a_test_that_there_is(file: str, test: str) -> None:
    source = (ROOT / file).read_text("utf-8")
    assert re.search(rf"^def {test or 'test_'}", source, re.MULTILINE), f"{file} has no test that begins with “{test}”"
