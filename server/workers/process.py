"""The process of one device: takes orders on its standard input, reports on its standard output, ends with its gateway.

``python -m server.workers.process --device auto``; only ``server.workers.pool`` starts it.
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
from typing import TYPE_CHECKING, BinaryIO, cast

from server.editing.edit import Cancelled, Step
from server.journal import SpoolFiles
from server.methods import registry
from server.methods.registry import Method
from server.models.store.store import Shelf
from server.wire import messages as wire
from server.wire.errors import Code, OverpaintError
from server.workers import device, job, link, oom, progress
from server.workers.failure import worded
from server.workers.oom_retry import with_less

if TYPE_CHECKING:
    from server.models.runtime.residency import Models

log = logging.getLogger(__name__)

_BEAT = 2.0
_PAUSE_BEFORE_TORCH = 0.5

_LIBRARIES = {
    "HF_HUB_OFFLINE": "1",  # an edit never calls a hub
    "DIFFUSERS_VERBOSITY": "error",  # warnings would quote prompts into the log
    "TRANSFORMERS_VERBOSITY": "error",
}


class Process:
    """Jobs run on the main thread, one at a time; orders are read, beats sent and torch imported beside it."""

    def __init__(self, orders: BinaryIO, reports: BinaryIO, wanted_device: str) -> None:
        self._orders = orders
        self._reports = reports
        self._writing = threading.Lock()
        self._device = wanted_device
        self._todo: queue.SimpleQueue[link.Order] = queue.SimpleQueue()
        self._stopped: set[str] = set()
        self._models: Models | None = None
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
                self._run(order)
            elif isinstance(order, wire.Estimate):
                self._estimate(order)
            elif isinstance(order, link.Unload) and self._models is not None:
                log.info("unloading all models after a long pause")
                self._models.unload()

    def _next_order(self) -> link.Order:
        """torch is imported in the first pause: beside a job that needs none it would only slow that down. Without a
        model nothing needs it, and the light worker never."""
        if not self._had_pause and self._device != link.LIGHT:
            try:
                return self._todo.get(timeout=_PAUSE_BEFORE_TORCH)
            except queue.Empty:
                self._had_pause = True
            if Shelf().cards():
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
                self._stopped.add(order.job)
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

    # --- one job ------------------------------------------------------------------------------------

    def _run(self, order: link.Run) -> None:
        note: link.Note
        try:
            note = self._do(order)
        except Cancelled:
            note = wire.Cancelled(order.job)
        except Exception as error:  # whatever an edit raises ends that edit, not the worker
            log.exception("job %s failed", order.job)
            note = self._failed(order.job, worded(error))
        self._stopped.discard(order.job)
        self._say(note)

    def _do(self, order: link.Run) -> wire.Finished:
        files = SpoolFiles(Path(order.files))
        submit = files.request()
        method = registry.method(submit.recipe.method)
        pace, throttle = progress.Pace(), progress.Throttle()

        def report(step: Step) -> None:
            if order.job in self._stopped:
                raise Cancelled
            if throttle.passes(step):
                self._say(*progress.message(order.job, step, pace))

        report(Step("Starting", 0, 0))
        models = self._models_for(method)
        if models is not None:
            models.careful = order.low_memory
        edit, size = method.load(), submit.layer.bounds.extent
        return with_less(lambda: job.run(submit, files, edit, models, report, order.guest), models, report, size)

    def _estimate(self, question: wire.Estimate) -> None:
        note: link.Note
        try:
            method = registry.method(question.recipe.method)
            note = method.load_estimator()(question, self._models_for(method))
        except Exception as error:  # whatever it is ends the question, not the worker
            log.exception("an estimate failed")
            note = self._failed(question.question, worded(error))
        self._say(note)

    def _models_for(self, method: Method) -> Models:
        if method.needs is None:
            return cast("Models", self._models)  # perhaps None: such a method asks for none, and torch stays away
        self._begin_warming()
        self._warming.join()
        if self._models is None:
            from server.models.runtime.residency import Models

            self._models = Models(Shelf(), self._device)
        return self._models

    def _failed(self, name: str, error: OverpaintError) -> wire.Failed:
        if error.code is Code.OUT_OF_MEMORY and self._models is not None:
            self._models.unload()
        return wire.Failed.of(name, error)


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
    Process(sys.stdin.buffer, reports, wanted).serve()


if __name__ == "__main__":
    main()
