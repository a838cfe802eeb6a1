"""Installing where something was in the way: killed, half there, damaged, full, named oddly, in a sandbox."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from bench.cases.case import Case, Seen
from bench.cases.command_line import end_server, mounted
from tests.install.machine import Machine, machine
from tests.install.trials import Trials, moments, trials
from tests.running import CHECKOUT
from tools.install import application, kritarc
from tools.install.environment import Environment

_MOMENTS = 8
_ODD_HOMES = ("o'brien", "two words", "日本", '$HOME "x"')
_WINDOWS_HOMES = ("Håkan", "Ján Něm", "100% me", "日本")


def cases() -> Iterator[Case]:
    with trials() as made:
        yield from killed(made)
        yield from strangers(made)
        yield from damaged(made.machine)
    with machine(weights=False) as plain:
        yield from environments(replace(plain, environment=""))
    yield from full_disks()
    yield from names()
    yield from sandboxes()
    yield from settings_of_krita()


def held(check: Callable[[], object]) -> Seen:
    """Right where nothing is asserted in vain."""
    try:
        return Seen(str(check() or "as it should be"), True)
    except AssertionError as error:
        return Seen(" ".join(str(error).split())[-200:], False)


# --- killed -------------------------------------------------------------------------------------------


def killed(made: Trials) -> Iterator[Case]:
    chosen = moments(made.steps, _MOMENTS)

    def mended() -> str:
        for moment in chosen:
            made.machine.killed(moment, "install")
            made.install()
            made.uninstall()
        return f"{len(chosen)} of {len(made.steps)} moments"

    def removed() -> str:
        for moment in chosen:
            made.machine.killed(moment, "install")
            made.uninstall()
        return f"{len(chosen)} of {len(made.steps)} moments"

    def removed_at_last() -> str:
        for moment in (1, 7, 50, 300):
            made.install()
            made.machine.killed(moment, "uninstall")
            made.uninstall()
        return "4 moments"

    yield Case("install killed, then install", "as if it had not been", lambda: held(mended))
    yield Case("install killed, then uninstall", "nothing is left", lambda: held(removed))
    yield Case("uninstall killed, then uninstall", "nothing is left", lambda: held(removed_at_last))


# --- what is somebody else's --------------------------------------------------------------------------


def strangers(made: Trials) -> Iterator[Case]:
    user, home = made.machine.user, made.machine.home

    def process() -> Seen:
        made.install()
        with subprocess.Popen(["sleep", "300"]) as bystander:
            (home / "connection.json").write_text(json.dumps({"pid": bystander.pid}))
            made.uninstall()
            lives = bystander.poll() is None
            bystander.kill()
        return Seen("it lives" if lives else "it was killed", lives)

    def file() -> Seen:
        made.install()
        (home / "precious.txt").write_text("mine")
        done = made.machine.run("uninstall")
        left = [path.name for path in home.iterdir()]
        shutil.rmtree(home)
        return Seen(done.stdout.splitlines()[-1], left == ["precious.txt"] and "precious.txt" in done.stdout)

    def newer_gimp() -> Seen:
        made.install()
        shutil.copytree(user / ".config/GIMP/3.0", user / ".config/GIMP/3.2")
        done = made.machine.run("uninstall")
        left = [path for path in (user / ".config/GIMP").rglob("*") if path.is_file()]
        shutil.rmtree(user / ".config/GIMP/3.2")
        return Seen(f"{len(left)} files left", done.returncode == 0 and not left)

    yield Case("a stale connection file with another's process number", "that process lives on", process)
    yield Case("somebody's file in Overpaint's folder", "it stays, and is named", file)
    yield Case("GIMP 3.2 copied the profile of 3.0", "the copy goes too", newer_gimp)


# --- damaged ------------------------------------------------------------------------------------------


def damaged(made: Machine) -> Iterator[Case]:
    def cut_off() -> str:
        for text in ("", '{"pid": 1', "\0\0", "[]"):
            assert made.run("install").returncode == 0
            for name in ("installed.json", "connection.json", "launch.json"):
                (made.home / name).write_text(text)
            for command in ("install", "uninstall"):
                done = made.run(command)
                assert done.returncode == 0, done.stderr
        left = [name for name in made.contents() if "overpaint" in name or "/op/" in name]
        assert not left, left
        return "installed and removed, four times"

    def half_a_wheel() -> Seen:
        assert made.run("install").returncode == 0
        for path in list((made.home / "vendor/cp312/zmq").rglob("*.py"))[5:]:
            path.unlink()
        shutil.copytree(
            made.home / "vendor", made.user / ".config/GIMP/3.0/plug-ins/overpaint/vendor", dirs_exist_ok=True
        )
        (made.user / ".config/GIMP/3.0/plug-ins/overpaint/vendor/cp312/zmq/__init__.py").unlink()
        named = "pyzmq is not whole" in made.run("doctor").stdout
        mended = made.run("install").returncode == 0 and made.run("doctor").returncode == 0
        made.run("uninstall")
        return Seen(
            f"doctor {'names it' if named else 'is silent'}, install {'mends' if mended else 'leaves'} it", mended
        )

    yield Case("record and connection file cut off or garbage", "install and uninstall work", lambda: held(cut_off))
    yield Case("pyzmq's wheel half unpacked", "doctor names it, install mends it", half_a_wheel)


# --- the environment ----------------------------------------------------------------------------------


def environments(made: Machine) -> Iterator[Case]:
    """With the real packages; uv has them from its cache after the first."""
    made = replace(made, more={"UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(Path.home() / ".cache/uv"))})
    root = made.home / "env"

    def mended(harm: Callable[[], object]) -> Seen:
        began = time.monotonic()
        harm()
        done = made.run("install")
        if done.returncode:
            return Seen(done.stderr[-200:], False)
        seen = made.run("doctor")
        loads = "torch 2.13.0" in seen.stdout and seen.returncode == 0
        return Seen(f"{'loads' if loads else seen.stdout[-200:]}, after {time.monotonic() - began:.0f} s", loads)

    def half_made() -> None:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(root)], check=True)

    def upgraded_away() -> None:
        (root / "bin/python").unlink()
        (root / "bin/python").symlink_to("/usr/bin/python3.9-gone")

    def of_another_version() -> None:
        folder = next((root / "lib").glob("python3*"))
        folder.rename(folder.with_name("python3.9"))

    def lost_files() -> None:
        for path in list((next((root / "lib").glob("python3*")) / "site-packages/torch").glob("*.py"))[:20]:
            path.unlink()

    def cut_short() -> None:
        shutil.rmtree(root)
        command = [sys.executable, str(made.checkout / "install.py"), "install"]
        for seconds in (3.0, 6.0):
            with subprocess.Popen(
                command,
                env=made.variables,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            ) as process:
                time.sleep(seconds)
                os.killpg(process.pid, signal.SIGKILL)

    harms = (
        ("an environment half made, without pip", half_made),
        ("its Python is gone", upgraded_away),
        ("its Python went to another version", of_another_version),
        ("files of torch are missing", lost_files),
        ("killed twice in the middle of the packages", cut_short),
    )
    for name, harm in harms:
        yield Case(name, "install makes it whole", lambda harm=harm: mended(harm))  # type: ignore[misc]


# --- room, names, sandboxes ---------------------------------------------------------------------------


def full_disks() -> Iterator[Case]:
    def full() -> Seen:
        with machine(weights=False) as made:
            made.home.mkdir()
            with mounted(made.home, "size=1m") as there:
                if not there:
                    return Seen("no file system can be mounted here", True)
                said = [made.run(command) for command in ("install", "doctor", "uninstall")]
                left = list(made.home.iterdir())
        words = said[0].stderr.strip()
        plain = not any("Traceback" in one.stderr for one in said) and len(words) < 600
        good = plain and said[0].returncode == 1 and "disk is full" in words and said[2].returncode == 0 and not left
        return Seen(f"{words[-160:]} left: {left}", good)

    yield Case("the disk is full", "one sentence; uninstall takes away what came so far", full)


def names() -> Iterator[Case]:
    for name in _ODD_HOMES:

        def runs(name: str = name) -> Seen:
            with user_folder() as user:
                home = user / name / "op"
                script = application.write_command(home, Environment(Path(sys.prefix)), CHECKOUT)[0]
                done = subprocess.run([str(script), "trusted"], capture_output=True, text=True, check=False)
                return Seen((done.stdout or done.stderr).strip()[-100:], done.returncode == 0)

        yield Case(f"a home named {name}", "the command runs", runs)

    for name in _WINDOWS_HOMES:

        def found(name: str = name) -> Seen:
            with user_folder() as user, on_windows():
                home = user / name / "op"
                text = application.write_command(home, Environment(home / "env"), home / "app")[0].read_bytes()
                lines = text.count(b"\r\n") == text.count(b"\n") == len(text.splitlines())
                return Seen(text.splitlines()[-1].decode("cp850"), text.isascii() and lines and b"%~dp0" in text)

        yield Case(f"a Windows user named {name}", "the command finds itself in every code page", found)


@contextlib.contextmanager
def user_folder() -> Iterator[Path]:
    before = os.environ["HOME"]
    with tempfile.TemporaryDirectory(prefix="op-") as folder:
        os.environ["HOME"] = folder
        try:
            yield Path(folder)
        finally:
            os.environ["HOME"] = before


@contextlib.contextmanager
def on_windows() -> Iterator[None]:
    before = sys.platform
    sys.platform = "win32"
    try:
        yield
    finally:
        sys.platform = before


_SPAWN = """#!/bin/sh
[ "$1" = --host ] || exit 9
shift
while :; do case "$1" in
  --env=*) export "${1#--env=}"; shift;;
  --directory=*) cd "${1#--directory=}"; shift;;
  *) break;;
esac; done
exec "$@"
"""
"""As much of flatpak-spawn as we use."""


def sandboxes() -> Iterator[Case]:
    def reached(command: list[str], spawn: bool, **more: str) -> subprocess.CompletedProcess[str]:
        with tempfile.TemporaryDirectory(prefix="op-") as folder:
            home = Path(folder)
            environment = {"PYTHONPATH": str(CHECKOUT), "OVERPAINT_HOME": folder}
            (home / "launch.json").write_text(json.dumps({"command": command, "environment": environment}))
            if spawn:
                (home / "programs").mkdir()
                (home / "programs/flatpak-spawn").write_text(_SPAWN)
                (home / "programs/flatpak-spawn").chmod(0o755)
            path = f"{folder}/programs:/usr/bin:/bin"
            code = (
                "from server.client.blocking import Client\nfrom server.wire.errors import OverpaintError\n"
                "from server.wire.paths import Home\n"
                "try:\n  with Client('gimp', Home.of_user()) as client: print(client.hello().server)\n"
                "except OverpaintError as error: print('SAYS', error)"
            )
            variables = {**os.environ, **environment, "PATH": path, **more}
            done = subprocess.run(
                [sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=False
            )
            end_server(home)
            return done

    def forbidden() -> Seen:
        done = reached(["/bin/false"], spawn=False, FLATPAK_ID="org.gimp.GIMP", container="flatpak")
        return Seen(done.stdout[-200:], "flatpak override" in done.stdout and "org.gimp.GIMP" in done.stdout)

    def allowed() -> Seen:
        serve = [sys.executable, "-m", "server.cli", "serve", "--device", "cpu"]
        done = reached(serve, spawn=True, FLATPAK_ID="org.gimp.GIMP")
        return Seen(done.stdout[-200:] + done.stderr[-200:], done.stdout.startswith("Overpaint"))

    def snap() -> Seen:
        done = reached(["/bin/false"], spawn=False, SNAP="/snap/krita/1", SNAP_INSTANCE_NAME="krita")
        return Seen(done.stdout[-200:], "Snap" in done.stdout and "overpaint serve" in done.stdout)

    yield Case("a Flatpak editor that may start nothing outside", "the sentence says what helps", forbidden)
    yield Case("a Flatpak editor that may", "the server starts outside", allowed)
    yield Case("a Snap editor", "the sentence says what helps", snap)


# --- kritarc ------------------------------------------------------------------------------------------


def settings_of_krita() -> Iterator[Case]:
    texts = {
        "Latin-1": b"[a]\nx=\xe9\n",
        "U+2028, form feed, U+0085": "[a]\nx=one\u2028two\x0cthree\u0085four\n".encode(),
        "CRLF": b"[a]\r\nx=1\r\n[python]\r\nenable_x=true\r\n",
        "an empty [python] of the user's": b"[python]\n\n[z]\na=1\n",
        "[python] last and empty": b"[z]\na=1\n[python]\n",
    }
    for name, text in texts.items():

        def unchanged(text: bytes = text) -> Seen:
            with tempfile.TemporaryDirectory() as folder:
                config = Path(folder) / "kritarc"
                config.write_bytes(text)
                kritarc.enable(config)
                on = kritarc.enabled(config)
                kritarc.disable(config)
                return Seen(repr(config.read_bytes())[:60], on and config.read_bytes() == text)

        yield Case(f"kritarc with {name}", "every other byte stays", unchanged)

    def full() -> Seen:
        with tempfile.TemporaryDirectory() as folder, mounted(Path(folder), "size=16k") as there:
            if not there:
                return Seen("no file system can be mounted here", True)
            config, text = Path(folder) / "kritarc", b"[a]\n" + b"setting=1\n" * 400
            config.write_bytes(text)
            with contextlib.suppress(OSError), (Path(folder) / "fill").open("wb", buffering=0) as filling:
                while True:
                    filling.write(bytes(4096))
            with contextlib.suppress(OSError):
                kritarc.enable(config)
            return Seen(f"{len(config.read_bytes())} of {len(text)} bytes", config.read_bytes() == text)

    def link() -> Seen:
        with tempfile.TemporaryDirectory() as folder:
            real, config = Path(folder) / "dotfiles", Path(folder) / "kritarc"
            real.write_text("[a]\nx=1\n")
            config.symlink_to(real)
            kritarc.enable(config)
            return Seen(str(config.is_symlink()), config.is_symlink() and b"enable_overpaint" in real.read_bytes())

    yield Case("kritarc on a full disk", "it is as it was", full)
    yield Case("kritarc as a link", "it stays one", link)
