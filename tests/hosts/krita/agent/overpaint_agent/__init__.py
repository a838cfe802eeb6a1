"""Runs in Krita during tests: does what the test outside asks for, one file at a time, in Krita's own loop."""

from __future__ import annotations

import faulthandler
import json
import os
import sys
import time
import traceback
from pathlib import Path

from krita import Extension, Krita

from .qt import QTimer

faulthandler.enable()  # a crash of Krita names the call that led to it, in its log

POST = Path(os.environ["OVERPAINT_AGENT"])
"""The folder of requests ``N.ask`` ({"name", "values"}) and answers ``N.said`` ({"result"} or {"error"})."""


class Agent(Extension):
    def setup(self) -> None:
        self._next = 0
        self._busy = False
        self._timer = QTimer()
        self._timer.timeout.connect(self._look)
        notifier = Krita.instance().notifier()
        notifier.setActive(True)
        notifier.windowCreated.connect(lambda *_: self._begin())

    def createActions(self, window) -> None:  # noqa: N802  # libkis' name
        pass

    def _begin(self) -> None:
        (POST / "ready").touch()
        self._timer.start(10)

    def _look(self) -> None:
        """Not within a call of the plugin's that lets events pass (adding a layer, in Krita 6): what is asked for may
        wait for what that call is doing, and would wait for ever."""
        ask = POST / f"{self._next}.ask"
        if self._busy or sys._getframe().f_back is not None or not ask.exists():
            return
        self._busy = True
        try:
            self._answer(ask)
        finally:
            self._busy = False

    def _answer(self, ask: Path) -> None:
        number, self._next = self._next, self._next + 1
        asked = json.loads(ask.read_text())
        from . import inside

        try:
            began = time.monotonic()
            said = {"result": inside.named(asked["name"])(**asked["values"]), "seconds": time.monotonic() - began}
        except Exception as error:  # noqa: BLE001  # told to the test, whatever it is
            fields = {name: str(getattr(error, name)) for name in ("sentence", "hint") if hasattr(error, name)}
            code = getattr(getattr(error, "code", None), "value", "")
            said = {"error": traceback.format_exc(), "kind": type(error).__name__, "code": code, **fields}
        half = POST / f"{number}.half"
        half.write_text(json.dumps(said))
        half.rename(POST / f"{number}.said")


Krita.instance().addExtension(Agent(Krita.instance()))
