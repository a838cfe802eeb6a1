"""The parts of the Krita plugin that need neither Krita nor Qt, imported as they are installed."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.install.plugins import CHECKOUT, assemble


@pytest.fixture(scope="session", autouse=True)
def overpaint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The package ``overpaint``, put together by the installer. Its ``__init__`` is left out: it wants Krita."""
    folder = tmp_path_factory.mktemp("pykrita") / "overpaint"
    assemble(CHECKOUT / "plugin_krita/overpaint", folder, None, Path("/nowhere"))
    package = types.ModuleType("overpaint")
    package.__path__ = [str(folder)]
    sys.modules["overpaint"] = package
    yield
    for name in [name for name in sys.modules if name.split(".")[0] == "overpaint"]:
        del sys.modules[name]
