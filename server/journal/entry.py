"""One job as the journal knows it."""

from __future__ import annotations

from dataclasses import dataclass

from server.wire.messages import Failed, JobLine, JobState, Submit


@dataclass(frozen=True)
class Entry:
    """created: seconds since 1970, to be shown. changed: when it got into its state, by the journal's own clock
    (``clock.KeptTime``). runs: how often a worker began it. failure: only in state FAILED."""

    job: str
    client: str
    state: JobState
    method: str
    prompt: str
    created: float
    changed: float
    runs: int = 0
    failure: Failed | None = None

    @classmethod
    def of(cls, submit: Submit, client: str, state: JobState, created: float, changed: float) -> Entry:
        return cls(submit.job, client, state, submit.recipe.method, submit.recipe.prompt, created, changed)

    @property
    def line(self) -> JobLine:
        return JobLine(self.job, self.state, self.method, self.prompt, self.created)
