"""A real Krita with the plugin in it, asked from outside through the agent."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.hosts.host import Host, end
from tests.hosts.screen import Screen
from tools.install import kritarc, plugins
from tools.install.hosts import Krita as Place

HERE = Path(__file__).parent
START_S = 400.0


class RefusedError(Exception):
    """Something in Krita raised; ``code``, ``sentence`` and ``hint`` are those of an ``OverpaintError``."""

    def __init__(self, said: dict[str, Any]) -> None:
        super().__init__(said["error"])
        self.kind, self.code = said["kind"], said["code"]
        self.sentence, self.hint = said.get("sentence", ""), said.get("hint", "")


@dataclass
class Krita:
    """``ask("name", …)`` runs a function of a room of ``agent/overpaint_agent`` in Krita."""

    host: Host
    post: Path
    process: subprocess.Popen[bytes]
    log: Path
    seconds: float = 0.0
    _asked: int = field(default=0)

    def ask(self, function: str, /, *, within: float = 400, **values: Any) -> Any:
        number, self._asked = self._asked, self._asked + 1
        half = self.post / f"{number}.half"
        half.write_text(json.dumps({"name": function, "values": values}))
        half.rename(self.post / f"{number}.ask")
        said = json.loads(self._await(self.post / f"{number}.said", within, function))
        if "error" in said:
            raise RefusedError(said)
        self.seconds = said["seconds"]
        return said["result"]

    def _await(self, path: Path, within: float, what: str) -> str:
        deadline = time.monotonic() + within
        while not path.exists():
            if self.process.poll() is not None:
                raise AssertionError(f"Krita ended ({self.process.returncode}) during {what}\n{self.tail()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"Krita did not do {what} within {within:.0f} s\n{self.tail()}")
            time.sleep(0.01)
        return path.read_text()

    def tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-40:])

    def file(self, name: str, data: bytes = b"") -> Path:
        """A file that both sides see."""
        path = self.post / name
        if data:
            path.write_bytes(data)
        return path


def install(host: Host, home: Path) -> None:
    """The plugin as ``install.py`` puts it into this Krita, and the agent beside it."""
    place = Place(host.home / ".local/share/krita", host.home / ".config/kritarc", "test")
    plugins.put_into_krita(place, None, home)
    for part in (HERE / "agent").iterdir():
        copy = shutil.copytree if part.is_dir() else shutil.copy2
        copy(part, place.plugins / part.name)
    # There is no graphics card here: OpenGL, done by the processor, took more of it than all the rest of Krita.
    place.config.with_name("kritadisplayrc").write_text("[General]\nOpenGLRenderer=none\n")
    section = kritarc.SECTION + b"\n"
    config = place.config.read_bytes()
    place.config.write_bytes(config.replace(section, section + b"enable_overpaint_agent=true\n", 1))


@contextmanager
def krita(host: Host, screen: Screen, name: str = "krita", **environment: str) -> Iterator[Krita]:
    """A started Krita with an empty window, ended with its own Quit and, if it hangs, by force."""
    post = host.work / f"{name}-post"
    post.mkdir(exist_ok=True)
    log = host.work / f"{name}.log"
    agent = {"OVERPAINT_AGENT": str(post), "QT_QPA_PLATFORM": "xcb", "QT_LOGGING_RULES": "*=false", **environment}
    with log.open("wb") as said:
        started = host.start(["krita", "--nosplash"], env={**screen.environment, **agent}, log=said)
    running = Krita(host, post, started, log)
    try:
        running._await(post / "ready", START_S, "starting")
        yield running
    finally:
        if started.poll() is None:
            with (post / f"{running._asked}.ask").open("w") as last:
                json.dump({"name": "quit_krita", "values": {}}, last)
            try:
                started.wait(15)
            except subprocess.TimeoutExpired:
                end(started)
        shutil.rmtree(post, ignore_errors=True)
