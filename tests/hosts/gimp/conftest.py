"""A GIMP with our plug-in installed by the installer's own code, and a real server beside it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hosts.gimp.desk import Desk, lay_out
from tests.hosts.host import Host
from tests.running import CHECKOUT, FOREIGN, RunningServer

MODELS = ("sd15-inpainting", "sd15")


@pytest.fixture(scope="package")
def gimp_home(host: Host, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Overpaint's home, which GIMP sees too, with two tiny models of random weights, and one of a stranger's family."""
    from server.models.store.store import ModelStore
    from tests import strange_model, tiny_models

    home = host.work / "gimp-op"
    home.mkdir()
    for family in MODELS:
        tiny_models.install(family, ModelStore(home / "models"), tmp_path_factory.mktemp("models"))
    strange_model.install(home, strange_model.folder(tmp_path_factory.mktemp("models") / "strange"))
    return home


@pytest.fixture(scope="package")
def gimp_server(gimp_home: Path) -> Iterator[RunningServer]:
    known = os.pathsep.join([str(CHECKOUT), str(FOREIGN), str(FOREIGN / "further"), str(FOREIGN / "typed")])
    running = RunningServer(gimp_home, "--device", "cpu", environment={"OMP_NUM_THREADS": "1", "PYTHONPATH": known})
    yield running
    running.stop()


@pytest.fixture(scope="package")
def desk(host: Host, gimp_home: Path) -> Desk:
    """One profile for all tests: the first start in a new one takes three times as long."""
    return lay_out(host, gimp_home)
