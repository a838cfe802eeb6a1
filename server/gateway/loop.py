"""The gateway's loop: one thread that waits for clients, workers and the clock, and never does anything slow."""

from __future__ import annotations

import contextlib
import gc
import logging
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from server.gateway.dispatch import Dispatch
from server.gateway.handlers import Handlers
from server.gateway.job import Job
from server.gateway.jobs import JobTable
from server.gateway.memory import Memory
from server.gateway.offer import Offers
from server.gateway.settings import GatewaySettings
from server.journal import Journal
from server.listening.endpoint import Endpoint
from server.listening.peers import Gone, Peer, Received, TurnedOut, guest_of
from server.methods import registry
from server.models.store.loras import LoraStore
from server.models.store.store import ModelStore
from server.wire.address import Address
from server.wire.connection import Transport
from server.wire.frames import Buffer
from server.wire.messages import PROTOCOL_MAJOR, PROTOCOL_MINOR, Message, Welcome
from server.wire.offers import Limits
from server.wire.recipe import Recipe
from server.wire.retire import asked_to_end, forget_request
from server.wire.words import plain
from server.workers.runner import AUTO, LOCAL, RunnerOptions, runner_class

log = logging.getLogger(__name__)

NAME = "Overpaint 0.1.0"

_STEP = 0.5
_SWEEP = 60.0
_PROBLEM_LETTERS = 500
_DEVICE_LETTERS = 500
"""A cluster's devices, named one by one, would fill a greeting."""
_BREATH = 0.05
"""After a fault: one that comes with each step must not fill the log at full speed."""
_SWEPT_A_STEP = 50
_READ_A_STEP = 4
"""Jobs, so that no step of the loop takes long."""


class Gateway:
    """Bound and answering when made; ``run`` lives until ``stop`` is called or nobody has needed it for long.

    home: the folder of connection file, journal, spool and models. device: where the worker runs (``auto``, ``cpu``,
    ``cuda:1`` …). listen: where other machines may connect. runner: who runs the jobs, ``NAME`` or ``NAME://ADDRESS``.
    Raises ``OverpaintError``: busy when a server for ``home`` runs already, bad-request when it cannot listen there, or
    there is no such runner.
    """

    def __init__(
        self,
        home: Path,
        settings: GatewaySettings | None = None,
        transport: Transport = Transport.AUTO,
        device: str = AUTO,
        limits: Limits | None = None,
        listen: Address | None = None,
        runner: str = LOCAL,
    ) -> None:
        name, _, address = runner.partition("://")
        make_runner = runner_class(name)
        self._settings = settings or GatewaySettings()
        self._limits = limits or Limits()
        self._home = home
        self._stopping = False
        self._memory = Memory()
        self._store, self._loras = ModelStore(home / "models"), LoraStore(home / "loras")
        self._offers = Offers(self._store)
        with contextlib.ExitStack() as endings:  # whoever finds the connection file must find a server behind it
            self._endpoint = Endpoint(
                home, self._welcome, transport, listen, self._settings.silent_after, self._settings.max_sessions
            )
            endings.callback(self._endpoint.close)
            forget_request(home)
            self._journal = Journal(home, keeping=self._settings.keeping, models=self._paints)
            endings.callback(self._journal.close)
            self._table = JobTable(self._journal)
            self._runner = make_runner(
                RunnerOptions(self._endpoint.context, home, device, self._settings.worker_silent_after, address)
            )
            self._dispatch = Dispatch(
                self._table,
                self._journal,
                self._runner,
                self._tell,
                self._send,
                self._settings,
                self._model_of,
                self._limits,
            )
            endings.callback(self._dispatch.close)
            self._endings = endings.pop_all()
        self._handlers = Handlers(
            self._table, self._journal, self._dispatch, self._offers, self._send, self._limits, self._settings
        )
        self._endpoint.watch(self._runner.wake, self._dispatch.hear)
        for scribe in self._journal.scribes:
            self._endpoint.watch(scribe.fileno(), scribe.hear)
        self._loading = True
        self._sweeping: Iterator[Job | None] = iter(())
        self._swept = self._wanted = time.monotonic()

    def stop(self) -> None:
        """Ends ``run`` at its next step. May be called from a signal handler."""
        self._stopping = True

    def run(self) -> None:
        """Serves; on the way out everything is closed, and unfinished jobs wait in the journal."""
        with self._endings:
            self._table.load(self._dispatch.enqueue)
            for key in {guest_of(entry.client) for entry in self._journal.entries()}:
                if key and self._endpoint.authorized.has_turned_out(key):
                    self._handlers.turned_out(key)
            while not self._stopping:
                self._step_on()
        log.info("the server has ended")

    def _step_on(self) -> None:
        try:
            self._step()
        except Exception:  # whatever it was, the next step is for everybody else
            log.exception("a step of the loop broke off")
            time.sleep(_BREATH)

    def _step(self) -> None:
        now = time.monotonic()
        why = self._why_to_end()
        if why:
            log.warning("%s: it ends", why)
            self._stopping = True
            return
        self._dispatch.tick(now)
        self._sweep(now)
        if self._memory.grows_too_large(now):
            self._endpoint.hush()
        loading = self._table.load_more(_READ_A_STEP)
        if self._loading:
            gc.freeze()  # what is kept for long need not be looked through for garbage again and again
        self._loading = loading
        for event in self._endpoint.poll(0 if loading else self._dispatch.pause(now, _STEP)):
            self._take(event)
        self._handlers.take_up_returned()
        if len(self._endpoint) or self._working():
            self._wanted = now
        elif now - self._wanted > self._settings.end_after:
            log.info("nobody has needed the server for %.0f s: it ends", now - self._wanted)
            self._stopping = True

    def _why_to_end(self) -> str:
        if not self._home.exists():
            return "the server's folder is gone, so nobody can find it"
        if asked_to_end(self._home):
            return "the server was asked to end"
        return "another server has taken over this one's folder" if self._endpoint.displaced else ""

    def _take(self, event: Received | Gone | TurnedOut) -> None:
        try:
            if isinstance(event, Gone):
                self._handlers.gone(event.peer)
            elif isinstance(event, TurnedOut):
                self._handlers.turned_out(event.key)
            else:
                self._handlers.answer(event)
        except Exception:  # one client's message must not end the server for all
            log.exception("a message could not be handled")

    def _working(self) -> bool:
        return self._table.tally.all.working > 0

    def _sweep(self, now: float) -> None:
        """A little of it at each step: thousands of jobs may be kept."""
        if now - self._swept > _SWEEP:
            self._swept = now
            self._journal.tend()
            self._sweeping = self._table.sweep(self._journal.clock.now, self._settings)
        gone = [job for job in islice(self._sweeping, _SWEPT_A_STEP) if job is not None]
        for job in gone:
            log.info("job %s is forgotten: too old, or too much is kept", job.id)
            self._table.forget(job)

    def _send(self, peer: Peer, message: Message, payload: Buffer | None = None) -> bool:
        return self._endpoint.send(peer, message, payload)

    def _tell(self, job: Job, message: Message, payload: Buffer | None = None) -> bool:
        return job.listener is not None and self._send(job.listener, message, payload)

    def _model_of(self, recipe: Recipe) -> str:
        return registry.model_for(recipe, self._store.cards())

    def _paints(self) -> str:
        """Of all that an answer depends on besides its job: the models, and what words mean to them."""
        return f"{self._store.stamp()}\n{self._loras.stamp()}"

    def _welcome(self) -> Welcome:
        waiting = self._table.tally.all.waiting
        offer = self._offers.named()
        return Welcome(
            PROTOCOL_MAJOR,
            PROTOCOL_MINOR,
            NAME,
            plain(", ".join(slot.title for slot in self._runner.slots if slot.title), _DEVICE_LETTERS),
            offer.methods,
            offer.models,
            self._limits,
            waiting,
            plain(self._runner.problem, _PROBLEM_LETTERS),
        )
