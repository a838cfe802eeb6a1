"""The environment variables for a Python of our own, started by a host that may live in surroundings of its own.

An AppImage, Steam, a wrapper script or a shell may point programs at their own libraries and modules. What would
mislead another Python is taken out by what it is, whoever set it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

_OTHERS_PARTS = (
    *("PYTHON", "__PYVENV_LAUNCHER__", "VIRTUAL_ENV", "CONDA_PREFIX", "TCL_LIBRARY"),
    *("LD_PRELOAD", "LD_AUDIT", "LD_DEBUG", "LD_ORIGIN_PATH", "DYLD_"),
    *("QT_PLUGIN_PATH", "QT_QPA_PLATFORM_PLUGIN_PATH", "QML2_IMPORT_PATH"),
    *("GIO_MODULE_DIR", "GIO_EXTRA_MODULES", "GTK_PATH", "GTK_EXE_PREFIX", "GI_TYPELIB_PATH", "GDK_PIXBUF_MODULE"),
    *("GCONV_PATH", "LOCPATH", "OPENSSL_CONF", "OPENSSL_MODULES", "OPENSSL_ENGINES", "SSLKEYLOGFILE"),
)
"""Variables that begin so say where a program finds its own parts, which are never ours."""

_LIBRARIES = "LD_LIBRARY_PATH"
_NEVER_OTHERS = ("libpython", "libstdc++", "libgcc_s", "libgomp", "libzmq", "libtorch", "libc10", "libsqlite3")
"""Libraries that our Python or its packages bring or expect from the system."""

_FILES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE")


def cleaned(variables: Mapping[str, str] = os.environ) -> dict[str, str]:
    """``variables`` without what would mislead a Python that is not the host's. A library path keeps the folders that
    hide nothing of the system's (a card's libraries, say)."""
    kept = {name: value for name, value in variables.items() if not name.startswith(_OTHERS_PARTS)}
    libraries = [folder for folder in kept.pop(_LIBRARIES, "").split(os.pathsep) if folder and not _hides(folder)]
    if libraries:
        kept[_LIBRARIES] = os.pathsep.join(libraries)
    for name in _FILES:
        if name in kept and not Path(kept[name]).exists():  # from an image that is mounted no more
            del kept[name]
    return kept


def for_own_code(house: Path) -> dict[str, str]:
    """The variables under which another Python like this one runs the code in ``house``, and imports nothing from the
    current folder. Modules that this one was told to find elsewhere (as tests do) are found there too, unless it was
    started so that it heeds no variables."""
    heeded = "" if sys.flags.ignore_environment else os.environ.get("PYTHONPATH", "")
    paths = os.pathsep.join([str(house), *filter(None, [heeded])])
    utf8 = {"PYTHONUTF8": "1"} if sys.flags.utf8_mode else {}
    return {**cleaned(), "PYTHONPATH": paths, "PYTHONSAFEPATH": "1", **utf8}


def _hides(folder: str) -> bool:
    """Whether a library in ``folder`` would be taken instead of the system's. A relative folder is anybody's."""
    if not Path(folder).is_absolute():
        return True
    names = list(_libraries([folder]))
    return any(name.startswith(_NEVER_OTHERS) or name in _of_the_system() for name in names)


def _libraries(folders: Iterable[str]) -> Iterator[str]:
    for folder in folders:
        try:
            yield from (name for name in os.listdir(folder) if ".so" in name)  # noqa: PTH208 - thousands of names
        except OSError:
            continue


@cache
def _of_the_system() -> frozenset[str]:
    if sys.platform != "linux":
        return frozenset()
    roots = [Path(top) for top in ("/lib", "/lib64", "/usr/lib", "/usr/lib64")]
    triplets = [folder for root in roots for folder in root.glob("*-linux-gnu*")]
    return frozenset(_libraries(map(str, [*roots, *triplets])))
