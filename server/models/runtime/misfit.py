"""A LoRA that a model cannot wear."""

from __future__ import annotations

from server.wire.errors import Code, OverpaintError


class MisfitError(OverpaintError):
    """word: of the LoRA. reason: the end of a sentence."""

    def __init__(self, word: str, reason: str) -> None:
        super().__init__(
            Code.BAD_REQUEST,
            f"“{word}” does not fit this model: {reason}.",
            "It was made for a model of another kind or size.",
        )
        self.word = word
