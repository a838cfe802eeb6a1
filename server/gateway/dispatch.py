"""From the queue to a runner and back: who runs where, what is reported, and how a job is given up."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

from server.gateway.affinity import Affinity
from server.gateway.announcer import Announcer
from server.gateway.job import MAX_RUNS, Job, oom_killed_again, stopped_again
from server.gateway.jobs import JobTable
from server.gateway.queue import FairQueue
from server.gateway.settings import GatewaySettings
from server.gateway.transfers import Send
from server.journal import Journal
from server.listening.peers import Peer, guest_of, party
from server.methods import registry
from server.wire import content, results
from server.wire.errors import Code, OverpaintError
from server.wire.frames import Buffer
from server.wire.messages import Cancelled, Estimate, Estimated, Failed, Finished, JobState, Message, Progress, Queued
from server.wire.offers import Limits, Role
from server.wire.recipe import Recipe
from server.wire.words import mark
from server.workers import link
from server.workers.runner import Runner, Slot, Task

log = logging.getLogger(__name__)

Tell = Callable[[Job, Message, Buffer | None], bool]
"""To the job's listener; False when there is none, or it is gone."""


_AGAIN = mark("The server stopped while working; the edit starts again")

_QUESTIONS_EACH = 32
"""Of one ``peers.party``, unanswered at once."""


@dataclass
class _Question:
    """To the worker it goes under a name of ours: a client's own might be another client's, or a job's."""

    peer: Peer
    estimate: Estimate
    begun: bool = False

    def under(self, name: str) -> Estimate:
        known_as = content.of_guest(self.estimate.content, guest_of(self.peer.client))
        return replace(self.estimate, question=name, content=known_as)


class Dispatch:
    """Keeps the runner's slots busy and the listeners of their jobs informed. model_of: the model that a recipe needs;
    empty: none. limits: an answer beyond them is a failure."""

    def __init__(
        self,
        table: JobTable,
        journal: Journal,
        runner: Runner,
        tell: Tell,
        send: Send,
        settings: GatewaySettings,
        model_of: Callable[[Recipe], str] = lambda recipe: recipe.model,
        limits: Limits | None = None,
    ) -> None:
        self._table = table
        self._journal = journal
        self._runner = runner
        self._tell = tell
        self._send = send
        self._settings = settings
        self._model_of = model_of
        self._limits = limits or Limits()
        self._lanes = {light: FairQueue() for light in (False, True)}
        self._affinity = {light: Affinity(queue) for light, queue in self._lanes.items()}
        self._places = Announcer(table, self._orders, self._say_place)
        self._questions: dict[str, _Question] = {}
        self._worked = time.monotonic()
        self._unloaded = True

    def enqueue(self, job: Job) -> None:
        """A job in state QUEUED waits for its turn; it begins at once when a worker is idle."""
        self._lane(job.submit.recipe).add(job.id, party(job.client), self._model_of(job.submit.recipe))
        self.advance()

    def ask(self, peer: Peer, estimate: Estimate) -> None:
        """A question takes its turn like a job: measuring takes a worker for seconds, and would disturb one that works,
        which would disturb what it measures."""
        who = party(peer.client)
        if sum(party(question.peer.client) == who for question in self._questions.values()) >= _QUESTIONS_EACH:
            raise OverpaintError(Code.BUSY, "The server still measures for earlier questions.", "Ask again later.")
        name = uuid.uuid4().hex
        self._questions[name] = _Question(peer, estimate)
        self._lane(estimate.recipe).add(name, who, self._model_of(estimate.recipe))
        self.advance()

    def ask_no_more(self, peer: Peer) -> None:
        """The peer is gone: what it asked and no worker has heard yet is dropped."""
        for name, question in list(self._questions.items()):
            if question.peer == peer and not question.begun:
                del self._questions[name]
                self._leave(name)

    def advance(self) -> None:
        """Give idle slots their next jobs and questions; those who wait will hear their new places.

        What needs no model goes to a light slot where there is one, which never has to wait for a method that learns a
        picture; the runner may open it when all others are busy.
        """
        for light, affinity in self._affinity.items():
            while (pair := affinity.pair(self._idle(light))) is not None:
                self._begin(*pair)
        if self._lanes[True]:
            self._runner.want_light()
        self._places.moved(sum(map(len, self._lanes.values())))

    def pause(self, now: float, longest: float) -> float:
        """Seconds, ``longest`` at most, until ``tick`` has something to do (``now`` is monotonic)."""
        return self._places.pause(now, longest)

    def give_up(self, job: Job) -> None:
        """The job is cancelled: it leaves the queue, or its worker stops at the next step."""
        slot = next((slot for slot in self._runner.slots if slot.work == job.id), None)
        if slot is not None:
            job.given_up = True
            self._table.listen(job, None)
            self._runner.stop(slot, self._settings.stop_grace)
        else:
            self._leave(job.id)
            self._table.forget(job)
            self.advance()

    def skip(self, name: str, client: str) -> None:
        """A comparison of this client leaves out what it is at; one that does not run is at nothing."""
        job = self._table.find(name, client)
        if job is not None and registry.method(job.submit.recipe.method).role is Role.COMPARE:
            for slot in self._runner.slots:
                if slot.work == job.id:
                    self._runner.skip(slot)

    def hear(self) -> None:
        """Takes what the runner reports."""
        for slot, note, payload in self._runner.reports():
            try:
                self._take(note, payload)
            except Exception:  # one job's end must not be the server's
                log.exception("what slot %d reported could not be handled", slot.number)
        self.advance()

    def _take(self, note: link.Note, payload: bytes) -> None:
        if isinstance(note, link.Died):
            self._on_death(note)
        elif isinstance(note, Estimated):
            self._answer(note.question, note)
        elif isinstance(note, Failed) and note.job in self._questions:
            self._answer(note.job, note)
        elif isinstance(note, (Progress, Finished, Failed, Cancelled)):
            self._on_report(note, payload)

    def tick(self, now: float) -> None:
        """Called at each step, twice a second at least (``now`` is monotonic): restarts workers, unloads models that
        nobody uses, tells who waits."""
        self._runner.tick(now)
        if self._lanes[True]:
            self.advance()
        self._places.announce(now)
        if any(slot.work for slot in self._runner.slots):
            self._worked, self._unloaded = now, False
        elif not self._unloaded and now - self._worked > self._settings.unload_after:
            self._unloaded = True
            for slot in self._runner.slots:
                self._runner.unload(slot)

    def close(self) -> None:
        """Running jobs wait in the journal for the next server; the runner ends."""
        for slot in self._runner.slots:
            job = self._table.get(slot.work) if slot.work else None
            if job is not None and not job.given_up:
                self._table.return_run(job)
        self._runner.close()
        for job in self._table:
            if job.given_up:
                self._table.forget(job)

    def _idle(self, light: bool) -> list[Slot]:
        """For light work the light slots come first."""
        able = [slot for slot in self._runner.slots if slot.idle and (light or not slot.light)]
        return sorted(able, key=lambda slot: not slot.light)

    def _lane(self, recipe: Recipe) -> FairQueue:
        return self._lanes[registry.is_light(recipe.method) and not self._model_of(recipe)]

    def _leave(self, name: str) -> None:
        """Whichever lane it is in: a model that was installed meanwhile would put it into the other one now."""
        for queue in self._lanes.values():
            queue.remove(name)

    def _orders(self) -> list[list[str]]:
        return [queue.order() for queue in self._lanes.values()]

    def _say_place(self, job: Job) -> None:
        if job.place is not None:
            self._tell(job, Queued(job.id, job.place), None)

    def _begin(self, name: str, slot: Slot) -> None:
        question, job = self._questions.get(name), self._table.get(name)
        if question is not None:
            question.begun = True
            self._runner.ask(slot, question.under(name))
        if job is not None:
            self._table.begin_run(job)
            self._runner.run(slot, Task(job.id, self._journal.files(job.id), guest_of(job.client), job.low_memory))

    def _on_report(self, note: Progress | Finished | Failed | Cancelled, payload: bytes) -> None:
        job = self._table.get(note.job)
        if job is None:
            return
        if isinstance(note, Progress):
            if not job.given_up:
                job.progress = (note, payload)
                self._tell(job, note, payload or None)
        elif job.given_up or isinstance(note, Cancelled):
            self._table.forget(job)
        elif isinstance(note, Finished):
            self._finish(job, note)
        else:
            self._fail(job, OverpaintError(note.code, note.sentence, note.hint))

    def _answer(self, name: str, answer: Estimated | Failed) -> None:
        question = self._questions.pop(name, None)
        if question is None:
            return
        asked = question.estimate.question
        about = replace(answer, question=asked) if isinstance(answer, Estimated) else replace(answer, job=asked)
        self._send(question.peer, about, None)

    def _on_death(self, died: link.Died) -> None:
        if died.work in self._questions:
            sentence = "The server stopped while measuring."
            self._answer(died.work, Failed(died.work, Code.WORKER_DIED, sentence, "Ask again."))
        job = self._table.get(died.work) if died.work else None
        if job is None:
            return
        answer = self._journal.answer(job.id)
        if job.given_up:
            self._table.forget(job)
        elif answer is not None:  # it died with the job done and nothing said
            self._finish(job, answer)
        elif job.entry.runs >= MAX_RUNS:
            self._fail(job, oom_killed_again() if died.oom_killed else stopped_again())
        else:
            job.low_memory = died.oom_killed
            self._run_again(job)

    def _run_again(self, job: Job) -> None:
        log.warning("job %s is run once more", job.id)
        self._table.set_state(job, JobState.QUEUED)
        self._lane(job.submit.recipe).put_back(job.id, party(job.client), self._model_of(job.submit.recipe))
        again = Progress(job.id, _AGAIN, 0, 0)
        job.progress = (again, b"")
        self._tell(job, again, None)

    def _finish(self, job: Job, finished: Finished) -> None:
        try:
            results.check(finished.results, self._limits)
        except OverpaintError as error:
            self._fail(job, error)
            return
        log.info("job %s is finished", job.id)
        self._table.finish(job, finished)
        self._tell(job, finished, None)

    def _fail(self, job: Job, error: OverpaintError) -> None:
        log.info("job %s failed: %s", job.id, error.code.value)
        if self._tell(job, self._table.fail(job, error), None):
            self._table.forget(job)
