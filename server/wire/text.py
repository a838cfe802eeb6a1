"""Text of strangers on its way to a terminal: prompts, names, file names, sentences of another machine."""

from __future__ import annotations

_JOINERS = "\u200c\u200d"
"""Written in Persian and Indian words, and inside emoji; they move nothing."""


def printable(text: str) -> str:
    """``text`` in one line, and with every character that a terminal might obey spelled out (``\\x1b``): control
    characters, line ends, marks that turn the direction of writing, halves of characters."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or one in _JOINERS else _spelled(one) for one in text)


def _spelled(one: str) -> str:
    if one.isspace() and one not in "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029":
        return " "  # spaces of other widths
    return ascii(one)[1:-1]
