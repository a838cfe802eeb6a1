"""What strangers and guests did to a live server: each done again at a real one, over real sockets."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil
import zmq

from bench.cases.case import Case, Seen
from bench.fuzz.identities import breaches
from server.client import events
from server.listening import authorized
from server.wire import codec, frames, keys, sockets
from server.wire import messages as wire
from server.wire.connection import ConnectionFile, read_connection
from server.wire.geometry import Bounds
from server.wire.raster import Channels, Depth, Raster
from server.wire.recipe import Recipe
from tests.cli.test_guests import free_port
from tests.conftest import short_folder
from tests.running import CHECKOUT, PONDERING, Client, RunningServer, submission, until

LAYER = Raster(Bounds(0, 0, 64, 64), Channels.RGBA, Depth.U8)
EVIL: dict[str, bytes] = {
    "a key of 15,000 wide letters": json.dumps(
        {"type": "finished", "seconds": {"\U0001f600" * 15_000: "x"}}, ensure_ascii=False
    ).encode(),
    "a key of 60,000 letters": json.dumps({"type": "finished", "seconds": {"k" * 60_000: "x"}}).encode(),
    "a job's name of 60,000 letters": json.dumps({"type": "attach", "job": "j" * 60_000}).encode(),
    "brackets 60,000 deep": b"[" * 60_000,
    "a number of 60,000 digits": b'{"type": "ping", "number": ' + b"9" * 60_000 + b"}",
    "nothing": b"",
}


@dataclass
class Studio:
    """A server that listens, with one machine let in."""

    server: RunningServer
    guest: ConnectionFile

    @property
    def lives(self) -> bool:
        return self.server.process.poll() is None

    def serves(self) -> bool:
        with self.server.client("after") as client:
            return bool(client.run(submission("muse", steps=1)).results)

    def seen(self, text: str = "", good: bool = True) -> Seen:
        if not self.lives:
            return Seen(f"the server ended with {self.server.process.poll()}", False)
        return Seen(text or "own host served", good and self.serves())


@contextlib.contextmanager
def studio(*options: str, descriptors: int | None = None) -> Iterator[Studio]:
    with short_folder() as home:
        port = free_port()
        listen = ("--listen", f"127.0.0.1:{port}", *options)
        server = RunningServer(home, *listen, environment=PONDERING, descriptors=descriptors)
        pair, public = keys.new_pair(), keys.server_keys(home).public
        authorized.let_in(home, "guest", pair.public)
        ends = f"tcp://127.0.0.1:{port}", f"tcp://127.0.0.1:{port + 1}"
        try:
            yield Studio(server, ConnectionFile(1, 0, 0, *ends, public, pair.public, pair.secret))
        finally:
            server.stop()


def cases() -> Iterator[Case]:
    with studio() as place:
        for name, header in EVIL.items():
            yield Case(f"a guest says {name} before hello", "own host served", partial(_said, place, header))
        yield Case("a worker is stopped while six long questions wait", "a hello within 5 s", partial(_stopped, place))
        yield Case("60 questions of a guest", "an own edit waits 10 s at most", partial(_questions, place))
        yield Case("a cancel behind a guest's questions", "the worker lives", partial(_cancel, place))
        yield Case("the connection file is removed", "it is back", partial(_removed, place, "connection.json"))
        yield Case("the lock is removed", "one server, and the lock is back", partial(_removed, place, "server.lock"))
        yield Case("the sockets are removed", "new ones", partial(_removed, place, "sockets"))
        yield Case("the list of guests cannot be read", "the guest is out, then in", partial(_unreadable, place))
        yield Case("100 prompts of control characters in a list", "plain, in one frame", partial(_listed, place))
    yield Case("a machine passes for another, 20 ways", "nothing of the other's", _identities)
    yield Case("bursts of strangers at 1024 descriptors", "own hosts served meanwhile", _burst)
    for name, damage in DAMAGES.items():
        yield Case(f"keys that are {name}", "the server starts, and says so", partial(_damaged_keys, damage))
    yield Case("400 models, one title of 70 KB, one card a pipe", "hello names 401", _shelf)


def _said(place: Studio, header: bytes) -> Seen:
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    end = sockets.client_socket(context, place.guest.client_keys, place.guest.server_key)
    end.connect(place.guest.data)
    end.poll(3000, zmq.POLLOUT)
    end.send(header)
    end.poll(3000)
    raw = frames.receive(end, routed=False)
    said = raw.message() if raw is not None else None
    context.destroy(linger=0)
    letters = len(said.sentence) if isinstance(said, wire.Failed) else 0
    return place.seen(f"refused in {letters} letters", 0 < letters < 500)


def _stopped(place: Studio) -> Seen:
    until(place.server.worker_pids, "the worker")
    worker = psutil.Process(place.server.worker_pids()[0])
    worker.suspend()
    try:
        with place.server.client("asker") as asker:
            for _ in range(6):
                recipe = Recipe("ponder", prompt="\x01" * 3900, negative="\x01" * 3900)
                asker.session.estimate(wire.Estimate(secrets.token_hex(16), recipe, LAYER))
            began = time.monotonic()
            with place.server.client("other"):
                waited = time.monotonic() - began
    finally:
        worker.resume()
    return place.seen(f"after {waited:.1f} s", waited < 5)


def _questions(place: Studio) -> Seen:
    with contextlib.ExitStack() as stack:
        for _ in range(2):
            asker = stack.enter_context(contextlib.closing(Client(place.guest, "asker")))
            for seed in range(30):
                asker.session.estimate(submission("ponder", prompt="measure", seed=seed).question())
        began = time.monotonic()
        place.serves()
        waited = time.monotonic() - began
    return place.seen(f"{waited:.1f} s", waited < 10)


def _cancel(place: Studio) -> Seen:
    with contextlib.closing(Client(place.guest, "asker")) as asker, place.server.client("me") as me:
        workers = place.server.worker_pids()
        for seed in range(30):
            asker.session.estimate(submission("ponder", prompt="measure", seed=seed).question())
        job = submission("muse", steps=5)
        me.start(job)
        me.session.cancel(job.job)
        me.wait_for(events.Cancelled)
        time.sleep(6.0)  # a worker that does not stop is ended after 5 s
    return place.seen("the same worker", place.server.worker_pids() == workers)


def _removed(place: Studio, name: str) -> Seen:
    path = place.server.home / name
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    until(lambda: path.exists() and read_connection(place.server.home / "connection.json"), name, 10.0)
    command = [sys.executable, "-P", "-m", "server.cli", "serve"]
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), "OVERPAINT_HOME": str(place.server.home)}
    second = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False)
    alone = second.returncode != 0 and place.server.connection.pid == place.server.process.pid
    return place.seen(f"{name} is back; a second server ends with {second.returncode}", alone)


def _unreadable(place: Studio) -> Seen:
    file = authorized.guests_file(place.server.home)
    with contextlib.closing(Client(place.guest, "me")) as guest:
        aside = file.rename(file.with_name("aside"))
        file.mkdir()
        lost = guest.wait_for(events.ServerLost, patience=20.0)
    file.rmdir()
    aside.rename(file)
    with contextlib.closing(Client(place.guest, "me")):
        return place.seen(f"out ({lost.error.code.value}), then in")


def _listed(place: Studio) -> Seen:
    with place.server.client("painter") as client:
        for _ in range(100):
            client.start(submission("muse", 700, 700, prompt="\x1b[2J\x01\u202e" * 30))
        client.session.list_jobs()
        lines = client.wait_for(events.Listed).jobs
        for line in lines:
            client.session.cancel(line.job)
        for _ in lines:
            client.wait_for(events.Cancelled)
    plain = all(line.prompt.isprintable() for line in lines)
    nbytes = len(codec.encode(wire.Jobs(lines)))
    return place.seen(f"{len(lines)} in {nbytes} bytes", plain and len(lines) > 50)


def _identities() -> Seen:
    found = list(breaches(20, seed=3))
    return Seen(found[0] if found else "nothing in 20 tries", not found)


def _burst() -> Seen:
    with studio(descriptors=1024) as place:
        process, most = psutil.Process(place.server.process.pid), 0
        _, _, port = place.guest.data.rpartition(":")
        for _ in range(5):
            with contextlib.ExitStack() as burst:
                for number in range(1800):
                    stranger = burst.enter_context(socket.socket())
                    stranger.setblocking(False)
                    stranger.connect_ex(("127.0.0.1", int(port) + number % 2))
                if not place.lives or not place.serves():
                    return place.seen("not served meanwhile", False)
                most = max(most, process.num_fds())
        return place.seen(f"served; {most} descriptors at most", most < 900)


def _link_to_itself(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:20]),
    "not UTF-8": lambda path: path.write_bytes(b"\xff\xfe\x00"),
    "no keys": lambda path: path.write_text('{"public": "x", "secret": "y"}'),
    "a link to itself": _link_to_itself,
}


def _damaged_keys(damage: Callable[[Path], object]) -> Seen:
    with short_folder() as home:
        for kept in (keys.server_keys, keys.client_keys):
            kept(home)
        for name in ("server.json", "client.json"):
            damage(home / "keys" / name)
        authorized.guests_file(home).write_bytes(b"\xff\xfe nonsense\n\x00\n" + b"x" * 5000 + b"\n")
        server = RunningServer(home, "--transport", "tcp", environment=PONDERING)
        with server.client("me") as client:
            served = bool(client.run(submission("muse", steps=1)).results)
        said = server.log().count("holds no pair of keys")
        server.stop()
    return Seen(f"started, {said} named", served and said == 2)


def _shelf() -> Seen:
    with short_folder() as home:
        for number in range(401):
            _card(home / "models" / f"a-model-with-a-usual-name-{number:03}", f"A Model With A Usual Name {number}")
        _card(home / "models" / "a-model-with-a-usual-name-000", "T" * 70_000)
        (home / "models" / "pipe").mkdir()
        if hasattr(os, "mkfifo"):
            os.mkfifo(home / "models" / "pipe" / "overpaint.json")
        server = RunningServer(home, environment=PONDERING)
        with server.client("me") as client:
            named = client.session.welcome.models if client.session.welcome is not None else ()
            served = bool(client.run(submission("muse", steps=1)).results)
        server.stop()
    mine = [offer for offer in named if offer.name.startswith("a-model")]
    return Seen(f"{len(mine)} named", served and len(mine) >= 400)


def _card(folder: Path, title: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    card = {
        "name": folder.name, "title": title, "family": "sd15", "licence": "", "good_for": "", "memory_gb": 3.0,
        "source": "/x", "location": sys.prefix,
    }  # fmt: skip
    (folder / "overpaint.json").write_text(json.dumps(card))
