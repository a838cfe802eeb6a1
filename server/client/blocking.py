"""The client for a host that may wait: the command line and GIMP."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from types import TracebackType

from ..wire.connection import ConnectionFile
from ..wire.errors import Code, OverpaintError
from ..wire.messages import Estimated, JobLine, Welcome
from ..wire.offers import MethodOffer
from ..wire.paths import Home
from . import events
from .link import Link
from .submission import Submission

OnEvent = Callable[[events.Event], "bool | None"]
"""Told of each event; False (not None) cancels the job. An exception cancels it too and then goes on its way."""

_CANCEL_PATIENCE_S = 2.0
_WAIT_S = 0.25
_WHOLE_CHUNKS_S = 0.05
"""Nobody's window waits here, so one step may take longer than in a plugin."""


class Client:
    """A line to the server, opened (and the server started) on first use. Use it as a context manager."""

    def __init__(self, application: str, home: Home, connection: ConnectionFile | None = None) -> None:
        self.home = home
        self.link = Link(application, home, connection)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self.link.close()

    @property
    def welcome(self) -> Welcome | None:
        """What the server offers; None while there is none."""
        return self.link.welcome

    @property
    def offers(self) -> tuple[MethodOffer, ...]:
        """Its methods; none before it has answered."""
        return self.welcome.methods if self.welcome is not None else ()

    def hello(self, on_event: OnEvent | None = None) -> Welcome:
        """What the server offers; ``on_event`` hears of its start. Raises ``OverpaintError`` when none can be reached
        or started."""
        self.link.open()
        while self.link.welcome is None:
            for event in self.listen():
                if on_event is not None:
                    on_event(event)
        return self.link.welcome

    def listen(self, wait: float = _WAIT_S, budget: float = _WHOLE_CHUNKS_S) -> list[events.Event]:
        """For a dialog with a loop of its own: what has happened, after waiting up to ``wait`` seconds for something
        and working on it for about ``budget``. Raises ``OverpaintError`` when there is no server and nothing is to be
        hoped for."""
        self.link.wait(wait)
        happened = self.link.poll(budget)
        for event in happened:
            _raise_if_lost(event)
        return happened

    def run(self, submission: Submission, on_event: OnEvent | None = None) -> events.Arrived:
        """One job from beginning to end. The server keeps the answer until ``acknowledge``. Raises ``OverpaintError``:
        the server's own, or ``cancelled``."""
        self.link.start(submission)
        return self._follow(submission.job, on_event)

    def estimate(self, submission: Submission) -> Estimated:
        """What an edit of a method with presets would need; its pixels stay here. Raises ``OverpaintError``."""
        question = self.link.estimate(submission)
        for event in self._stream():
            if isinstance(event, events.Estimated) and event.question == question:
                return event
            if isinstance(event, events.EditFailed) and event.job == question:
                raise event.error
        raise AssertionError("the stream of events has no end")

    def attach(self, job: str, on_event: OnEvent | None = None) -> events.Arrived:
        """Follows a job of an earlier run to its end; errors as for ``run``."""
        self.link.attach(job)
        return self._follow(job, on_event)

    def jobs(self) -> tuple[JobLine, ...]:
        """What the server still keeps for this application."""
        self.link.list_jobs()
        return next(event.jobs for event in self._stream() if isinstance(event, events.Listed))

    def acknowledge(self, job: str, patience: float = math.inf) -> None:
        """The answer is where it belongs: the server may forget it. Returns when it has, at the latest after
        ``patience`` seconds: what it has not heard by then it forgets by itself later."""
        self.link.acknowledge(job)
        until = time.monotonic() + patience
        while time.monotonic() < until:
            if any(isinstance(event, events.Acknowledged) and event.job == job for event in self.listen()):
                return

    def cancel(self, job: str) -> None:
        """Stops a job of this application, also one of an earlier run; returns when it has stopped."""
        self.hello()
        self.link.cancel(job)
        until = time.monotonic() + _CANCEL_PATIENCE_S
        while time.monotonic() < until:
            if any(isinstance(event, events.Cancelled) and event.job == job for event in self.listen()):
                return

    def reuse(self, arrived: events.Arrived) -> None:
        """The answer's pixels have been copied; their memory may serve the next one."""
        self.link.reuse(arrived)

    def _follow(self, job: str, on_event: OnEvent | None) -> events.Arrived:
        try:
            for event in self._stream():
                wanted = on_event(event) if on_event is not None else None
                if getattr(event, "job", job) == job and _is_end(event):
                    return _outcome(event)
                if wanted is False:
                    self.link.cancel(job)
        except BaseException:
            self._cancel_quietly(job)
            raise
        raise AssertionError("the stream of events has no end")

    def _cancel_quietly(self, job: str) -> None:
        """Cancels on the way out of an error, which must not be covered by another one."""
        try:
            if self.link.active and self.link.welcome is not None:
                self.cancel(job)
        except OverpaintError:
            return

    def _stream(self) -> Iterator[events.Event]:
        while True:
            yield from self.listen()


def _raise_if_lost(event: events.Event) -> None:
    if isinstance(event, events.ServerLost):
        raise event.error


def _is_end(event: events.Event) -> bool:
    return isinstance(event, (events.Arrived, events.EditFailed, events.Cancelled))


def _outcome(event: events.Event) -> events.Arrived:
    if isinstance(event, events.Arrived):
        return event
    if isinstance(event, events.EditFailed):
        raise event.error
    raise OverpaintError(Code.CANCELLED, "Cancelled.")
