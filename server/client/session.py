"""One connection to a server that never waits: for Qt's loop, and under the blocking client.

Call ``poll`` about every 15 ms while something is under way (a timer did better in Krita than a notifier on the
sockets' descriptors; those are edge-triggered, so with one call ``poll`` after every call that sends, too).
"""

from __future__ import annotations

import logging
import os
import time
import uuid
import weakref
from collections import deque

import zmq

from ..wire import frames, sockets
from ..wire import messages as wire
from ..wire.connection import ConnectionFile
from ..wire.errors import OverpaintError
from ..wire.frames import Frames
from ..wire.messages import Channel
from . import events, losses
from .buffers import Buffers
from .pulse import Pulse
from .submission import Submission
from .transfer import JobTransfer, as_error

log = logging.getLogger(__name__)

POLL_BUDGET_S = 0.005
"""One ``poll`` works for this long at most, then leaves the rest to the next: a host's window stays alive."""


class Session:
    """``client`` names this installation (``identity.client_id``), ``application`` is for the server's log."""

    def __init__(
        self, connection: ConnectionFile, client: str, application: str = "", buffers: Buffers | None = None
    ) -> None:
        self.connection = connection
        self.welcome: wire.Welcome | None = None
        self.lost: OverpaintError | None = None
        self._buffers = buffers or Buffers()
        context = sockets.new_context()
        server_key = connection.server_key or None
        self._sockets = {
            channel: sockets.client_socket(context, connection.client_keys, server_key) for channel in Channel
        }
        self._lines = {channel: sockets.ConnectionMonitor(self._sockets[channel]) for channel in Channel}
        sockets.connect(self._sockets[Channel.DATA], connection.data)
        sockets.connect(self._sockets[Channel.CONTROL], connection.control)
        # A context that is collected as garbage, its sockets with it, waits for them for ever: this holds all of them.
        self._end = weakref.finalize(self, _end, context, list(self._lines.values()))
        self._poller = zmq.Poller()
        for socket in self._waiting_sockets():
            self._poller.register(socket, zmq.POLLIN)
        self._greeted: set[Channel] = set()
        self._outbox: dict[Channel, deque[wire.Message]] = {channel: deque() for channel in Channel}
        self._greet(client, application)
        self._pulse = Pulse(time.monotonic())
        self._transfers: dict[str, JobTransfer] = {}
        self._questions: set[str] = set()
        self._acknowledged: set[str] = set()
        self._events: list[events.Event] = []
        self._more = False

    # --- what a host asks for ------------------------------------------------------------------

    def start(self, submission: Submission) -> str:
        """Begins (or, after a lost connection, takes up again) one job and returns its id. Raises ``OverpaintError``
        for what the server would refuse."""
        submission.check(self.welcome.limits if self.welcome is not None else None)
        self._transfers[submission.job] = JobTransfer(submission.job, self._buffers, submission)
        self._say(submission.message())
        return submission.job

    def attach(self, job: str) -> None:
        """Hears from now on what happens to a job of an earlier session, beginning with where it stands."""
        self._transfers[job] = JobTransfer(job, self._buffers)
        self._say(wire.Attach(job))

    def cancel(self, job: str) -> None:
        """Stops sending at once; ``Cancelled`` follows when the server has stopped too."""
        transfer = self._transfers.get(job)
        if transfer is not None:
            transfer.stop()
        self._say(wire.Cancel(job), Channel.CONTROL)

    def skip(self, job: str) -> None:
        """A comparison leaves out the method that is at work; not answered."""
        self._say(wire.Skip(job), Channel.CONTROL)

    def acknowledge(self, job: str) -> None:
        """The answer is in the document: the server may forget the job. ``Acknowledged`` follows."""
        self._acknowledged.add(job)
        self._say(wire.Acknowledge(job))

    def list_jobs(self) -> None:
        """``Listed`` follows."""
        self._say(wire.ListJobs())

    def estimate(self, question: wire.Estimate) -> None:
        """``Estimated`` follows, or ``Failed`` with the question's id."""
        self._questions.add(question.question)
        self._say(question)

    def reuse(self, arrived: events.Arrived) -> None:
        """The host has copied the answer; its memory may serve the next one."""
        self._buffers.take_back(one.data for one in arrived.results)

    # --- the loop ------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """A job is under way."""
        return bool(self._transfers)

    @property
    def pending(self) -> bool:
        """The last ``poll`` ran out of its time with work left: call it again soon."""
        return self._more

    def filenos(self) -> list[int]:
        """Descriptors that become readable when ``poll`` should be called (edge-triggered)."""
        return [int(socket.getsockopt(zmq.FD)) for socket in self._waiting_sockets()]

    def wait(self, timeout: float) -> None:
        """For a host without a loop of its own: returns when ``poll`` has something to do, at the latest after
        ``timeout`` seconds."""
        if self._more or self.lost is not None:
            return
        self._poller.poll(round(min(timeout, Pulse.INTERVAL_S / 2) * 1000))

    def poll(self, budget: float = POLL_BUDGET_S) -> list[events.Event]:
        """Does what can be done now within ``budget`` seconds and returns what happened. Never waits, never raises for
        what the server or the network does: that is the event ``ServerLost``, the last of a session."""
        if self.lost is None:
            until = time.monotonic() + budget
            try:
                self._work(until)
                self._listen_for_life()
            except OverpaintError as error:
                self._lose(error)
        happened, self._events = self._events, []
        return happened

    def close(self) -> None:
        """Ends the session at once; a job submitted with ``keep`` runs on."""
        self._end()

    # --- inside --------------------------------------------------------------------------------

    def _greet(self, client: str, application: str) -> None:
        session = uuid.uuid4().hex
        for channel in Channel:
            version = (wire.PROTOCOL_MAJOR, wire.PROTOCOL_MINOR)
            hello = wire.Hello(*version, client, session, channel, application, os.getpid(), os.getppid())
            self._outbox[channel].append(hello)

    def _waiting_sockets(self) -> list[sockets.Socket]:
        return [*self._sockets.values(), *(line.monitor for line in self._lines.values())]

    def _say(self, message: wire.Message, channel: Channel = Channel.DATA) -> None:
        self._outbox[channel].append(message)
        self._flush(channel)

    def _flush(self, channel: Channel) -> bool:
        """Sends what waits; the greeting goes first and alone. True when nothing is left."""
        outbox = self._outbox[channel]
        while outbox and (channel in self._greeted or isinstance(outbox[0], wire.Hello)):
            try:
                frames.send(self._sockets[channel], outbox[0])
            except zmq.Again:
                return False
            outbox.popleft()
        return not outbox

    def _work(self, until: float) -> None:
        for line in self._lines.values():
            line.update()
        self._flush(Channel.CONTROL)
        while self._receive(Channel.CONTROL) and time.monotonic() < until:
            pass
        self._more = True
        while self._more:
            self._more = self._step()
            if time.monotonic() > until:
                break
        self._report_fractions()

    def _step(self) -> bool:
        """One message in and, for each upload, one chunk out, or one more piece named. False when there is nothing to
        do."""
        received = self._receive(Channel.DATA)
        if not self._flush(Channel.DATA):
            return received
        sent = [self._name(transfer) or self._upload(transfer) for transfer in self._transfers.values()]
        return received or any(sent)

    def _name(self, transfer: JobTransfer) -> bool:
        if not transfer.naming:
            return False
        named = transfer.name_on()
        if named is not None:
            self._say(named)
        return True

    def _upload(self, transfer: JobTransfer) -> bool:
        following = transfer.next_chunk()
        if following is None:
            return False
        try:
            frames.send(self._sockets[Channel.DATA], *following)
        except zmq.Again:
            return False
        transfer.chunk_sent(following[1])
        return True

    def _report_fractions(self) -> None:
        for transfer in self._transfers.values():
            event = transfer.fraction_event()
            if event is not None:
                self._events.append(event)

    def _receive(self, channel: Channel) -> bool:
        raw = frames.receive(self._sockets[channel], routed=False)
        if raw is None:
            return False
        self._pulse.alive(time.monotonic())
        self._handle(channel, raw)
        return True

    def _handle(self, channel: Channel, raw: Frames) -> None:
        """Whatever a server says ends at most this session: a host has a document open."""
        try:
            self._take(channel, raw)
        except OverpaintError:
            raise
        except Exception as error:
            log.exception("what the server said could not be taken")
            raise losses.senseless() from error

    def _take(self, channel: Channel, raw: Frames) -> None:
        message = raw.message()
        if isinstance(message, wire.Welcome):
            self._welcomed(channel, message)
        elif isinstance(message, wire.Failed) and not message.job:
            raise as_error(message)
        elif isinstance(message, wire.Jobs):
            self._events.append(events.Listed(message.jobs))
        elif getattr(message, "job", None) in self._acknowledged:
            self._handle_acknowledged(message)
        elif isinstance(message, wire.Cancelled):
            self._transfers.pop(message.job, None)
            self._events.append(message)
        elif isinstance(message, wire.Estimated):
            self._questions.discard(message.question)
            self._events.append(message)
        elif isinstance(message, wire.Failed) and message.job in self._questions:
            self._questions.discard(message.job)
            self._events.append(events.EditFailed(message.job, as_error(message)))
        elif not isinstance(message, wire.Pong):
            self._handle_job(message, raw.payload)

    def _handle_acknowledged(self, message: wire.Message) -> None:
        if isinstance(message, (wire.Acknowledged, wire.Cancelled)):
            self._acknowledged.discard(message.job)
            self._events.append(wire.Acknowledged(message.job))
        elif isinstance(message, wire.Failed):  # a server that crashed makes again what has arrived
            self._say(wire.Cancel(message.job), Channel.CONTROL)

    def _handle_job(self, message: wire.Message, payload: memoryview | None) -> None:
        job = getattr(message, "job", "")
        transfer = self._transfers.get(job)
        if transfer is None:
            return  # the last words about a job that has ended here
        try:
            event, replies = transfer.hear(message, payload)
        except OverpaintError as error:
            event, replies = events.EditFailed(job, error), []
        for reply in replies:
            self._say(reply)
        if isinstance(event, (events.Arrived, events.EditFailed)):
            self._transfers.pop(job, None)
        if event is not None:
            self._events.append(event)

    def _welcomed(self, channel: Channel, welcome: wire.Welcome) -> None:
        if channel in self._greeted:
            return
        self._greeted.add(channel)
        self._flush(channel)
        if len(self._greeted) == len(Channel):
            self.welcome = welcome
            self._events.append(events.Welcomed(welcome))

    def _listen_for_life(self) -> None:
        if any(line.refused for line in self._lines.values()):
            raise losses.refused()
        if any(line.gone for line in self._lines.values()) and not self._more:
            raise losses.vanished(bool(self._greeted))
        now = time.monotonic()
        if self._pulse.ping_due(now) and self.welcome is not None:
            self._say(wire.Ping(self._pulse.pinged(now)), Channel.CONTROL)
        if not self._more and self._pulse.stopped(now, greeted=self.welcome is not None):
            raise losses.silent(any(line.open for line in self._lines.values()))

    def _lose(self, error: OverpaintError) -> None:
        self.lost = error
        self._more = False
        self._transfers.clear()
        self._events.append(events.ServerLost(error))


def _end(context: sockets.Context, lines: list[sockets.ConnectionMonitor]) -> None:
    for line in lines:
        line.close()
    context.destroy(linger=0)
