"""Every error a person can meet: a stable code, a sentence, and a hint that says what to do."""

from __future__ import annotations

from enum import Enum


class Code(str, Enum):
    """Stable names, safe to test against; the sentence beside them may be reworded."""

    EMPTY_SELECTION = "empty-selection"
    BAD_REQUEST = "bad-request"
    TOO_LARGE = "too-large"
    UNKNOWN_METHOD = "unknown-method"
    UNKNOWN_MODEL = "unknown-model"
    UNKNOWN_JOB = "unknown-job"
    MODEL_MISSING = "model-missing"
    UNSAFE_FILE = "unsafe-file"
    BUSY = "busy"
    CANCELLED = "cancelled"
    OUT_OF_MEMORY = "out-of-memory"
    DISK_FULL = "disk-full"
    WORKER_DIED = "worker-died"
    EDIT_FAILED = "edit-failed"
    VERSION_MISMATCH = "version-mismatch"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    HUNG = "hung"
    HOST = "host"
    INTERNAL = "internal"


class OverpaintError(Exception):
    """An error worded for the person who reads it in a dialog.

    code: stable, for programs. sentence: what happened. hint: what to do about it (may be empty).
    """

    def __init__(self, code: Code, sentence: str, hint: str = "") -> None:
        super().__init__(f"{sentence} {hint}".strip())
        self.code = code
        self.sentence = sentence
        self.hint = hint


class FullError(OverpaintError):
    """Busy, but not for ever: the same may be asked again. ``ahead``: jobs that stand before it now."""

    def __init__(self, sentence: str, hint: str, ahead: int) -> None:
        super().__init__(Code.BUSY, sentence, hint)
        self.ahead = ahead
