"""Fixtures that all tests may use."""

from __future__ import annotations

import contextlib
import re
import shutil
import signal
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.running import CHECKOUT, PONDERING, RunningServer


def pytest_configure() -> None:
    """What a script starts in its background ignores Ctrl+C, and so would all that a test starts and then stops."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


_ALL_OF_TORCH = re.compile(r"^pytestmark = .*\bpytest\.mark\.torch\b", re.MULTILINE)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A file of which every test is left out is not even imported: torch takes longer than many tests."""
    left_out = config.option.markexpr
    if "not hosts" in left_out and collection_path == CHECKOUT / "tests" / "hosts":
        return True
    if "not torch" in left_out and collection_path.suffix == ".py":
        return True if _ALL_OF_TORCH.search(collection_path.read_text("utf-8")) else None
    return None


class Shared(LoadScopeScheduling):
    """Where several processes share the tests, those of one file go to one of them, because they share a server or a
    model; those of one real host likewise, and each Krita is a host. Files marked ``spread`` have nothing to share that
    is worth the wait."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        folder = path.rpartition("/")[0]
        if folder.startswith("tests/hosts/"):
            return f"{folder}, Krita 6" if "krita6" in nodeid else folder
        return nodeid if _is_spread(path) else path


@cache
def _is_spread(path: str) -> bool:
    return "pytest.mark.spread" in (CHECKOUT / path).read_text("utf-8")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Shared:
    # Its own loadgroup names groups behind the tests' ids, which pytest 9.2 no longer lets it change.
    return Shared(config, log)


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty ``OVERPAINT_HOME``, and ``PONDERING`` for whatever is started. Its path is short, because a socket's
    has only 107 characters."""
    with short_folder() as folder:
        for name, value in {**PONDERING, "OVERPAINT_HOME": str(folder)}.items():
            monkeypatch.setenv(name, value)
        yield folder


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    """A real server, shared by the tests of a module, with a home of its own. It has no models."""
    with short_folder() as folder:
        running = RunningServer(folder, environment=PONDERING)
        yield running
        running.stop()


@pytest.fixture(scope="module")
def pondering() -> Iterator[RunningServer]:
    """A real server that also has the method ``ponder`` (``tests/pondering``): slow, failing or hanging as asked."""
    with short_folder() as folder:
        running = RunningServer(folder, environment=PONDERING)
        yield running
        running.stop()


@pytest.fixture
def own_server() -> Iterator[RunningServer]:
    """The same, for one test that will not leave it in order."""
    with short_folder() as folder:
        running = RunningServer(folder, environment=PONDERING)
        yield running
        running.stop()


@contextlib.contextmanager
def short_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="op-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
