"""Faults that the tests once did not notice: each was planted by a person, and is planted in every run since."""

from __future__ import annotations

from pathlib import Path

from tools.mutate.faults import Fault

MISSED = (
    ("server/journal/table.py", 'SYNCHRONOUS = "FULL"', 'SYNCHRONOUS = "OFF"'),
    ("server/wire/files.py", "os.fsync(file.fileno())\n        if", "pass\n        if"),
    ("server/wire/files.py", "temporary.replace(path)\n        else:", "path.write_text(text)\n        else:"),
    ("server/journal/spool.py", "self.folder(job).replace(place)", "remove_tree(self.folder(job))"),
    ("server/gateway/dispatch.py", "elif answer is not None:  # it died", "elif False:  # it died"),
    ("server/listening/endpoint.py", "if raw.key and not self.authorized.admits(raw.key):", "if False:"),
)
"""File, what is there once, and what is put in its place."""


def missed(root: Path) -> list[Fault]:
    """Raises ``ValueError`` where the code has become another, so that the fault has to be worded anew."""
    return [_planted(root, Path(path), was, made) for path, was, made in MISSED]


def _planted(root: Path, path: Path, was: str, made: str) -> Fault:
    source = (root / path).read_text("utf-8")
    if source.count(was) != 1:
        raise ValueError(
            f"{path} has “{was}” {source.count(was)} times: word this fault anew in tools/mutate/missed.py"
        )
    line = source[: source.index(was)].count("\n") + 1
    return Fault(path, line, was, made, source.replace(was, made).encode())
