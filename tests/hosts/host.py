"""Running commands inside a tree of ``rootfs``, shut off from this machine but for one work folder and the network.

All mounts are made in a mount namespace of its own, which the kernel takes down with the last process in it: nothing is
left mounted on this machine whatever happens, and several hosts can use one tree at the same time.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.hosts import rootfs
from tests.hosts.rootfs import HostUnavailableError

NODES = ("null", "zero", "full", "random", "urandom", "tty")
"""The device nodes a program needs, bound one by one: never the machine's own device folder."""


@dataclass(frozen=True)
class Outcome:
    """What a command in the host came to. ``code`` 124: it was ended because it ran past its time."""

    code: int
    output: str


class CommandError(AssertionError):
    """A command in the host did not exit with 0; the text has its output."""


@dataclass
class Host:
    """One running namespace over the tree of ``suite``.

    work: a short path (ipc sockets must fit into 107 characters), the same inside and outside. Removed at the end.
    home: inside ``work``; HOME and the XDG folders of whatever runs here.
    shared: further folders that are seen inside at their own path, read-only.
    """

    suite: str
    root: Path
    work: Path
    holder: subprocess.Popen[bytes]
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.work / "home"

    def run(
        self,
        command: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        timeout: float = 60,
        check: bool = True,
        cwd: Path | None = None,
    ) -> Outcome:
        """Run ``command`` to its end inside; its standard output and error as one text.

        Raises CommandError unless it exits with 0 (``check=False``: returns whatever came). On time-out it and its
        children are ended.
        """
        with tempfile.TemporaryFile() as log:
            process = self.start(command, env=env, log=log, cwd=cwd)
            try:
                code = process.wait(timeout)
            except subprocess.TimeoutExpired:
                end(process)
                code = 124
            log.seek(0)
            outcome = Outcome(code, log.read().decode(errors="replace"))
        if check and code:
            raise CommandError(f"exit {code} from {shlex.join(map(str, command))}\n{outcome.output}")
        return outcome

    def start(
        self,
        command: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        log: object = subprocess.DEVNULL,
        cwd: Path | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start ``command`` inside, as the leader of a process group of its own; ``end`` it when done."""
        variables = {**self.environment, **(env or {})}
        inside = [f"{name}={value}" for name, value in variables.items()]
        enter = ["nsenter", f"--mount=/proc/{self.holder.pid}/ns/mnt", "chroot", str(self.root)]
        full = [*enter, "env", "-i", f"--chdir={cwd or self.work}", *inside, *map(str, command)]
        return subprocess.Popen(
            full, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )  # type: ignore[call-overload]  # log: a file or DEVNULL

    def put_over(self, place: Path, folder: Path) -> None:
        """Let ``folder`` (in ``work``) be seen at ``place`` inside, for this host alone and until it closes."""
        enter = ["nsenter", f"--mount=/proc/{self.holder.pid}/ns/mnt"]
        subprocess.run([*enter, "mount", "--bind", str(folder), f"{self.root}{place}"], check=True, timeout=30)

    def processes(self) -> list[int]:
        """The pids of everything that lives in this namespace, as this machine counts them."""
        mine = Path(f"/proc/{self.holder.pid}/ns/mnt").readlink()
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if (entry / "ns/mnt").readlink() == mine:
                    found.append(int(entry.name))
            except OSError:  # it ended meanwhile
                continue
        return found

    def close(self) -> None:
        """End everything inside, and with it the namespace and its mounts; remove the work folder."""
        others = [pid for pid in self.processes() if pid != self.holder.pid]
        for sign in (signal.SIGTERM, signal.SIGKILL):
            for pid in others:
                _signal(pid, sign)
            deadline = time.monotonic() + 3
            while others and time.monotonic() < deadline:
                time.sleep(0.05)
                others = [pid for pid in self.processes() if pid != self.holder.pid]
        end(self.holder)
        shutil.rmtree(self.work, ignore_errors=True)


def end(process: subprocess.Popen[bytes], patience: float = 3) -> None:
    """End a process that ``Host.start`` gave, and its group: asked first, killed after ``patience`` seconds."""
    for sign, wait in ((signal.SIGTERM, patience), (signal.SIGKILL, 10)):
        _signal_group(process.pid, sign)
        try:
            process.wait(wait)
        except subprocess.TimeoutExpired:
            continue
        _signal_group(process.pid, signal.SIGKILL)
        return


def _signal(pid: int, sign: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, sign)


def _signal_group(group: int, sign: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, sign)


@contextmanager
def opened(suite: str, shared: Sequence[Path] = ()) -> Iterator[Host]:
    """A host of ``suite``, built if need be; closed at the end. ``shared``: folders also seen inside, read-only.

    Raises HostUnavailableError with the reason when there can be none.
    """
    root = rootfs.tree(suite)
    work = Path(tempfile.mkdtemp(prefix="ov-", dir="/tmp"))
    host = Host(suite, root, work, _hold(root, work, shared))
    host.environment = _environment(host)
    host.home.mkdir()
    (host.work / "run").mkdir(mode=0o700)
    try:
        yield host
    finally:
        host.close()


def _environment(host: Host) -> dict[str, str]:
    home = str(host.home)
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin:/usr/games",
        "HOME": home,
        "XDG_CONFIG_HOME": f"{home}/.config",
        "XDG_DATA_HOME": f"{home}/.local/share",
        "XDG_CACHE_HOME": f"{home}/.cache",
        "XDG_RUNTIME_DIR": str(host.work / "run"),
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "2",
        "NO_AT_BRIDGE": "1",
    }


def _hold(root: Path, work: Path, shared: Sequence[Path]) -> subprocess.Popen[bytes]:
    """A process that keeps a fresh mount namespace alive, with everything mounted when this returns."""
    script = "\n".join(["set -e", *_mounts(root, work, shared), "echo ready", "exec sleep infinity"])
    holder = subprocess.Popen(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", script],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    assert holder.stdout is not None
    said = holder.stdout.readline()
    if said.strip() != b"ready":
        rest = holder.stdout.read()
        holder.wait()
        reason = (said + rest).decode(errors="replace").strip()
        raise HostUnavailableError(f"this machine allows no mount namespace of our own: {reason}")
    return holder


def _mounts(root: Path, work: Path, shared: Sequence[Path]) -> Iterator[str]:
    place = shlex.quote(str(root))
    yield f"mount -t proc proc {place}/proc"
    yield f"mount -t tmpfs -o mode=755 tmpfs {place}/dev"
    for node in NODES:
        yield f"touch {place}/dev/{node} && mount --bind /dev/{node} {place}/dev/{node}"
    yield f"mkdir {place}/dev/shm {place}/dev/pts && mount -t tmpfs -o mode=1777 tmpfs {place}/dev/shm"
    for name, target in (("fd", "fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        yield f"ln -s /proc/self/{target} {place}/dev/{name}"
    for folder in ("tmp", "run", "var/tmp"):
        yield f"mount -t tmpfs -o mode=1777 tmpfs {place}/{folder}"
    yield from _bind(root, work)
    for folder in shared:
        yield from _bind(root, folder)
        yield f"mount -o remount,bind,ro {shlex.quote(f'{root}{folder}')}"


def _bind(root: Path, folder: Path) -> Iterator[str]:
    inside = shlex.quote(f"{root}{folder}")
    yield f"mkdir -p {inside} && mount --bind {shlex.quote(str(folder))} {inside}"
