"""Takes away what install wrote and what the server made. What is not known as ours stays, and is named."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from server.wire.retire import ask_to_end

from . import application, hosts, kritarc, plugins, record
from .placing import remove, remove_one
from .say import InstallError, say, warn

_CLAIMS = ("installed.json", "launch.json", "server.lock", "connection.json")
"""Any of them says that a folder is Overpaint's home."""

_NOTES = ("installed.json", "launch.json", "connection.json", "remote.json", "listening.json")
_JOB = "[0-9a-f]" * 32
_OURS = (
    *_NOTES,
    *(f".{name}.*" for name in _NOTES),
    *("env", "app", "app.new", "vendor", ".*.overpaint", ".*.overpaint-old"),
    *("bin/overpaint", "bin/overpaint.cmd", "bin/.overpaint*", "logs/*.log*"),
    *("*.lock", "please-end", "journal*.sqlite*", "sockets/[dc]????", "clients/*", "keys/*", "learned/*", "blobs/*"),
    *(f"spool/{_JOB}*", "spool/.*", f"broken/{_JOB}*"),
)
"""Whatever is in the home by one of these names was put there by install or the server."""
_MODELS = "models"


def uninstall(home: Path, keep_models: bool) -> None:
    """Everything goes but the record, which goes last: a killed uninstall goes on where it was. Raises OSError."""
    written = record.load(home)
    if not ask_to_end(home):
        warn("The server has not ended within 20 seconds; it ends when it finds its folder gone.")
    for name in [*written.files, *map(str, traces(home))]:
        _remove_outside(Path(name), home)
    for name in [*written.kritarcs, *(str(krita.config) for krita in hosts.find_krita())]:
        kritarc.disable(Path(name))
    if is_home(home):
        _clear(home, keep_models)
    _remove_empty(home)
    _tell(home, keep_models)


def is_home(home: Path) -> bool:
    """By what only Overpaint puts there; the first of it may have come no further than its temporary name."""
    return any((home / name).exists() for name in _CLAIMS) or any(home.glob(f".{record.NAME}.*"))


def claim(home: Path) -> None:
    """Makes ``home`` Overpaint's. Raises InstallError for a folder in which something of ours has the name of
    something that is there already and is not ours."""
    if not is_home(home):
        taken = [name for name in ("app", "env", "vendor", "bin", _MODELS) if _foreign(home / name)]
        if taken:
            raise InstallError(
                f"{home} has other things in it ({', '.join(taken)}). Set OVERPAINT_HOME to a folder of its own."
            )
    for name in ("installed.json", "launch.json"):
        for unfinished in home.glob(f".{name}.*"):  # of an install that was killed
            unfinished.unlink(missing_ok=True)
    record.load(home).save(home)


def _foreign(path: Path) -> bool:
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return False
    return not any((path / sign).exists() for sign in ("pyvenv.cfg", "server/start.py", "server/cli.py", "cp310"))


def traces(home: Path) -> Iterator[Path]:
    """What belongs to ``home`` in every Krita and GIMP, known by its mark: a newer GIMP copies an older one's plug-ins
    into its own profile, and a record may be damaged."""
    for krita in hosts.find_krita():
        if plugins.home_of(krita.plugins / plugins.NAME) == home:
            yield from plugins.krita_files(krita)
    for root in hosts.gimp_roots().values():
        for profile in hosts.profiles(root):
            folder = profile / "plug-ins" / plugins.NAME
            if plugins.home_of(folder) == home:
                yield folder
    link = application.user_link()
    if link is not None and application.links_to(link, home / "bin" / "overpaint"):
        yield link


def _remove_outside(path: Path, home: Path) -> None:
    """The recorded link is ours only as long as it leads to our command, a plugin's folder as long as it is one."""
    if path == application.user_link() and not application.links_to(path, home / "bin" / "overpaint"):
        return
    if path.is_dir() and not path.is_symlink() and not plugins.is_ours(path):
        warn(f"{path} is not Overpaint's any more; it stays.")
        return
    remove(path)


def _clear(home: Path, keep_models: bool) -> None:
    for path in sorted(_ours(home, keep_models), key=lambda path: path.name in _CLAIMS):
        remove_one(path)


def _remove_empty(home: Path) -> None:
    for folder in [*(home / Path(pattern).parts[0] for pattern in _OURS if "/" in pattern), home / _MODELS, home]:
        if folder.is_dir() and not folder.is_symlink() and not any(folder.iterdir()):
            with contextlib.suppress(OSError):  # a home may be a disk of its own, and stay as an empty folder
                folder.rmdir()


def _ours(home: Path, keep_models: bool) -> Iterator[Path]:
    for pattern in _OURS:
        yield from home.glob(pattern)
    if not keep_models:
        yield from (card.parent for card in (home / _MODELS).glob("*/overpaint.json"))
        yield from (home / _MODELS).glob(".incoming")


def _tell(home: Path, keep_models: bool) -> None:
    say("Overpaint is removed." + (f" The models are still in {home / _MODELS}." if keep_models else ""))
    if home.is_dir():
        kept = [path.name for path in sorted(home.iterdir()) if not (keep_models and path.name == _MODELS)]
        if kept:
            say(f"Not Overpaint's, so still in {home}: {', '.join(kept)}")
