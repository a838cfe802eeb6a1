"""The command line in the hands of strangers: odd surroundings, odd options, odd places, and what others wrote."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.cases.case import Case, Seen
from server.gateway.admission import admit
from server.wire.errors import OverpaintError
from server.wire.geometry import Bounds
from server.wire.messages import Blob, Submit
from server.wire.offers import Limits, MethodOffer, ModelOffer, Need, Role
from server.wire.raster import Channels, Depth, Raster
from server.wire.recipe import Recipe
from tests.running import CHECKOUT, PONDERING, RunningServer, submission, until
from tools.install import application
from tools.install.environment import Environment

PICTURE = CHECKOUT / "tests/pictures/photographs/rocket.jpg"
MASK = CHECKOUT / "tests/pictures/selections/rocket-mast.png"
_PATIENCE = 240


@dataclass(frozen=True)
class Said:
    """What a command left: its exit status and all it printed."""

    status: int
    out: str
    err: str

    @property
    def in_words(self) -> bool:
        return "Traceback" not in self.out + self.err

    def refused(self, *words: str) -> Seen:
        """Whether it ended in a sentence with these words in it, not with a traceback and not as if all were well."""
        text = " ".join((self.err or self.out).split())
        return Seen(text[-160:], self.in_words and self.status != 0 and all(word in text for word in words))


@dataclass(frozen=True)
class Installed:
    """The command as install.py writes it, for a home of its own."""

    root: Path

    @property
    def home(self) -> Path:
        return self.root / "op"

    @property
    def script(self) -> Path:
        return application.write_command(self.home, Environment(Path(sys.prefix)), CHECKOUT)[0]

    def run(self, *words: object, cwd: Path | None = None, **more: str) -> Said:
        return run([str(self.script), *map(str, words)], cwd=cwd, variables={**os.environ, **more})

    def end(self) -> None:
        end_server(self.home)


def run(command: list[str], cwd: Path | None = None, variables: Mapping[str, str] | None = None) -> Said:
    done = subprocess.run(
        command, cwd=cwd, env=variables, capture_output=True, stdin=subprocess.DEVNULL, timeout=_PATIENCE, check=False
    )
    return Said(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))


def end_server(home: Path) -> None:
    from server.wire.retire import ask_to_end

    ask_to_end(home)


@contextlib.contextmanager
def installed() -> Iterator[Installed]:
    """A short path: sockets lie below it."""
    with tempfile.TemporaryDirectory(prefix="op-", dir="/tmp") as folder:
        made = Installed(Path(folder))
        before = os.environ.get("HOME")
        os.environ["HOME"] = folder
        try:
            yield made
        finally:
            made.end()
            if before is not None:
                os.environ["HOME"] = before


def cases() -> Iterator[Case]:
    with installed() as made:
        yield from surroundings(made)
        yield from options(made)
        yield from outputs(made)
    yield from homes()
    yield from told_by_others()
    yield Case("strength 0", "the picture comes back unchanged, no step is taken", strength_nothing)
    yield Case("erase with a model that paints", "the sentence says what helps", erase_with_a_painter)


# --- where it is started ------------------------------------------------------------------------------


def surroundings(made: Installed) -> Iterator[Case]:
    edit = ("edit", PICTURE, "--mask", MASK, "--out", made.root / "a.png", "--json")

    def in_a_strangers_folder() -> Seen:
        folder = made.root / "strangers"
        folder.mkdir()
        marks = made.root / "owned"
        for name in ("typer", "zmq", "psutil", "cv2", "numpy", "server", "sitecustomize", "usercustomize", "struct"):
            (folder / f"{name}.py").write_text(f"open({str(marks)!r}, 'a').write('{name} ')\n")
        said = made.run(*edit, cwd=folder, PYTHONPATH=str(folder), PYTHONSTARTUP=str(folder / "typer.py"))
        ran = marks.read_text() if marks.exists() else ""
        return Seen(f"status {said.status}, of theirs ran: {ran or 'nothing'}", said.status == 0 and not ran)

    def with_another_python() -> Seen:
        said = made.run("jobs", PYTHONHOME="/nonexistent", PYTHONPATH="/nonexistent", PYTHONINSPECT="", PYTHONUTF8="0")
        return Seen(said.out.strip() or said.err[-100:], said.status == 0)

    def without_a_locale() -> Seen:
        said = made.run("models", "list", LC_ALL="POSIX", LANG="", PYTHONIOENCODING="ascii")
        return Seen(f"status {said.status}, {len(said.out)} letters", said.status == 0 and said.in_words)

    def from_a_host_with_its_own_libraries() -> Seen:
        folder = made.root / "libraries"
        folder.mkdir()
        for name in ("libz.so.1", "libsqlite3.so.0", "libffi.so.8", "libssl.so.3", "libcrypto.so.3", "liblzma.so.5"):
            (folder / name).write_bytes(b"another system's")
        home = made.root / "h"
        home.mkdir()
        application.write_launch(home, Environment(Path(sys.prefix)), CHECKOUT, "cpu")
        code = (
            "import os, sys; os.environ['LD_LIBRARY_PATH'] = sys.argv[1]; os.environ['LD_PRELOAD'] = ''\n"
            "os.environ['OPENSSL_CONF'] = '/nonexistent'; os.environ['QT_PLUGIN_PATH'] = sys.argv[1]\n"
            "from server.client.blocking import Client\nfrom server.wire.paths import Home\n"
            "with Client('cli', Home.of_user()) as client: print(client.hello().server)"
        )
        variables = {**os.environ, "PYTHONPATH": str(CHECKOUT), "OVERPAINT_HOME": str(home)}
        said = run([sys.executable, "-c", code, str(folder)], variables=variables)
        end_server(home)
        return Seen((said.out or said.err).strip()[-120:], said.status == 0)

    yield Case("started in a folder with modules of a stranger", "nothing of it is imported", in_a_strangers_folder)
    yield Case("PYTHONHOME and PYTHONPATH of another Python", "not heeded", with_another_python)
    yield Case("no locale, ASCII output", "no error", without_a_locale)
    yield Case("a host with foreign libraries starts the server", "it starts", from_a_host_with_its_own_libraries)


# --- what is typed ------------------------------------------------------------------------------------

OUT_OF_RANGE = (
    *(("seed", "-1", "4294967295"), ("seed", str(2**64), "4294967295"), ("grow", "2000", "1024")),
    *(("feather", "-1", "1024"), ("feather", "1e3", "feather"), ("steps", "0", "500"), ("steps", "501", "500")),
    *(("strength", "1.01", "0 to 1"), ("strength", "nan", "0 to 1"), ("guidance", "-0.1", "0 to 50")),
    *(("guidance", "inf", "0 to 50"), ("context", "8193", "8192"), ("variations", "0", "1 to 16")),
    *(("variations", "17", "1 to 16"), ("eta", "1.6", "0 to 1.5"), ("eta", "nan", "0 to 1.5")),
    *(("eta", "0:1:99", "at most 16"),),
)


def options(made: Installed) -> Iterator[Case]:
    for name, value, words in OUT_OF_RANGE:

        def refused(name: str = name, value: str = value, words: str = words) -> Seen:
            return made.run("edit", PICTURE, "--out", made.root / "b.png", f"--{name}", value).refused(words)

        yield Case(f"--{name} {value}", "refused where it was typed, with its range", refused)


# --- where it goes ------------------------------------------------------------------------------------


def outputs(made: Installed) -> Iterator[Case]:
    def into(redirection: str, *, status: int | None = None) -> Seen:
        said = run(["sh", "-c", f'"{made.script}" models list {redirection}'])
        good = said.in_words and "Exception ignored" not in said.err and (status is None or said.status == status)
        return Seen(f"status {said.status} {said.err.strip()[-120:]}", good)

    yield Case("output that is read to its first line only", "silence", lambda: into("| head -n 1"))
    yield Case("output that is closed", "silence", lambda: into(">&-"))
    yield Case("output on a full disk", "one sentence", lambda: into(">/dev/full", status=1))

    def answer_that_finds_no_place() -> Seen:
        folder = made.root / "full"
        folder.mkdir()
        with mounted(folder, "size=64k") as there:
            if not there:
                return Seen("no file system can be mounted here", True)
            said = made.run("edit", PICTURE, "--mask", MASK, "--out", folder / "a.ora")
        return said.refused("overpaint jobs")

    yield Case("the disk is full when the answer comes", "the hint names overpaint jobs", answer_that_finds_no_place)

    def interrupted() -> Seen:
        worst = Said(0, "", "")
        for pause in (0.3, 0.7):
            with subprocess.Popen(
                [str(made.script), "doctor"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
            ) as process:
                time.sleep(pause)
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=_PATIENCE)
            said = Said(process.returncode, out.decode(), err.decode())
            worst = said if not said.in_words else worst
        return Seen(worst.err[-120:] or "in words", worst.in_words)

    yield Case("Ctrl-C at once", "no traceback", interrupted)


# --- its own folder -----------------------------------------------------------------------------------

EVERY_COMMAND: tuple[tuple[object, ...], ...] = (
    *(("jobs",), ("models", "list"), ("trusted",), ("invite", "laptop", "--address", "127.0.0.1"), ("doctor",)),
    *(("edit", PICTURE, "--out", "/tmp/op-none.png"), ("serve",), ("trust", "--forget"), ("revoke", "x")),
    *(("models", "remove", "x"), ("jobs", "cancel", "x"), ("doctor", "--report")),
)


START = (sys.executable, *application.SAFELY, str(CHECKOUT / application.START))


def homes() -> Iterator[Case]:
    yield Case("a home that is read-only", "every command ends in a sentence", read_only_home)
    yield Case("a home that is a file", "every command ends in a sentence", file_as_home)
    yield Case("a relative OVERPAINT_HOME", "the server starts there", partial(seen_from_elsewhere, "relative", {}))
    elsewhere = partial(seen_from_elsewhere, "~/op", {"HOME": ""})
    yield Case("OVERPAINT_HOME=~/op", "the user's folder", elsewhere)
    yield Case("an account without a home", "a sentence", without_a_home)
    yield Case("its small files are cut off or garbage", "no traceback", damaged_home)


def every_command(home: str, cwd: Path) -> Seen:
    wrong = []
    for words in EVERY_COMMAND:
        said = run([*START, *map(str, words)], cwd=cwd, variables={**os.environ, "OVERPAINT_HOME": home})
        if not said.in_words or (said.status and not (said.err + said.out).strip()):
            wrong.append(f"{words[0]}: {said.err.strip()[-120:]}")
    return Seen("; ".join(wrong) or "in words, every command", not wrong)


def read_only_home() -> Seen:
    with tempfile.TemporaryDirectory(prefix="op-") as name:
        home = Path(name) / "h"
        home.mkdir()
        with mounted(home, "ro,size=64k") as there:
            if not there:
                return Seen("no file system can be mounted here", True)
            return every_command(str(home), Path(name))


def file_as_home() -> Seen:
    with tempfile.TemporaryDirectory(prefix="op-") as folder:
        (Path(folder) / "home").write_text("a file")
        return every_command(f"{folder}/home", Path(folder))


def seen_from_elsewhere(home: str, environment: dict[str, str]) -> Seen:
    with tempfile.TemporaryDirectory(prefix="op-") as folder:
        variables = {**os.environ, "OVERPAINT_HOME": home, **dict.fromkeys(environment, folder)}
        began = time.monotonic()
        said = run([*START, "jobs"], cwd=Path(folder), variables=variables)
        found = Path(folder) / home.removeprefix("~/")
        server = (found / "connection.json").exists()
        end_server(found)
        text = f"status {said.status} after {time.monotonic() - began:.0f} s {said.err.strip()[-120:]}"
        return Seen(text, said.status == 0 and server)


def damaged_home() -> Seen:
    with tempfile.TemporaryDirectory(prefix="op-") as folder:
        wrong = [
            line
            for name in ("launch.json", "remote.json", "clients/cli")
            for text in (b'{"command": [', b"\xff\0", b'{"command": []}')
            if (line := _said_of(Path(folder), name, text))
        ]
        end_server(Path(folder))
        return Seen("; ".join(wrong) or "in words", not wrong)


def _said_of(home: Path, name: str, text: bytes) -> str:
    """What is wrong with what is said where the home's file ``name`` holds ``text``; empty: nothing."""
    path = home / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text)
    said = run([*START, "jobs"], variables={**os.environ, "OVERPAINT_HOME": str(home)})
    path.unlink()
    return "" if said.in_words else f"{name}: {said.err.strip()[-100:]}"


def without_a_home() -> Seen:
    code = (
        "import os, sys, contextlib, server.cli, server.command_line.jobs, server.command_line.ending\n"
        "sys.argv = ['overpaint', 'jobs', 'cancel', 'none']\n"
        "with contextlib.suppress(SystemExit): server.cli.main()  # so that everything is imported\n"
        "[os.environ.pop(name, None) for name in ('HOME', 'OVERPAINT_HOME', 'XDG_DATA_HOME')]\n"
        "os.setuid(54321); sys.argv = ['overpaint', *sys.argv[1:]]; server.cli.main()"
    )
    if os.geteuid() != 0:
        return Seen("only root can be somebody without an account", True)
    variables = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    return run([sys.executable, "-c", code, "jobs"], variables=variables).refused("OVERPAINT_HOME")


@contextlib.contextmanager
def mounted(folder: Path, options: str) -> Iterator[bool]:
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    there = shutil.which("mount") is not None and subprocess.run(command, check=False).returncode == 0
    try:
        yield there
    finally:
        if there:
            subprocess.run(["umount", "-l", str(folder)], check=True)


# --- what others wrote --------------------------------------------------------------------------------

ESCAPES = "\x1b]0;owned\x07\x1b[2J\x1b[31mred\nfake line  finished  erase \x9b2J \u202e"


def told_by_others() -> Iterator[Case]:
    from server.client.identity import client_id

    with tempfile.TemporaryDirectory(prefix="op-") as folder:
        home = Path(folder)
        server = RunningServer(home, environment=PONDERING)
        try:
            with server.client(client_id(home, "cli")) as client:
                client.start(submission("ponder", steps=400, prompt=ESCAPES))
                until(lambda: client.jobs(), "the job to be there")
                variables = {**os.environ, "PYTHONPATH": str(CHECKOUT), "OVERPAINT_HOME": folder, "TERM": "xterm"}
                yield Case(
                    "a prompt of escape sequences in jobs", "letters", lambda: on_a_terminal(["jobs"], variables)
                )
                yield Case("the same as JSON", "letters", lambda: on_a_terminal(["jobs", "--json"], variables))
        finally:
            server.stop()
        card = home / "models/evil/overpaint.json"
        card.parent.mkdir(parents=True)
        shown = {"name": "evil", "title": ESCAPES, "family": "sd15", "licence": ESCAPES, "good_for": ESCAPES}
        card.write_text(json.dumps({**shown, "source": "", "memory_gb": 1.0, "abilities": []}))
        yield Case(
            "a model's title of escape sequences", "letters", lambda: on_a_terminal(["models", "list"], variables)
        )
        odd = ["edit", f"/tmp/{ESCAPES}.png", "--out", "/tmp/a.png"]
        yield Case("a file name of escape sequences", "letters", lambda: on_a_terminal(odd, variables))


def on_a_terminal(words: list[str], variables: Mapping[str, str]) -> Seen:
    """Runs it on a pseudo-terminal, where programs show themselves from their colourful side."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "server.cli", *words]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=dict(variables)) as process:
        os.close(theirs)
        printed = b""
        with contextlib.suppress(OSError):  # so does Linux tell that the other end is closed
            while piece := os.read(ours, 65536):
                printed += piece
        process.wait(_PATIENCE)
    os.close(ours)
    bad = [
        sign for sign in (b"\x1b]0", b"\x1b[2J", b"\x1b[31mred", b"\xc2\x9b2J", "\u202e".encode()) if sign in printed
    ]
    split = any(line.lstrip().startswith(b"fake line") for line in printed.splitlines())
    return Seen(f"raw: {bad or 'nothing'}", not bad and not split and b"owned" in printed)


# --- what it asks for ---------------------------------------------------------------------------------


def strength_nothing() -> Seen:
    import numpy as np

    from server.editing.edit import Scene
    from server.editing.painting import paint
    from server.methods.sdedit import redraw
    from server.pixels.picture import Picture

    rgb = np.random.default_rng(1).random((24, 32, 3), np.float32)
    scene = Scene(Picture(rgb, np.ones((24, 32), np.float32)), np.ones((24, 32), np.float32))
    adapter = None  # nothing may be asked of the model
    answer = paint(scene, Recipe("inpaint", "a boat", strength=0.0), adapter, lambda step: None, redraw)  # type: ignore[arg-type]
    same = all(np.array_equal(image, rgb) for image in answer.result.images)
    return Seen(" ".join(answer.notices), same and bool(answer.notices))


def erase_with_a_painter() -> Seen:
    erase = MethodOffer("erase", "Erase selection", "", Role.ERASE, (Need.SELECTION,))
    painter = ModelOffer("sd15", "SD 1.5", "sd15", "", "", 4.0)
    layer = Raster(Bounds(0, 0, 8, 8), Channels.RGBA, Depth.U8)
    blobs = (Blob("layer", layer.nbytes), Blob("mask", 64))
    submit = Submit("0" * 32, Recipe("erase", model="sd15"), layer, blobs, mask_depth=Depth.U8)
    try:
        admit(submit, (erase,), (painter,), Limits())
    except OverpaintError as error:
        return Seen(str(error), "needs no model" in error.hint and "say what it should show" in error.hint)
    return Seen("admitted", False)
