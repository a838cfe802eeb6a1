"""Runs install.py and kills it, for good and without a word, just before its n-th step on the disk.

    python killed.py CHECKOUT N [install.py's arguments]

A step is whatever changes the disk below the user's folder: a file opened for writing, made, renamed, linked, removed.
N 0: it runs to its end, and prints the names of all its steps, a line each, on standard error.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys

BULK = "open"
"""Steps of which there are hundreds, one a copied file."""

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_STEPS = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "os.link", "os.chmod", "os.truncate"}


def main() -> None:
    checkout, moment, *arguments = sys.argv[1:]
    user = os.environ["HOME"]
    steps: list[str] = []

    def step(event: str, details: tuple[object, ...]) -> None:
        opened = event == "open" and isinstance(details[2], int) and details[2] & _WRITING
        if (opened or event in _STEPS) and str(details[0]).startswith(user):
            steps.append(f"{event} {details[0]}")
            if len(steps) == int(moment):
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(step)
    script = f"{checkout}/install.py"
    sys.argv = [script, *arguments]
    sys.path[0] = checkout
    try:
        runpy.run_path(script, run_name="__main__")
    finally:
        if moment == "0":
            print("\n".join(steps), file=sys.stderr)


if __name__ == "__main__":
    main()
