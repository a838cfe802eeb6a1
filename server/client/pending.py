"""What a host has asked for and not been given yet: when its server is lost, the next one is asked again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..wire.errors import Code, OverpaintError
from ..wire.messages import Estimate
from . import events
from .session import Session
from .submission import Submission

LOSSES_BORNE = 3
"""The same is asked again so many times, then it fails: something is wrong that trying does not mend."""

_SILENCE_WEIGHS = 0.25

WORTH_ANOTHER_TRY = (Code.UNREACHABLE, Code.HUNG, Code.REFUSED)
"""A server that is just ending can look like any of these; the next search finds out."""


@dataclass
class Following:
    """A job, until it has ended. ``submission`` is None for one of an earlier run, which is only listened to."""

    job: str
    submission: Submission | None
    losses: float = 0
    cancelled: bool = False
    again_at: float | None = None
    """The server had no place for it: when (``time.monotonic``) to offer it again."""

    def ask(self, session: Session) -> None:
        self.again_at = None
        if self.cancelled:
            session.cancel(self.job)
        elif self.submission is not None:
            session.start(self.submission)
        else:
            session.attach(self.job)

    def settled_by(self, event: events.Event) -> bool:
        return isinstance(event, (events.Arrived, events.EditFailed, events.Cancelled)) and event.job == self.job


@dataclass
class Asking:
    """A question."""

    question: Estimate
    losses: float = 0

    def ask(self, session: Session) -> None:
        session.estimate(self.question)

    def settled_by(self, event: events.Event) -> bool:
        if isinstance(event, events.Estimated):
            return event.question == self.question.question
        return isinstance(event, events.EditFailed) and event.job == self.question.question


@dataclass
class Acknowledging:
    """That an answer is where it belongs."""

    job: str
    losses: float = 0

    def ask(self, session: Session) -> None:
        session.acknowledge(self.job)

    def settled_by(self, event: events.Event) -> bool:
        return isinstance(event, events.Acknowledged) and event.job == self.job


@dataclass
class Cancelling:
    """The end of a job that this host does not follow."""

    job: str
    losses: float = 0

    def ask(self, session: Session) -> None:
        session.cancel(self.job)

    def settled_by(self, event: events.Event) -> bool:
        return isinstance(event, events.Cancelled) and event.job == self.job


@dataclass
class ListRequest:
    """The list of jobs."""

    losses: float = 0

    def ask(self, session: Session) -> None:
        session.list_jobs()

    def settled_by(self, event: events.Event) -> bool:
        return isinstance(event, events.Listed)


PendingRequest = Following | Asking | Acknowledging | Cancelling | ListRequest


class PendingRequests:
    """All of it, in the order in which it was asked for."""

    def __init__(self) -> None:
        self._debts: list[PendingRequest] = []

    def __bool__(self) -> bool:
        return bool(self._debts)

    def __iter__(self) -> Iterator[PendingRequest]:
        return iter(list(self._debts))

    @property
    def losses(self) -> float:
        """The most that any of it has borne."""
        return max((debt.losses for debt in self._debts), default=0)

    @property
    def jobs(self) -> list[Following]:
        return [debt for debt in self._debts if isinstance(debt, Following)]

    def add(self, debt: PendingRequest) -> None:
        self._debts.append(debt)

    def job(self, name: str) -> Following | None:
        return next((debt for debt in self.jobs if debt.job == name), None)

    def settle(self, event: events.Event) -> None:
        """``event`` came: what it answers is owed no longer."""
        self._debts = [debt for debt in self._debts if not debt.settled_by(event)]

    def clear(self) -> None:
        self._debts.clear()

    def forgive(self) -> None:
        """A session has lasted: what was lost before it does not count any more."""
        for debt in self._debts:
            debt.losses = 0

    def count_loss(self, error: OverpaintError) -> None:
        """A session was lost, or a search has failed. A server that is silent may only be slow, on a machine at its
        limits, so its silence weighs less: about a minute of it is borne."""
        weight = _SILENCE_WEIGHS if error.code is Code.HUNG else 1
        for debt in self._debts:
            debt.losses += weight

    def give_up(self, error: OverpaintError, *, server_lives: bool, searched: bool = False) -> list[events.Event]:
        """Gives up what was lost too often and what cannot be mended, and returns what that means to the host. Where no
        server was found (``searched``) only a job is worth another search; a cancelled job is worth none."""
        hopeless = error.code not in WORTH_ANOTHER_TRY or (searched and not self.jobs)
        ended = [
            debt
            for debt in self._debts
            if hopeless or debt.losses > LOSSES_BORNE or (_unwanted(debt) and not server_lives)
        ]
        self._debts = [debt for debt in self._debts if debt not in ended]
        return [event for debt in ended for event in _ending(debt, error)]


def _unwanted(debt: PendingRequest) -> bool:
    return isinstance(debt, Following) and debt.cancelled


def _ending(debt: PendingRequest, error: OverpaintError) -> list[events.Event]:
    if isinstance(debt, Following):
        return [events.Cancelled(debt.job) if debt.cancelled else events.EditFailed(debt.job, error)]
    return [events.EditFailed(debt.question.question, error)] if isinstance(debt, Asking) else []
