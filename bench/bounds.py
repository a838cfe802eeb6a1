"""What a bench's figures must keep to, and its last word: the figures as JSON, and 1 where one misses its bound.

A bench has its bounds in a tuple ``BOUNDS`` and ends in ``sys.exit(main())``, where ``main`` returns what ``conclude``
returns. ``--most NAME=NUMBER`` and ``--least NAME=NUMBER`` replace its bounds for one run: for another machine, or to
see that it can fail.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Bound:
    """name: of the figure. most, least: the worst values that are still right; None: any on that side."""

    name: str
    most: float | None = None
    least: float | None = None

    def missed(self, figures: Mapping[str, object]) -> str | None:
        """How ``figures`` miss this bound, in words; None: they keep it. What is no number, or absent, misses it."""
        figure = figures.get(self.name)
        if not isinstance(figure, (bool, int, float)):
            return f"{self.name} is {figure!r}, and should be a number"
        if self.most is not None and not figure <= self.most:
            return f"{self.name} is {figure:g}, and may be {self.most:g} at most"
        if self.least is not None and not figure >= self.least:
            return f"{self.name} is {figure:g}, and should be {self.least:g} at least"
        return None


def add_options(parser: argparse.ArgumentParser) -> None:
    for side, what in (("most", "larger"), ("least", "smaller")):
        parser.add_argument(
            f"--{side}",
            action="append",
            default=[],
            type=_named_number,
            metavar="NAME=NUMBER",
            help=f"exit 1 if the figure NAME is {what}, whatever its own bound says",
        )


def _named_number(text: str) -> tuple[str, float]:
    name, _, number = text.partition("=")
    return name, float(number)


def conclude(figures: Mapping[str, object], bounds: Iterable[Bound], given: argparse.Namespace | None = None) -> int:
    """Prints what is missed, and ``figures`` as the last line; returns the exit status. given: the parsed options."""
    kept = {bound.name: bound for bound in (*bounds, *_asked(given))}
    misses = [miss for bound in kept.values() if (miss := bound.missed(figures)) is not None]
    for miss in misses:
        print(f"MISSED: {miss}.", file=sys.stderr)
    print(json.dumps(figures), flush=True)
    return 1 if misses else 0


def _asked(given: argparse.Namespace | None) -> list[Bound]:
    if given is None:
        return []
    most = [Bound(name, most=number) for name, number in given.most]
    return most + [Bound(name, least=number) for name, number in given.least]
