"""What a word can be taught as, and how a file can call its tensors: for options of the command line, too."""

from __future__ import annotations

from enum import Enum


class Taught(str, Enum):
    """What a word stands for."""

    SUBJECT = "subject"
    """A thing, an animal, a person: stands in a sentence as its class does."""
    STYLE = "style"
    """How something is painted: stands beside what is described."""


class Naming(str, Enum):
    """How the tensors in a file are called."""

    KOHYA = "kohya"
    """As kohya's trainer and most programs have them."""
    DIFFUSERS = "diffusers"
    """As peft and diffusers have them."""
