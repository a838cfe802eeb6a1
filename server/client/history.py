"""What a host remembers of earlier edits: the prompts, how long they took, and what was being written where."""

from __future__ import annotations

import json


class PromptHistory:
    """Earlier prompts, the last one first, walked through with the arrow keys like a shell's."""

    LONGEST = 50

    def __init__(self, text: str = "") -> None:
        try:
            stored = json.loads(text or "[]")
        except ValueError:
            stored = []
        self._prompts = [one for one in stored if isinstance(one, str)] if isinstance(stored, list) else []
        self._at = -1
        self._draft = ""

    def add(self, prompt: str) -> None:
        """Remember a prompt that was run; an old one moves to the front."""
        prompt = prompt.strip()
        self._at = -1
        if prompt:
            self._prompts = [prompt, *(one for one in self._prompts if one != prompt)][: self.LONGEST]

    def older(self, current: str) -> str:
        """The one before what is shown; ``current`` is kept as the draft when the walk begins."""
        if self._at < 0:
            self._draft = current
        if self._at + 1 < len(self._prompts):
            self._at += 1
        return self._shown(current)

    def newer(self, current: str) -> str:
        """The one after it, at last the draft."""
        if self._at < 0:
            return current
        self._at -= 1
        return self._shown(self._draft)

    def _shown(self, otherwise: str) -> str:
        return self._prompts[self._at] if 0 <= self._at < len(self._prompts) else otherwise

    def dump(self) -> str:
        return json.dumps(self._prompts)


class Durations:
    """How long edits took on this machine, to say so before the next one."""

    WORTH_SAYING_S = 10

    def __init__(self, text: str = "") -> None:
        try:
            stored = json.loads(text or "{}")
        except ValueError:
            stored = {}
        numbers = stored.items() if isinstance(stored, dict) else ()
        self._seconds = {key: float(value) for key, value in numbers if isinstance(value, (int, float))}

    def note(self, method: str, model: str, device: str, seconds: float) -> None:
        self._seconds[f"{method}/{model}/{device}"] = round(seconds, 1)

    def expected(self, method: str, model: str, device: str) -> float | None:
        """Seconds of the last such edit, None when there was none or it is not worth saying."""
        seconds = self._seconds.get(f"{method}/{model}/{device}")
        return seconds if seconds is not None and seconds >= self.WORTH_SAYING_S else None

    def dump(self) -> str:
        return json.dumps(self._seconds)


class Drafts:
    """What stands in the prompt, for each open picture its own."""

    def __init__(self) -> None:
        self._here: str | None = None
        self._written: dict[str, str] = {}

    def of(self, document: str, shown: str) -> str:
        """What is to be shown while ``document`` is the active one. Words written before there was any are the first
        one's."""
        if document == self._here:
            return shown
        if self._here:
            self._written[self._here] = shown
        words = self._written.get(document, "") if self._here else shown
        self._here = document
        return words
