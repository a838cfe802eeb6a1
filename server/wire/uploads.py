"""What the blobs are called that a job is sent as, and how many reference pictures there may be."""

from __future__ import annotations

LAYER, MASK, PROFILE = "layer", "mask", "icc"

MOST_REFERENCES = 16


def reference(number: int) -> str:
    """The pixels of reference picture ``number``, counted from 0."""
    return f"reference-{number}"


def reference_profile(number: int) -> str:
    """The colour profile of reference picture ``number``."""
    return f"reference-{number}-icc"


NAMES = frozenset(
    {LAYER, MASK, PROFILE, *map(reference, range(MOST_REFERENCES)), *map(reference_profile, range(MOST_REFERENCES))}
)
"""All there are: they become names of files."""
