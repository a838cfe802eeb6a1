"""What broke when strangers used it and attacked it: does it hold now? Each case is done for real.

Every area is a module of this package with ``cases()``, an iterator of ``Case``: it sets up what its cases share before
it yields the first, and takes it away after the last. A case whose look raises is wrong. Exit 1 when any case is.

    python -m bench.cases [AREA…]
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
import time
from collections.abc import Iterator

import bench.cases
from bench.bounds import Bound, add_options, conclude
from bench.cases.case import Case, Seen

BOUNDS = (Bound("cases", least=1), Bound("wrong", most=0))
NO_AREAS = {"case", "__main__"}


def areas() -> list[str]:
    found = (module.name for module in pkgutil.iter_modules(bench.cases.__path__))
    return [name for name in found if name not in NO_AREAS]


def cases(area: str) -> Iterator[Case]:
    yield from importlib.import_module(f"bench.cases.{area}").cases()


def look(case: Case) -> Seen:
    try:
        return case.look()
    except Exception as error:  # noqa: BLE001  # a case that cannot even be done is a wrong one, and the others go on
        return Seen(f"{type(error).__name__}: {error}"[:300], False)


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.cases", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("areas", nargs="*", help=f"of {', '.join(areas())}; none: all")
    add_options(parser)
    options = parser.parse_args()
    if unknown := set(options.areas) - set(areas()):
        parser.error(f"no such area: {', '.join(sorted(unknown))}")
    done = wrong = 0
    for area in options.areas or areas():
        for case in cases(area):
            began = time.monotonic()
            seen = look(case)
            done, wrong = done + 1, wrong + (not seen.good)
            verdict = "right" if seen.good else "WRONG"
            took = time.monotonic() - began
            print(f"{verdict}  {area}: {case.name}: {seen.text}  (right: {case.right}; {took:.0f} s)", flush=True)
    return conclude({"cases": done, "wrong": wrong}, BOUNDS, options)


if __name__ == "__main__":
    sys.exit(main())
