"""A client's jobs as it is told of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from server.gateway.job import Job
from server.journal import Journal
from server.wire.messages import Jobs
from server.wire.words import plain

_MOST_JOBS, _MOST_LETTERS = 100, 80
"""So that a list fits into one header frame, whatever the prompts are made of."""


def listed(jobs: Sequence[Job], journal: Journal) -> Jobs:
    """The last ones of ``jobs``, each as the journal has it."""
    entries = [(journal.entry(job.id), job.listener is not None) for job in jobs[-_MOST_JOBS:]]
    return Jobs(
        tuple(
            replace(entry.line, prompt=plain(entry.line.prompt, _MOST_LETTERS), attended=attended)
            for entry, attended in entries
            if entry is not None
        )
    )
