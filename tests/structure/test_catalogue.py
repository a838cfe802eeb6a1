"""Every text that a person can read in a host is in every catalogue, translated, and with the same holes for values."""

from __future__ import annotations

import gettext
import string
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from server.client.catalogue import compile_folder, compiled, messages
from tools import catalogue
from tools.catalogue import LOCALE, Text

ROOT = Path(__file__).parents[2]
LANGUAGES = sorted(path.stem for path in LOCALE.glob("*.po"))
SAID = catalogue.texts()


def holes(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.fixture(scope="module", params=LANGUAGES)
def words(request: pytest.FixtureRequest) -> Catalog:
    return catalogue.load(LOCALE / f"{request.param}.po")


def forms(text: Text | list[str]) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def test_simplified_chinese_is_there() -> None:
    assert "zh_CN" in LANGUAGES


ALONE = ("server/command_line", "server/documents", "server/models/store")
"""What speaks to the command line alone, and so in English; of the store what an edit meets is scanned."""


def test_every_file_of_the_server_that_speaks_to_a_host_is_scanned() -> None:
    speaking = {path for path in (ROOT / "server").rglob("*.py") if catalogue.texts_of(path.read_text("utf-8"))}
    left_out = {path.relative_to(ROOT).as_posix() for path in speaking - set(catalogue.scanned())}
    assert [path for path in left_out if not path.startswith((*ALONE, "server/cli.py"))] == []


def test_nothing_that_is_said_lacks_its_translation(words: Catalog) -> None:
    known = {message.id: message for message in words if message.id}
    assert [text for text in SAID if text not in known or not catalogue.translated(known[text].string)] == []


def test_nothing_is_translated_that_is_not_said(words: Catalog) -> None:
    assert [message.id for message in words if message.id and message.id not in SAID] == []
    assert list(words.obsolete) == []


def test_no_translation_is_a_guess(words: Catalog) -> None:
    assert [message.id for message in words if message.id and message.fuzzy] == []


def test_translations_have_the_holes_of_their_texts(words: Catalog) -> None:
    for message in words:
        for translation in forms(message.string) if message.id else ():
            wanted = set().union(*(holes(text) for text in forms(message.id)))
            assert holes(translation) == wanted, message.id


def test_a_language_has_all_its_plurals(words: Catalog) -> None:
    for message in words:
        if message.id and not isinstance(message.id, str):
            assert len(message.string) == words.num_plurals, message.id


def test_texts_are_found_where_the_code_says_them() -> None:
    code = """
tr("one") or tr("two" if late else "three", name=name)
tr_n("{count} a", "{count} b", 3)
raise problem("What.", "Do.", name="x")
raise OverpaintError(Code.HOST, "Sentence.", hint)
raise FullError(f"{count} are ahead of {name!r:>3} {{so}}.", f"{hint} {count}.", 1)
Method(name="x", title="Title")
"""
    expected: set[Text] = {"one", "two", "three", ("{count} a", "{count} b"), "What.", "Do.", "Sentence.", "Title"}
    expected.add("{0} are ahead of {1} {{so}}.")
    assert catalogue.texts_of(code) == expected


def test_bringing_up_a_catalogue_keeps_what_is_translated_and_drops_what_is_not_said(tmp_path: Path) -> None:
    path = tmp_path / "de.po"
    path.write_text('msgid "one"\nmsgstr "eins"\n\nmsgid "gone"\nmsgstr "weg"\n')
    fresh = catalogue.brought_up(catalogue.load(path), ["one", "two"])
    assert [(message.id, message.string) for message in fresh if message.id] == [("one", "eins"), ("two", None)]
    path.write_text(catalogue.written(fresh, "de"))
    assert "nplurals=2" in path.read_text()
    assert b"eins" in compiled(path.read_text())


def test_the_catalogues_are_as_the_tool_writes_them() -> None:
    for language in LANGUAGES:
        path = LOCALE / f"{language}.po"
        assert catalogue.written(catalogue.brought_up(catalogue.load(path), SAID), language) == path.read_text("utf-8")


def test_what_the_installer_compiles_is_what_gettext_reads(tmp_path: Path) -> None:
    compile_folder(LOCALE, tmp_path)
    for language in LANGUAGES:
        with (tmp_path / f"{language}.mo").open("rb") as file:
            read = gettext.GNUTranslations(file)
        known = messages((tmp_path / f"{language}.mo").read_bytes())
        for message in catalogue.load(LOCALE / f"{language}.po"):
            if isinstance(message.id, str) and message.id:
                assert read.gettext(message.id) == message.string == known[message.id]
            elif message.id:
                assert read.ngettext(*message.id, 1) == message.string[0]
