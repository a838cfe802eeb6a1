"""A GIMP with its windows on a screen of its own, and a person's hands on it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.hosts.gimp.desk import Desk
from tests.hosts.host import end
from tests.hosts.screen import Screen, screen

PATIENCE = 400


class Window:
    """A GIMP that runs ``inside/window.py`` (or another ``script``): files begin the steps, the report answers."""

    def __init__(self, desk: Desk, display: Screen, script: str = "window") -> None:
        self.display, self.out = display, desk.host.work / script
        self.log = desk.host.work / f"{script}.log"
        command = ["gimp", "-n", "-s", *desk.script(script, self.out)]
        variables = {**display.environment, **desk.environment, "OVERPAINT_TEST_OUT": str(self.out)}
        with self.log.open("wb") as log:
            self.process = desk.host.start(command, env=variables, log=log)

    def begin(self, step: str) -> None:
        (self.out / step).touch()

    def said(self, key: str) -> Any:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            report = self.out / "report.json"
            if report.exists() and key in (found := json.loads(report.read_text())):
                return found[key]
            time.sleep(0.1)
        raise AssertionError(
            f"GIMP never said {key}; windows {self.display.titles()}\n{self.log.read_bytes()[-3000:]!r}"
        )


@contextmanager
def window_of(desk: Desk, script: str = "window") -> Iterator[Window]:
    """GIMP's window with the picture that ``script`` opens in front; ended afterwards."""
    with screen(desk.host) as display:
        made = Window(desk, display, script)
        made.said("shown")
        picture = display.wait_for_window(r"Untitled.*GIMP$")
        welcome = display.wait_for_window("^Welcome")
        display.run("xdotool", "windowactivate", "--sync", welcome, "key", "alt+F4")
        display.run("xdotool", "windowactivate", "--sync", picture)
        yield made
        end(made.process)
