"""One Krita and one server for all tests of this folder: a start takes longer than most tests.

All run in the suite of ``OVERPAINT_HOST_SUITE``; where that is not set, in Krita 5.2, and those of ``BOTH`` in Krita 6
too.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.hosts.conftest import SUITE, artefacts_of, available
from tests.hosts.host import Host
from tests.hosts.krita import running
from tests.hosts.screen import Screen, screen
from tests.running import BUNDLED, FOREIGN, PONDERING, RunningServer

MODELS = ("sd15-inpainting", "sd15")

BOTH = ("test_erase", "test_looks", "test_docker", "test_meanwhile", "test_results", "test_references")
"""What depends on libkis and Qt the most. The others: ``OVERPAINT_HOST_SUITE=krita6 pytest tests/hosts/krita``."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "krita_suite" in metafunc.fixturenames:
        both = "OVERPAINT_HOST_SUITE" not in os.environ and metafunc.module.__name__.rpartition(".")[2] in BOTH
        suites = [SUITE, "krita6"] if both else [SUITE]
        metafunc.parametrize("krita_suite", suites, indirect=True, scope="package")


@pytest.fixture(scope="package")
def krita_suite(request: pytest.FixtureRequest) -> str:
    suite: str = request.param
    return suite


@pytest.fixture(scope="package")
def host(krita_suite: str) -> Iterator[Host]:
    """A Debian with the Krita of that suite."""
    with available(krita_suite) as made:
        yield made


@pytest.fixture(scope="package")
def artefacts(krita_suite: str) -> Path:
    """Where screenshots for a person to look at are left; git ignores it."""
    return artefacts_of(krita_suite)


@pytest.fixture(scope="package")
def krita_display(host: Host) -> Iterator[Screen]:
    with screen(host) as made:
        yield made


@pytest.fixture(scope="package")
def krita_home(host: Host, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Overpaint's home, which Krita sees too, with tiny models of random weights, one of a stranger's family."""
    from server.models.store.store import ModelStore
    from tests import strange_model, tiny_models

    home = host.work / "krita-op"
    home.mkdir()
    for family in MODELS:
        tiny_models.install(family, ModelStore(home / "models"), tmp_path_factory.mktemp("models"))
    strange_model.install(home, strange_model.folder(tmp_path_factory.mktemp("models") / "strange"))
    return home


@pytest.fixture(scope="package")
def krita_server(krita_home: Path) -> Iterator[RunningServer]:
    known = os.pathsep.join([PONDERING["PYTHONPATH"], str(FOREIGN), str(FOREIGN / "further"), str(FOREIGN / "typed")])
    short = {"OVERPAINT_TEST_LESSON": "6"}
    environment = {"OMP_NUM_THREADS": "1", "PYTHONPATH": known, **BUNDLED, **short}
    running_server = RunningServer(krita_home, "--device", "cpu", environment=environment)
    yield running_server
    running_server.stop()


@pytest.fixture(scope="package")
def living_krita(
    host: Host, krita_display: Screen, krita_home: Path, krita_server: RunningServer
) -> Iterator[Callable[[], running.Krita]]:
    running.install(host, krita_home)
    started: list[running.Krita] = []
    with ExitStack() as stack:

        def living() -> running.Krita:
            if not started or started[-1].process.poll() is not None:
                name = f"krita-{len(started)}"
                started.append(stack.enter_context(running.krita(host, krita_display, name)))
            return started[-1]

        yield living


@pytest.fixture
def krita(living_krita: Callable[[], running.Krita]) -> running.Krita:
    """The Krita of all tests; a new one where the last test ended it."""
    return living_krita()
