"""The catalogues of translations (``server/client/locale``), brought up to what the code says.

    python3 install.py run python -m tools.catalogue [de …]

New texts come in empty for a person to translate, what is not said any more goes out. A name of a language begins its
catalogue. ``tests/structure/test_catalogue.py`` holds every catalogue complete.
"""

from __future__ import annotations

import argparse
import ast
import io
import itertools
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

CHECKOUT = Path(__file__).parents[1]
LOCALE = CHECKOUT / "server/client/locale"
ROOMS = (
    *("plugin_krita", "plugin_gimp", "server/client", "server/wire", "server/listening", "server/gateway"),
    *("server/journal", "server/workers", "server/editing", "server/methods", "server/tuning", "server/pixels"),
    "server/selecting",
    *("server/models/runtime", "server/models/families", "server/models/bundled", "server/models/headers"),
    "server/models/inpainting_networks",
    *(f"server/models/store/{file}.py" for file in ("card", "describe", "files", "store")),
)
"""What a person in a host can read comes from these folders and files. (The command line's own words are English, and
so are those of what it alone does: to download, to import, to read picture files.)"""

CALLS: dict[str, tuple[int, ...]] = {
    "tr": (0,),
    "mark": (0,),
    "problem": (0, 1),
    "Step": (0,),
    "OverpaintError": (1, 2),
    "FullError": (0, 1),
    "MethodOffer": (1, 2),
    "PresetOffer": (1, 2),
    "Form": (0, 1),
    "Setting": (2, 3),
    "_setting": (2, 3),
    "_name": (1, 2),
}
"""Functions whose arguments at these places are texts for the catalogue."""

NAMED = ("title", "purpose")
"""Texts for the catalogue by the name of the argument."""

PLURAL = "tr_n"
WIDTH = 110

Text = str | tuple[str, str]
"""A tuple: for one, and for several."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("language", nargs="*", help="a catalogue to begin")
    said = texts()
    for language in dict.fromkeys([*(path.stem for path in LOCALE.glob("*.po")), *parser.parse_args().language]):
        path = LOCALE / f"{language}.po"
        catalogue = brought_up(load(path) if path.exists() else Catalog(language), said)
        path.write_text(written(catalogue, language), encoding="utf-8")
        left = sum(1 for message in catalogue if message.id and not translated(message.string))
        print(f"{path.relative_to(CHECKOUT)}: {len(catalogue)} texts, {left} to translate")
    return 0


def texts() -> dict[Text, list[str]]:
    """Every text for the catalogue, with the files that say it."""
    found: dict[Text, list[str]] = {}
    for path in scanned():
        for text in sorted(texts_of(path.read_text(encoding="utf-8")), key=str):
            found.setdefault(text, []).append(path.relative_to(CHECKOUT).as_posix())
    return found


def scanned() -> list[Path]:
    """All files whose words the catalogues have."""
    places = [CHECKOUT / room for room in ROOMS]
    return [path for place in places for path in ([place] if place.is_file() else sorted(place.rglob("*.py")))]


def texts_of(code: str) -> set[Text]:
    """The texts for the catalogue in one file."""
    calls = (node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call))
    return {text for call in calls for text in _said(call)}


def _said(call: ast.Call) -> Iterator[Text]:
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    if name == PLURAL:
        yield from zip(_constants(call.args[0]), _constants(call.args[1]), strict=True)
    for place in CALLS.get(name, ()):
        if place < len(call.args):
            yield from _constants(call.args[place])
    for word in call.keywords:
        if word.arg in NAMED:
            yield from _constants(word.value)


def _constants(node: ast.expr) -> list[str]:
    """What ``node`` can be, as far as that stands in it."""
    if isinstance(node, ast.IfExp):
        return _constants(node.body) + _constants(node.orelse)
    if isinstance(node, ast.JoinedStr):
        return _template(node)
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value else []


def _template(node: ast.JoinedStr) -> list[str]:
    """What the server fills in before it sends a text is a numbered hole: ``{0}``, ``{1}`` … Nothing where hardly
    anything is left beside the holes."""
    numbers = itertools.count()
    parts = [_literal(part) if isinstance(part, ast.Constant) else f"{{{next(numbers)}}}" for part in node.values]
    words = re.sub(r"{\d+}", " ", "".join(parts)).split()
    return ["".join(parts)] if len(words) > 1 else []


def _literal(part: ast.Constant) -> str:
    return str(part.value).replace("{", "{{").replace("}", "}}")


def load(path: Path) -> Catalog:
    return read_po(io.StringIO(path.read_text(encoding="utf-8")), locale=path.stem)


def brought_up(catalogue: Catalog, said: Iterable[Text]) -> Catalog:
    """With just the texts of ``said``, those of before with their translations."""
    fresh = Catalog(catalogue.locale)
    for text in said:
        before = catalogue.get(text if isinstance(text, str) else text[0])
        string = before.string if before is not None and isinstance(before.id, str) == isinstance(text, str) else None
        fresh.add(text, string)
    return fresh


def translated(string: object) -> bool:
    """Of ``Message.string``."""
    return all(string) if isinstance(string, (tuple, list)) else bool(string)


HEADER = """# Overpaint's words. New ones come in by: python3 install.py run python -m tools.catalogue
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Language: {language}\\n"
"Plural-Forms: {plural}\\n"

"""


def written(catalogue: Catalog, language: str) -> str:
    out = io.BytesIO()
    write_po(out, catalogue, width=WIDTH, sort_output=True, no_location=True, omit_header=True)
    return HEADER.format(language=language, plural=catalogue.plural_forms) + out.getvalue().decode().strip() + "\n"


if __name__ == "__main__":
    sys.exit(main())
