"""What Krita's users read: the words themselves are in the catalogue, which tests/structure holds."""

from __future__ import annotations

import re

from server.wire.recipe import SETTINGS
from tools import catalogue


def test_every_setting_has_its_label_and_a_sentence() -> None:
    said = catalogue.texts()
    for setting in SETTINGS.values():
        assert setting.title in said
        assert setting.tip in said


def test_the_installed_plugin_speaks_chinese() -> None:
    from overpaint.server.client.translation import LOCALE, tr, use_language

    assert [path.suffix for path in LOCALE.iterdir()] == [".mo"]
    assert use_language("zh_CN") == "zh_CN"
    assert tr("Seed") == "种子"
    assert use_language("de_DE") == "en"
    assert tr("Seed") == "Seed"


def test_no_word_of_the_trade_is_read_first() -> None:
    jargon = re.compile(r"\b(inference|latent|checkpoint|CFG|denois\w*)\b", re.IGNORECASE)
    read = [text for text, files in catalogue.texts().items() if any("plugin_" in file for file in files)]
    assert [text for text in read if jargon.search(str(text))] == []
