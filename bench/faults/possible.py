"""What a folder may look like after the power failed: from the calls that were recorded, every state that a system may
leave which keeps its word on ``fsync``, and on nothing else.

Whatever was not synced may be there or not, each write and each name by itself, in any order; a write that is not there
may have left zeros, or its beginning. A rename happens whole or not at all. (After Pillai et al., "All File Systems Are
Not Created Equal", OSDI 2014: the weakest of its persistence models, but for renames.)
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path

from bench.faults.recording import Call

_NEVER = float("inf")
_TORN = 512
_AT_THE_END = -1


@dataclass(eq=False)
class Node:
    """A file or folder, whatever it is called."""

    folder: bool
    length: int = 0


@dataclass(eq=False)
class Change:
    """node: whose content it is; names: (folder, name, what is called so from now on). sure: from when on it is on the
    disk for certain."""

    done: float
    nodes: tuple[Node, ...]
    data: bytes | None = None
    offset: int = 0
    names: tuple[tuple[Node, str, Node | None], ...] = ()
    sure: float = _NEVER


class Fate(Enum):
    """Of a change that was not synced. In every way, the other half: names persist and bytes do not, …"""

    KEPT = auto()
    LOST = auto()
    ZEROS = auto()
    TORN = auto()


@dataclass
class Folder:
    """What the calls made of a folder that was empty."""

    root: Node = field(default_factory=lambda: Node(True))
    changes: list[Change] = field(default_factory=list)
    _names: dict[str, Node] = field(default_factory=dict)
    _at: dict[tuple[str, int], int] = field(default_factory=dict)

    @classmethod
    def of(cls, calls: Iterable[Call], path: Path) -> Folder:
        made = cls()
        made._names[str(path)] = made.root
        for call in calls:
            made._take(call)
        return made

    def _take(self, call: Call) -> None:
        first = call.paths[0]
        if call.name == "openat":
            self._open(call)
        elif call.name == "lseek":
            if self._at.get((first, call.handle)) != _AT_THE_END:
                self._at[first, call.handle] = call.offset
        elif call.name == "fsync":
            self._sync(call)
        elif call.name in ("write", "pwrite64", "truncate"):
            self._write(call)
        elif call.name == "mkdir":
            self._name(call, first, Node(True))
        elif call.name in ("unlink", "rmdir"):
            self._name(call, first, None)
        elif call.name == "link":
            self._name(call, call.paths[1], self._names.get(first))
        elif call.name == "rename":
            self._rename(call, first, call.paths[1])

    def _open(self, call: Call) -> None:
        (path,) = call.paths
        if path not in self._names and "O_CREAT" in call.flags and self._parent(path) is not None:
            self._name(call, path, Node(False))
        node = self._names.get(path)
        if node is None:
            return
        self._at[path, call.handle] = _AT_THE_END if "O_APPEND" in call.flags else 0
        if "O_TRUNC" in call.flags:
            self._cut(call, node, 0)

    def _write(self, call: Call) -> None:
        (path,) = call.paths
        node = self._names.get(path)
        if node is None:
            return  # it has no name any more
        if call.name == "truncate":
            self._cut(call, node, call.offset)
            return
        at = call.offset if call.offset >= 0 else self._at.get((path, call.handle), 0)
        offset = node.length if at == _AT_THE_END else at
        if call.offset < 0 and at != _AT_THE_END:
            self._at[path, call.handle] = offset + len(call.data)
        node.length = max(node.length, offset + len(call.data))
        self.changes.append(Change(call.done, (node,), call.data, offset))

    def _cut(self, call: Call, node: Node, length: int) -> None:
        node.length = length
        self.changes.append(Change(call.done, (node,), None, length))

    def _name(self, call: Call, path: str, node: Node | None) -> None:
        parent, name = self._parent(path), path.rpartition("/")[2]
        if parent is None:
            return
        if node is None:
            self._names.pop(path, None)
        else:
            self._names[path] = node
        self.changes.append(Change(call.done, (parent,), names=((parent, name, node),)))

    def _rename(self, call: Call, old: str, new: str) -> None:
        node, before, after = self._names.get(old), self._parent(old), self._parent(new)
        if node is None or before is None or after is None:
            return
        for path in [path for path in self._names if path == old or path.startswith(f"{old}/")]:
            self._names[new + path[len(old) :]] = self._names.pop(path)
        names = ((before, old.rpartition("/")[2], None), (after, new.rpartition("/")[2], node))
        self.changes.append(Change(call.done, (before, after), names=names))

    def _sync(self, call: Call) -> None:
        node = self._names.get(call.paths[0])
        for change in self.changes:
            if node in change.nodes and change.done <= call.began:
                change.sure = min(change.sure, call.done)

    def _parent(self, path: str) -> Node | None:
        return self._names.get(path.rpartition("/")[0])

    # --- cuts -----------------------------------------------------------------------------------------

    def moments(self) -> list[float]:
        """After each change, and after each time that some of them became certain."""
        return sorted({change.done for change in self.changes} | {change.sure for change in self.changes} - {_NEVER})

    def open_at(self, moment: float) -> int:
        """How many changes a cut then could lose."""
        return sum(change.done <= moment < change.sure for change in self.changes)

    def fates(self, moment: float, rng: random.Random, draws: int) -> Iterator[dict[Change, Fate]]:
        """What may have become of those: all and none of them, names without bytes and bytes without names, one of
        them alone, all but one, and ``draws`` times what the rng say."""
        loose = [change for change in self.changes if change.done <= moment < change.sure]
        yield dict.fromkeys(loose, Fate.KEPT)
        if not loose:
            return
        yield dict.fromkeys(loose, Fate.LOST)
        yield {change: Fate.KEPT if change.names else Fate.ZEROS for change in loose}
        yield {change: Fate.LOST if change.names else Fate.KEPT for change in loose}
        one = rng.choice(loose)
        yield {change: Fate.KEPT if change is one else Fate.LOST for change in loose}
        yield {change: Fate.LOST if change is one else Fate.KEPT for change in loose}
        for _ in range(draws):
            yield {change: rng.choice(list(Fate)) for change in loose}

    def build(self, moment: float, fates: dict[Change, Fate], path: Path) -> None:
        """Makes ``path``, a new folder, what the disk holds."""
        contents: dict[Node, bytearray] = {}
        entries: dict[Node, dict[str, Node]] = {self.root: {}}
        for change in self.changes:
            fate = fates.get(change, Fate.KEPT)
            if change.done > moment:
                continue
            if change.names and fate is not Fate.LOST:
                for folder, name, node in change.names:
                    _call_so(entries.setdefault(folder, {}), name, node)
            elif not change.names:
                _write(contents.setdefault(change.nodes[0], bytearray()), change, fate)
        _put(self.root, path, entries, contents)


def _call_so(names: dict[str, Node], name: str, node: Node | None) -> None:
    if node is None:
        names.pop(name, None)
    else:
        names[name] = node


def _write(content: bytearray, change: Change, fate: Fate) -> None:
    if fate is Fate.LOST:
        return
    if change.data is None:
        if fate is Fate.KEPT:
            del content[change.offset :]
            content.extend(bytes(max(0, change.offset - len(content))))
        return
    kept = len(change.data) if fate is Fate.KEPT else min(_TORN, len(change.data) // 2) if fate is Fate.TORN else 0
    data = change.data[:kept] + (bytes(len(change.data) - kept) if fate is Fate.ZEROS else b"")
    content.extend(bytes(max(0, change.offset + len(data) - len(content))))
    content[change.offset : change.offset + len(data)] = data


def _put(node: Node, path: Path, entries: dict[Node, dict[str, Node]], contents: dict[Node, bytearray]) -> None:
    if not node.folder:
        path.write_bytes(contents.get(node, b""))
        return
    path.mkdir()
    for name, child in entries.get(node, {}).items():
        _put(child, path / name, entries, contents)
