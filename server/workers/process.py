"""The process of one device: takes orders on its standard input, reports on its standard output, ends with its gateway.

``python -m server.workers.process --device auto``; only ``server.workers.worker`` starts it.
"""

from __future__ import annotations

import argparse
import faulthandler
import logging
import os
import queue
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from server.journal import SpoolFiles
from server.models.store.store import ModelStore
from server.wire.messages import Estimate
from server.wire.paths import Home
from server.workers import device, link, oom
from server.workers.executor import Executor, Wishes
from server.workers.runner import Task

if TYPE_CHECKING:
    from server.models.runtime.residency import Models

_BEAT = 2.0
_PAUSE_BEFORE_TORCH = 0.5

_LIBRARIES = {
    "HF_HUB_OFFLINE": "1",  # an edit never calls a hub
    "DIFFUSERS_VERBOSITY": "error",  # warnings would quote prompts into the log
    "TRANSFORMERS_VERBOSITY": "error",
}


class Process:
    """Jobs run on the main thread, one at a time; orders are read, beats sent and torch imported beside it."""

    def __init__(self, orders: BinaryIO, reports: BinaryIO, wanted_device: str, home: Home) -> None:
        self._home, self._store = home, ModelStore(home.models)
        self._orders = orders
        self._reports = reports
        self._writing = threading.Lock()
        self._device = wanted_device
        self._todo: queue.SimpleQueue[link.Order] = queue.SimpleQueue()
        self._wishes = Wishes()
        self._executor = Executor(self._store, self._open_models, self._say)
        self._had_pause = False
        self._warming_began = False
        self._warming = threading.Thread(target=self._warm_up, daemon=True)

    def serve(self) -> None:
        """Lives until the gateway closes the orders."""
        threading.Thread(target=self._take_orders, daemon=True).start()
        threading.Thread(target=self._beat, daemon=True).start()
        self._say(link.Ready())
        while True:
            order = self._next_order()
            if isinstance(order, link.Run):
                task = Task(order.job, SpoolFiles(Path(order.files)), order.guest, order.low_memory)
                self._executor.run(task, self._wishes)
                self._wishes.forget(task.job)
            elif isinstance(order, Estimate):
                self._executor.answer(order)
            elif isinstance(order, link.Unload):
                self._executor.unload()

    def _next_order(self) -> link.Order:
        """torch is imported in the first pause: beside a job that needs none it would only slow that down. Without a
        model nothing needs it, and the light worker never."""
        if not self._had_pause and self._device != link.LIGHT:
            try:
                return self._todo.get(timeout=_PAUSE_BEFORE_TORCH)
            except queue.Empty:
                self._had_pause = True
            if self._store.cards():
                self._begin_warming()
            else:
                self._say(link.Devices((), "CPU"))
        return self._todo.get()

    def _begin_warming(self) -> None:
        if not self._warming_began:
            self._warming_began = True
            self._warming.start()

    # --- beside the main thread ---------------------------------------------------------------------

    def _take_orders(self) -> None:
        while (frame := link.read(self._orders)) is not None:
            order = link.unpack_order(frame[0])
            if isinstance(order, link.Stop):
                self._wishes.stopped.add(order.job)
            elif isinstance(order, link.SkipPart):
                self._wishes.skipped.add(order.job)
            else:
                self._todo.put(order)
        os._exit(0)  # the gateway has ended or wants us to; whatever runs is of no use to anybody

    def _beat(self) -> None:
        pause = threading.Event()
        while not pause.wait(_BEAT):
            self._say(link.Beat())

    def _warm_up(self) -> None:
        found = device.find(self._device)
        if self._device == "auto":
            self._device = found.names[0]
        self._say(found)

    def _say(self, note: link.Note, payload: bytes = b"") -> None:
        with self._writing:
            try:
                link.write(self._reports, note, payload)
            except OSError:
                os._exit(0)

    def _open_models(self) -> Models:
        self._begin_warming()
        self._warming.join()
        from server.models.runtime.residency import Models

        # The light worker is only here for a model that was installed since its work began to wait.
        device = "cpu" if self._device == link.LIGHT else self._device
        return Models(self._store, device, learned=self._home.learned, loras=self._home.loras)


def main() -> None:
    parser = argparse.ArgumentParser(prog="server.workers.process")
    parser.add_argument("--device", default="auto")
    wanted = parser.parse_args().device
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s", stream=sys.stderr)
    faulthandler.enable()
    os.environ.update(_LIBRARIES)
    oom.offer_oneself()
    reports = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not come between the reports
    Process(sys.stdin.buffer, reports, wanted, Home.of_user()).serve()


if __name__ == "__main__":
    main()
