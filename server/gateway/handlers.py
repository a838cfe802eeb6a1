"""What clients ask, answered: submit, chunks, attach, fetch, acknowledge, cancel, list."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial

from server.gateway.admission import JOB_ID, admit, admit_question, check_id, check_room, check_same, room_for
from server.gateway.cancels import RecentCancels
from server.gateway.dispatch import Dispatch
from server.gateway.hosts import Hosts
from server.gateway.job import OPEN, Job
from server.gateway.jobs import JobTable
from server.gateway.listing import listed
from server.gateway.offer import Offers
from server.gateway.quotas import check_places
from server.gateway.references import with_model
from server.gateway.settings import GatewaySettings
from server.gateway.transfers import Downloads, Send
from server.journal import Blobs, Journal
from server.listening.peers import Peer, Received, guest_of, party
from server.wire.errors import Code, OverpaintError
from server.wire.frames import Buffer
from server.wire.messages import (
    Accepted,
    Acknowledge,
    Acknowledged,
    Attach,
    Cancel,
    Cancelled,
    Chunk,
    Credit,
    Estimate,
    Failed,
    Fetch,
    JobState,
    ListJobs,
    Message,
    Skip,
    Submit,
)
from server.wire.offers import Limits

log = logging.getLogger(__name__)


class Handlers:
    """``answer`` takes each message of a client; what it raises is sent back to that client as ``Failed``."""

    def __init__(
        self,
        table: JobTable,
        journal: Journal,
        dispatch: Dispatch,
        offers: Offers,
        send: Send,
        limits: Limits,
        settings: GatewaySettings,
    ) -> None:
        self._table, self._journal, self._dispatch = table, journal, dispatch
        self._offers, self._send, self._limits, self._settings = offers, send, limits, settings
        self._downloads = Downloads(send, self._damaged)
        self._cancels = RecentCancels()
        self._returned: dict[str, Received] = {}
        self._clearing: dict[str, Received] = {}
        self._held: dict[str, Peer] = {}
        self._hosts = Hosts()

    def answer(self, received: Received) -> None:
        peer, message = received.peer, received.message
        try:
            self._handle(peer, message, received.payload)
        except OverpaintError as error:
            if error.code is Code.DISK_FULL and self._clears_for(received):
                return
            log.info("%s refused: %s", type(message).__name__, error.code.value)
            self._send(peer, Failed.of(_subject(message), error), None)
        except Exception:  # a fault of ours: whoever asked must not wait for ever, nor the others end with it
            log.exception("a %s message could not be handled", type(message).__name__)
            self._send(peer, _fault(_subject(message)), None)

    def _clears_for(self, received: Received) -> bool:
        """Where pixels are kept that only may be of use again, they go before an edit is refused for a full disk."""
        message = received.message
        if not isinstance(message, Submit) or self._journal.blobs.empty:
            return False
        self._clearing[message.job] = received

        def again(error: OverpaintError | None) -> None:
            waiting = self._clearing.pop(message.job, None)
            if waiting is not None:
                self.answer(waiting)

        self._journal.with_blobs(Blobs.clear, again)
        return True

    def gone(self, peer: Peer) -> None:
        """The session has ended: its jobs that should not outlive it are given up, the others go on unheard, and so do
        those whose pixels are here when the whole application has ended."""
        self._downloads.end(peer=peer)
        for waiting in (self._returned, self._clearing):
            for name in [name for name, received in waiting.items() if received.peer == peer]:
                del waiting[name]
        self._dispatch.ask_no_more(peer)
        crashed = self._hosts.took_along(peer)
        for job in self._table.heard_by(peer):
            self._table.listen(job, None)
            if not job.submit.keep and crashed and job.state is not JobState.UPLOADING:
                log.info("job %s outlives its application", job.id)
                self._table.keep(job)
            elif not job.submit.keep:
                self._dispatch.give_up(job)

    def turned_out(self, key: str) -> None:
        """The machine with this key may not come in any more: what it had here is given up and removed."""
        for job in self._table:
            if guest_of(job.client) == key:
                self._downloads.end(job=job.id)
                self._dispatch.give_up(job)
        self._journal.with_blobs(lambda blobs: blobs.forget(key))

    def _handle(self, peer: Peer, message: Message, payload: memoryview | None) -> None:
        if not isinstance(message, ListJobs):
            check_id(_subject(message))
        if isinstance(message, Chunk) and payload is not None:
            self._take_chunk(peer, message, payload)
        elif isinstance(message, Credit):
            self._downloads.grant(peer, message.job, message.chunks)
        elif isinstance(message, Submit):
            self._submit(peer, message)
        elif isinstance(message, Attach):
            self._attach(peer, self._table.need(message.job, peer.client))
        elif isinstance(message, Fetch):
            self._fetch(peer, message)
        elif isinstance(message, Acknowledge):
            self._acknowledge(peer, message.job)
        elif isinstance(message, Cancel):
            self._cancel(peer, message.job)
        elif isinstance(message, Skip):
            self._dispatch.skip(message.job, peer.client)
        elif isinstance(message, ListJobs):
            self._send(peer, listed(self._table.of(peer.client), self._journal), None)
        elif isinstance(message, Estimate):
            self._estimate(peer, message)

    # --- in -----------------------------------------------------------------------------------------

    def take_up_returned(self) -> None:
        """Call it often. Where a host that had vanished submitted its edit again while the first run was being given
        up, the edit begins anew once that has ended."""
        for name in [name for name in self._returned if not self._table.taken(name)]:
            self.answer(self._returned.pop(name))
        self._go_on_with_held()

    def _submit(self, peer: Peer, submit: Submit) -> None:
        check_id(submit.job)
        if self._cancels.has(peer.client, submit.job):
            self._send(peer, Cancelled(submit.job), None)
            return
        if self._table.being_given_up(submit.job, peer.client):
            self._returned[submit.job] = Received(peer, submit)
            return
        job = self._table.find(submit.job, peer.client) or self._admit(peer, submit)
        self._table.listen(job, peer)
        if not submit.keep:
            self._hosts.meet(peer)
        elif not job.submit.keep:  # its host found no place for the answer
            self._table.keep(job)
        if job.nothing_came and job.submit.blobs != submit.blobs:
            check_same(job.submit, submit)
            self._table.name(job, submit, partial(self._refuse, job))
        if job.nothing_came and job.named and self._table.may_come_with_another(job):
            self._held[job.id] = peer
        else:
            self._journal.when_written(partial(self._accept, peer, job), checked=job.checking)

    def _go_on_with_held(self) -> None:
        """The pixels that an edit waits for have come with another one, or will not: then it brings them itself."""
        for name, peer in list(self._held.items()):
            job = self._table.get(name)
            if job is not None and job.listener == peer and self._table.may_come_with_another(job):
                continue
            del self._held[name]
            if job is None or job.listener != peer:
                continue
            if job.nothing_came:
                self._table.name(job, job.submit, partial(self._refuse, job))
            self._journal.when_written(partial(self._accept, peer, job))

    def _accept(self, peer: Peer, job: Job, error: OverpaintError | None = None) -> None:
        """The job is on the disk: that it is accepted may be said, unless something came of it meanwhile."""
        if self._table.get(job.id) is not job or job.listener != peer:
            return
        if job.failure is not None:
            self._attach(peer, job)
            return
        received = job.receiving.received if job.receiving is not None else job.submit.blobs
        name_first = job.nothing_came and not job.named and self._table.resembles(job)
        self._send(peer, Accepted(job.id, job.state, received, name_first=name_first), None)
        if job.receiving is not None and job.receiving.complete:
            self._uploaded(job)

    def _damaged(self, name: str, error: OverpaintError) -> None:
        job = self._table.get(name)
        if job is not None and job.state is JobState.FINISHED:
            self._table.fail(job, error)
            self._table.forget(job)  # whoever fetched it has just been told

    def _admit(self, peer: Peer, submit: Submit) -> Job:
        if self._table.taken(submit.job):
            raise OverpaintError(Code.BUSY, "The server cannot take this edit now.", "Run it again as a new one.")
        offer = self._offers.all()
        admit(submit, offer.methods, offer.models, self._limits)
        submit = with_model(submit, offer.methods)
        promised = self._table.tally.all.to_come
        check_room(room_for(submit), self._journal.free_bytes() - promised, self._settings.spare_disk)
        check_places(submit, party(peer.client), self._table, self._settings)
        asked = f": {submit.recipe.prompt!r}" if self._settings.log_prompts else ""
        log.info("job %s is %s, from %s%s", submit.job, submit.recipe.method, peer.application or "a host", asked)
        job = self._table.add(submit, peer.client, lambda error: self._refuse(job, error))
        return job

    def _refuse(self, job: Job, error: OverpaintError | None) -> None:
        """Where the disk did not take the job, or its pixels: it is none, and whoever sent it hears why."""
        if error is None or self._table.get(job.id) is not job:
            return
        if job.listener is not None:
            self._send(job.listener, self._table.fail(job, error), None)
        self._table.forget(job)

    def _estimate(self, peer: Peer, question: Estimate) -> None:
        offer = self._offers.all()
        admit_question(question, offer.methods, offer.models, self._limits)
        self._dispatch.ask(peer, question)

    def _take_chunk(self, peer: Peer, chunk: Chunk, payload: Buffer) -> None:
        job = self._table.find(chunk.job, peer.client)
        if job is None and self._table.just_gone(chunk.job, peer.client):
            return
        job = job or self._table.need(chunk.job, peer.client)
        if job.receiving is None or job.listener != peer:
            return  # still under way when the job was failed, or taken over by another session
        try:
            if job.making:
                raise OverpaintError(Code.BAD_REQUEST, "Pixels came before their edit was accepted.")
            credit = job.receiving.take(chunk, payload)
        except OverpaintError as error:
            self._send(peer, self._table.fail(job, error), None)
            self._table.forget(job)
            return
        self._table.took(job)
        if job.receiving.complete:
            self._uploaded(job)
        elif credit is not None:
            self._send(peer, credit, None)

    def _uploaded(self, job: Job) -> None:
        """It waits for a worker as soon as its pixels are on the disk."""
        job.receiving = None
        self._journal.sync_uploads(job.client, job.submit, lambda error, named: self._queue(job, error, named))

    def _queue(self, job: Job, error: OverpaintError | None, named: Submit) -> None:
        self._refuse(job, error)
        if error is None and self._table.get(job.id) is job and job.state is JobState.UPLOADING:
            job.submit = replace(job.submit, blobs=named.blobs)
            self._table.set_state(job, JobState.QUEUED)
            self._dispatch.enqueue(job)

    # --- out ----------------------------------------------------------------------------------------

    def _attach(self, peer: Peer, job: Job) -> None:
        self._table.listen(job, peer)
        message, preview = job.standing
        if message is not None and self._send(peer, message, preview) and job.failure is not None:
            self._table.forget(job)  # a failure is kept only until somebody has heard of it

    def _fetch(self, peer: Peer, fetch: Fetch) -> None:
        job = self._table.need(fetch.job, peer.client)
        if job.finished is None:
            raise OverpaintError(Code.BAD_REQUEST, "The answer was asked for before it was there.")
        self._downloads.begin(peer, fetch, job.finished, self._journal.folder(job.id))

    def _acknowledge(self, peer: Peer, name: str) -> None:
        job = self._table.find(name, peer.client)
        if job is not None and job.state in OPEN:
            raise OverpaintError(Code.BAD_REQUEST, "The answer was acknowledged before it was there.")
        if job is not None:
            self._downloads.end(job=name)
            self._table.forget(job)
        self._journal.when_written(lambda error: self._say_acknowledged(peer, name))

    def _say_acknowledged(self, peer: Peer, name: str) -> None:
        """The job never comes back."""
        self._send(peer, Acknowledged(name), None)

    def _cancel(self, peer: Peer, name: str) -> None:
        self._cancels.note(peer.client, name)
        job = self._table.find(name, peer.client)
        if job is not None:
            listener = job.listener
            self._downloads.end(job=name)
            self._dispatch.give_up(job)
            if listener is not None and listener != peer:
                self._send(listener, Cancelled(name), None)
        self._send(peer, Cancelled(name), None)


def _subject(message: Message) -> str:
    """The job, or the question, that a message is about; empty when it is about neither, and for what is no id."""
    name = message.question if isinstance(message, Estimate) else getattr(message, "job", "")
    return name if JOB_ID.fullmatch(name) else ""


def _fault(job: str) -> Failed:
    return Failed(
        job, Code.INTERNAL, "Something went wrong inside the server.", "Its log says what: run “overpaint doctor”."
    )
