"""``overpaint doctor``: each problem by name, with its fix."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from server.command_line import lines
from server.command_line.connecting import connect
from server.models.store.store import ModelStore
from server.wire.errors import OverpaintError
from server.wire.messages import Welcome
from server.wire.paths import Home
from server.wire.trouble import of_os

_NEEDED = ("torch", "diffusers", "transformers", "safetensors", "numpy", "pillow", "opencv-python-headless", "pyzmq")
_MEND = "Run: python3 install.py install"
_DEVICE_PATIENCE = 30.0
_LOG_TAIL = 64 << 10


@dataclass(frozen=True)
class Finding:
    """fix: what to do; empty when all is well."""

    what: str
    fix: str = ""

    @property
    def good(self) -> bool:
        return not self.fix


def examine(home: Home) -> Iterator[Finding]:
    """Every finding, in the order in which a person would mend them. Starts the server when none runs."""
    for looks in (
        _installation(home),
        _packages(),
        _server(home),
        _models(ModelStore(home.models)),
        _log(home.logs / "server.log"),
    ):
        yield from _reported(looks, home)


def shown(home: Home) -> list[Finding]:
    """The same, each printed as soon as it is known."""
    findings = []
    for finding in examine(home):
        findings.append(finding)
        lines.say(f"{'ok  ' if finding.good else 'MEND'}  {finding.what}")
        if finding.fix:
            lines.say(f"      {finding.fix}")
    return findings


def _reported(looks: Iterator[Finding], home: Home) -> Iterator[Finding]:
    """What cannot be looked at is a finding itself, and the rest is looked at all the same."""
    try:
        yield from looks
    except OSError as error:
        told = of_os(error, home.path)
        yield Finding(told.sentence, told.hint)
    except OverpaintError as error:
        yield Finding(error.sentence, error.hint or _MEND)


def _installation(home: Home) -> Iterator[Finding]:
    """What install.py looks at too: disk, launch file, permissions, the hosts and their plugins."""
    if importlib.util.find_spec("tools.install") is None:
        yield Finding("The plugins are not looked at here: “python3 install.py doctor” does that")
        return
    from tools.install import checkup

    looks = (
        checkup.look_at_disk(home.path),
        checkup.look_at_launch(home.path),
        checkup.look_at_permissions(home.path),
        checkup.look_at_krita(),
        checkup.look_at_gimp(),
    )
    for look in looks:
        yield from _reported((Finding(finding.what, finding.fix) for finding in look), home)


def _packages() -> Iterator[Finding]:
    found = {name: _version(name) for name in _NEEDED}
    missing = [name for name, version in found.items() if not version]
    if missing:
        yield Finding(f"Packages are missing: {', '.join(missing)}", _MEND)
    yield Finding(", ".join(f"{name} {version}" for name, version in found.items() if version))
    if _version("torchvision"):
        yield Finding("torchvision is installed and may not match torch", "Run: pip uninstall torchvision")


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _server(home: Home) -> Iterator[Finding]:
    try:
        welcome = _welcome_with_device(home)
    except OverpaintError as error:
        yield Finding(error.sentence, error.hint or _MEND)
        return
    yield Finding(f"{welcome.server} answers ({home.connection}), {welcome.waiting} edits waiting")
    if welcome.problem:
        yield Finding(welcome.problem, f"See {home.logs / 'server.log'}; then: python3 install.py install")
    elif not welcome.device and welcome.waiting:
        yield Finding("What edits run on is said when the edit under way has ended")
    elif not welcome.device:
        yield Finding("The server does not say what it computes on", f"See {home.logs / 'server.log'}")
    else:
        yield Finding(f"Edits run on: {welcome.device}")


def _welcome_with_device(home: Home) -> Welcome:
    """The server learns its device a few seconds after its start, and not while its worker has an edit to do."""
    until = time.monotonic() + _DEVICE_PATIENCE
    while True:
        with connect(home) as client:
            welcome = client.hello()
        if welcome.device or welcome.problem or welcome.waiting or time.monotonic() > until:
            return welcome
        time.sleep(0.5)


def _models(store: ModelStore) -> Iterator[Finding]:
    cards = store.cards()
    if not cards:
        yield Finding("No models are installed: Erase works, the rest needs one (“overpaint models list”)")
    for card in cards:
        try:
            store.find(card.name)
        except OverpaintError as error:
            yield Finding(error.sentence, error.hint)
        else:
            yield Finding(f"Model {card.name}: {card.title}, needs about {card.memory_gb:g} GB")


def _log(path: Path) -> Iterator[Finding]:
    if not path.exists():
        return
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _LOG_TAIL))
        lines = file.read().decode("utf-8", "replace").splitlines()
    errors = [line for line in lines if " ERROR " in line]
    if errors:
        yield Finding(f"The log has {len(errors)} errors; the last: {errors[-1][:200]}")
