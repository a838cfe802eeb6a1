"""A host's lasting line to its server: finds or starts one, and asks the next one again when it is lost.

This is what plugins hold. It never waits: call ``poll`` every 15 ms while ``active``, a few times a second otherwise.
"""

from __future__ import annotations

import time

from ..wire.connection import ConnectionFile
from ..wire.errors import Code, FullError, OverpaintError
from ..wire.messages import Welcome
from ..wire.paths import Home
from . import events
from .buffers import Buffers
from .identity import client_id
from .launch import Launch, find
from .pending import (
    WORTH_ANOTHER_TRY,
    Acknowledging,
    Asking,
    Cancelling,
    Following,
    ListRequest,
    PendingRequest,
    PendingRequests,
)
from .session import POLL_BUDGET_S, Session
from .submission import Submission

_PAUSE_S = 0.5
"""Before the second try, twice as long before the third; the first is at once."""

_SEARCH_STEP_S = 0.02

_FULL_PAUSE_S = 2.0
"""Before a job for which the server had no place is offered again."""

_LASTING_S = 1.0
"""A session that was answered for so long was a good one."""

_STEADY_S = 60.0
"""After one that was answered for so long, earlier losses are forgotten: an edit of hours outlives many a sleep."""

_SKIPS_SINCE = 2
"""Minor version of the protocol."""


class Link:
    """``application``: "krita", "gimp", "cli". ``home``: of this user. ``connection``: a certain server
    instead of this user's own.

    All that is asked for is owed until it is answered: a lost server costs a host nothing but time, within bounds
    (``pending.LOSSES_BORNE``).
    """

    def __init__(self, application: str, home: Home, connection: ConnectionFile | None = None) -> None:
        self._application = application
        self._home = home
        self._chosen = connection
        self._client = client_id(home.path, application)
        self._buffers = Buffers()
        self._launch: Launch | None = None
        self._session: Session | None = None
        self._pending = PendingRequests()
        self._returning: OverpaintError | None = None
        """Why the last session ended, while its server, which lives, is greeted anew."""
        self._greeted_at = 0.0
        self._pause_until = 0.0
        self._tried_again = False
        self._events: list[events.Event] = []

    # --- what a host asks for ------------------------------------------------------------------

    def open(self) -> None:
        """Begins to look for the server; ``Welcomed`` or ``ServerLost`` follows. The other calls do this themselves."""
        if self._session is None and self._launch is None:
            self._launch = Launch(self._home)
            self._events.append(events.Connecting(starting=False))

    def start(self, submission: Submission) -> str:
        """Begins a job and returns its id; raises ``OverpaintError`` for what the server would refuse."""
        submission.check(self.welcome.limits if self.welcome is not None else None)
        self._ask(Following(submission.job, submission))
        return submission.job

    def attach(self, job: str) -> None:
        """Follows a job of an earlier run of this application."""
        self._ask(Following(job, None))

    def cancel(self, job: str) -> None:
        """Stops a job wherever it stands; ``Cancelled`` follows, unless it has just ended."""
        followed = self._pending.job(job)
        if followed is None:
            self._ask(Cancelling(job))
            return
        followed.cancelled = True
        if self._ready is not None:
            followed.ask(self._ready)

    def skip(self, job: str) -> None:
        """A comparison leaves out the method that is at work, and goes on with the next. Nothing happens while there is
        no server, or where it is too old to understand."""
        if self._ready is not None and self.welcome is not None and self.welcome.minor >= _SKIPS_SINCE:
            self._ready.skip(job)

    def acknowledge(self, job: str) -> None:
        """The answer is in the document; ``Acknowledged`` follows."""
        self._ask(Acknowledging(job))

    def list_jobs(self) -> None:
        """``Listed`` follows: what the server still keeps of this application's jobs."""
        self._ask(ListRequest())

    def estimate(self, submission: Submission) -> str:
        """Asks what an edit of a method with presets would need, without sending its pixels, and returns the question's
        id. ``Estimated`` follows, or ``Failed`` with that id; raises ``OverpaintError`` as ``start`` does. A host whose
        window must not stand still runs ``Submission.naming`` before."""
        submission.check(self.welcome.limits if self.welcome is not None else None)
        question = submission.question()
        self._ask(Asking(question))
        return question.question

    def reuse(self, arrived: events.Arrived) -> None:
        """The host has copied the answer's pixels; their memory may serve the next one."""
        self._buffers.take_back(one.data for one in arrived.results)

    def close(self) -> None:
        """Ends at once. A job submitted with ``keep`` runs on and can be attached to later."""
        self._pending.clear()
        self._drop_session()
        if self._launch is not None:
            self._launch.close()
            self._launch = None

    # --- the loop ------------------------------------------------------------------------------

    @property
    def welcome(self) -> Welcome | None:
        """What the server offers; None while there is none."""
        return self._session.welcome if self._session is not None else None

    @property
    def active(self) -> bool:
        """A server is sought or owes an answer: ``poll`` often."""
        return self._launch is not None or self._returning is not None or bool(self._pending)

    def wait(self, timeout: float) -> None:
        """For a host without a loop: returns when ``poll`` has something to do, at the latest after ``timeout`` s."""
        if self._events:
            return
        if self._session is not None:
            self._session.wait(timeout)
        else:
            time.sleep(min(timeout, _SEARCH_STEP_S))

    def poll(self, budget: float = POLL_BUDGET_S) -> list[events.Event]:
        """Does what can be done now, for about ``budget`` seconds, and returns what happened."""
        try:
            if self._launch is not None:
                self._search(self._launch)
            if self._session is not None:
                for event in self._session.poll(budget):
                    self._hear(event)
                self._offer_again()
        except OverpaintError as error:
            self._lost(error)
        happened, self._events = self._events, []
        return happened

    # --- inside --------------------------------------------------------------------------------

    @property
    def _ready(self) -> Session | None:
        return self._session if self._session is not None and self._session.welcome is not None else None

    def _search(self, launch: Launch) -> None:
        if time.monotonic() < self._pause_until:
            return
        was_starting = launch.starting
        found = self._chosen or launch.poll()
        if launch.starting and not was_starting:
            self._events.append(events.Connecting(starting=True))
        if found is not None:
            self._launch = None
            self._connect(found)

    def _ask(self, debt: PendingRequest) -> None:
        self._pending.add(debt)
        if self._ready is not None:
            debt.ask(self._ready)
        else:
            self.open()

    def _hear(self, event: events.Event) -> None:
        if isinstance(event, events.ServerLost):
            raise event.error
        if self._waits_for_a_place(event):
            return
        self._pending.settle(event)
        self._events.append(event)
        if isinstance(event, events.Welcomed):
            self._welcomed()

    def _waits_for_a_place(self, event: events.Event) -> bool:
        """A job for which the server has no place now is kept, shown as one that waits, and offered again."""
        if not isinstance(event, events.EditFailed) or not isinstance(event.error, FullError):
            return False
        followed = self._pending.job(event.job)
        if followed is None or followed.submission is None or followed.cancelled:
            return False
        followed.again_at = time.monotonic() + _FULL_PAUSE_S
        self._events.append(events.Queued(event.job, event.error.ahead))
        return True

    def _offer_again(self) -> None:
        now = time.monotonic()
        for followed in self._pending.jobs:
            if followed.again_at is not None and now >= followed.again_at and not followed.cancelled:
                followed.again_at = None
                self._take_up(followed)

    def _welcomed(self) -> None:
        self._returning, self._tried_again = None, False
        self._greeted_at = time.monotonic()
        for debt in self._pending:
            self._take_up(debt)

    def _take_up(self, debt: PendingRequest) -> None:
        if self._ready is None:
            return
        try:
            debt.ask(self._ready)
        except OverpaintError as error:  # this server has narrower limits
            if not isinstance(debt, Following):
                raise
            self._hear(events.EditFailed(debt.job, error))

    def _lost(self, error: OverpaintError) -> None:
        greeted, searched = self._ready is not None, self._session is None
        self._drop_session()
        self._launch = None
        if greeted and time.monotonic() - self._greeted_at >= _STEADY_S:
            self._pending.forgive()
        if self._returning is None:
            self._pending.count_loss(error)
        living = self._living() if greeted and error.code is Code.UNREACHABLE else None
        if living is not None:
            self._return(error, living)
        elif self._returning is not None:  # it lives no longer after all: that is how it was lost
            error, self._returning = self._returning, None
            self._search_again(error, searched=False, met_ending=False)
        else:
            met_ending = not searched and not greeted and error.code is not Code.HUNG
            self._search_again(error, searched, met_ending)

    def _living(self) -> ConnectionFile | None:
        """The server whose session has ended though it lives, as after a sleep of this machine. An idle host returns
        only where the session had lasted: what ends it at once might do so for ever."""
        if not self._pending and time.monotonic() - self._greeted_at < _LASTING_S:
            return None
        try:
            return self._chosen or find(self._home)
        except OverpaintError:
            return None  # its files cannot be read: the search that follows says why

    def _return(self, error: OverpaintError, living: ConnectionFile) -> None:
        given_up = self._pending.give_up(error, server_lives=True)
        self._events += given_up
        if given_up and not self._pending:
            self._events.append(events.ServerLost(error))
            return
        self._returning = error
        self._connect(living)

    def _search_again(self, error: OverpaintError, searched: bool, met_ending: bool) -> None:
        self._events += self._pending.give_up(error, server_lives=False, searched=searched)
        if self._pending:
            self._pause_until = time.monotonic() + _PAUSE_S * (self._pending.losses - 1)
            if self._pending.jobs:
                self._events.append(events.Interrupted(error))
            self.open()
        elif met_ending and not self._tried_again and error.code in WORTH_ANOTHER_TRY:
            self._tried_again = True
            self._pause_until = time.monotonic() + _PAUSE_S
            self._launch = Launch(self._home)
        else:
            self._tried_again = False
            self._events.append(events.ServerLost(error))

    def _connect(self, found: ConnectionFile) -> None:
        self._session = Session(found, self._client, self._application, self._buffers)

    def _drop_session(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None
