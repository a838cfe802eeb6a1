"""Every change that a server and its workers make to a folder, as the system saw it: what ``strace`` writes, read."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_CALLS = (
    "openat,write,pwrite64,writev,pwritev,ftruncate,truncate,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,"
    "rmdir,fsync,fdatasync,lseek,link,linkat,fallocate,copy_file_range,sendfile"
)
_LINE = re.compile(r"(\d+\.\d+) (\w+)\((.*)\) += (-?\d+)\S*(?: .*)? <(\d+\.\d+)>$")
_ARGUMENT = re.compile(r' *(?:(-?\w+)<((?:\\x..)*)>|"((?:\\x..)*)"|([^,]+))')


@dataclass(frozen=True)
class Call:
    """One call that succeeded. began, done: seconds since 1970. paths: absolute, in the call's order. data: what was
    written; offset: where, or the new length, or where ``lseek`` got to; handle: the descriptor's number."""

    began: float
    done: float
    name: str
    paths: tuple[str, ...]
    data: bytes = b""
    offset: int = 0
    handle: int = -1
    flags: str = ""


def can_record() -> bool:
    return shutil.which("strace") is not None


def command(log: Path) -> list[str]:
    """To be put before a command: all its processes and threads are recorded, a file ``log.NUMBER`` for each."""
    options = ["-D", "-f", "-ff", "-qq", "-ttt", "-T", "-y", "-xx", "-s", str(64 << 20), "--seccomp-bpf"]
    return ["strace", *options, "-o", str(log), "-e", f"trace={_CALLS}"]


def read(log: Path, folder: Path) -> list[Call]:
    """What was done in ``folder``, in the order in which it was done."""
    mark = _hex(str(folder))
    found: list[Call] = []
    for part in log.parent.glob(f"{log.name}.*"):
        for line in part.open():
            if mark in line and (call := _call(line.rstrip("\n"))) is not None:
                found.append(call)
    return sorted(found, key=lambda call: call.done)


def _call(line: str) -> Call | None:
    found = _LINE.match(line)
    if found is None or int(found[4]) < 0:
        return None
    began, name, result = float(found[1]), found[2], int(found[4])
    arguments = list(_ARGUMENT.finditer(found[3]))
    times = began, began + float(found[5])
    if name in ("write", "pwrite64"):
        data = _bytes(arguments[1][3])[:result]
        offset = int(arguments[3][4]) if name == "pwrite64" else -1
        return Call(*times, name, (_text(arguments[0][2]),), data, offset, int(arguments[0][1]))
    if name in ("fsync", "fdatasync"):
        return Call(*times, "fsync", (_text(arguments[0][2]),))
    if name == "lseek":
        return Call(*times, name, (_text(arguments[0][2]),), offset=result, handle=int(arguments[0][1]))
    if name == "ftruncate":
        return Call(*times, "truncate", (_text(arguments[0][2]),), offset=int(arguments[1][4]))
    if name == "truncate":
        return Call(*times, name, (_text(arguments[0][3]),), offset=int(arguments[1][4]))
    if name == "openat":
        return Call(*times, name, tuple(_paths(arguments)), handle=result, flags=found[3])
    kind = {
        "renameat": "rename",
        "renameat2": "rename",
        "unlinkat": "unlink",
        "mkdirat": "mkdir",
        "linkat": "link",
    }.get(name, name)
    if kind in ("rename", "link", "unlink", "mkdir", "rmdir"):
        return Call(*times, kind, tuple(_paths(arguments)))
    raise ValueError(f"{name} is a way to write that the recording does not understand")


def _paths(arguments: list[re.Match[str]]) -> Iterator[str]:
    """Each name, behind the folder that was given with it, if one was."""
    folder = ""
    for argument in arguments:
        if argument[2] is not None:
            folder = _text(argument[2])
        elif argument[3] is not None:
            yield os.path.normpath(os.path.join(folder, _text(argument[3])))  # noqa: PTH118  # names, not files of ours


def _hex(text: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in text.encode())


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


def _text(text: str) -> str:
    return _bytes(text).decode()
