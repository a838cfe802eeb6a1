"""A second machine: two homes, each as on a machine of its own, and the real commands between them over real TCP."""

from __future__ import annotations

import json
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

from server.cli import app
from server.client import events
from server.listening import authorized
from server.wire import invitation
from server.wire.address import Address, of_this_machine, parse, remembered
from server.wire.connection import read_connection
from server.wire.errors import OverpaintError
from tests.conftest import short_folder
from tests.running import PONDERING, Client, RunningServer, submission, until


def free_port() -> int:
    """A port that was free a moment ago, and the next one too."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


def overpaint(home: Path, *words: str) -> Done:
    """The command as on the machine whose folder ``home`` is; in this process, which is many times quicker."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        result = CliRunner().invoke(app, words, env={"OVERPAINT_HOME": str(home)}, catch_exceptions=False)
    return Done(result.exit_code, result.stdout, result.stderr)


@pytest.fixture(scope="module")
def studio() -> Iterator[RunningServer]:
    """The machine with the graphics card."""
    with short_folder() as folder:
        running = RunningServer(folder, "--listen", f"127.0.0.1:{free_port()}", environment=PONDERING)
        yield running
        assert running.stop() == 0


@pytest.fixture
def laptop() -> Iterator[Path]:
    with short_folder() as folder:
        yield folder


def invited(studio: RunningServer, laptop: Path, name: str) -> Path:
    """The invitation, carried over."""
    done = overpaint(studio.home, "invite", name, "--out", str(laptop / "letter.overpaint"))
    assert done.returncode == 0, done.stderr
    return laptop / "letter.overpaint"


def test_an_invited_machine_uses_the_server_by_its_own_commands(studio: RunningServer, laptop: Path):
    letter = invited(studio, laptop, "laptop")
    done = overpaint(laptop, "trust", letter.name)
    assert done.returncode == 0, done.stderr
    assert "is used from here" in done.stdout
    jobs = overpaint(laptop, "jobs", "--json")
    assert json.loads(jobs.stdout) == {"jobs": []}
    assert not (laptop / "connection.json").exists()  # no server of its own was started
    remote = read_connection(laptop / "remote.json")
    assert remote is not None
    client = Client(remote, "me")
    client.run(submission("ponder", steps=1))
    client.close()
    assert "laptop" in overpaint(studio.home, "trusted").stdout
    assert overpaint(laptop, "trust", "--forget").returncode == 0
    assert not (laptop / "remote.json").exists()


def test_a_machine_that_is_revoked_is_out_at_once_and_nothing_of_it_is_left(studio: RunningServer, laptop: Path):
    overpaint(laptop, "trust", invited(studio, laptop, "former").name)
    remote = read_connection(laptop / "remote.json")
    assert remote is not None
    client, kept = Client(remote, "me"), submission("ponder", steps=1)
    client.wait_for(events.Arrived, job=client.start(kept))
    running = submission("ponder", steps=400)
    client.start(running)
    client.wait_for(events.Progressed, job=running.job)
    assert overpaint(studio.home, "revoke", "former").returncode == 0
    assert client.wait_for(events.ServerLost).error
    spool = studio.home / "spool"
    until(lambda: not (spool / kept.job).exists() and not (spool / running.job).exists(), "its jobs to be removed")
    with pytest.raises(AssertionError, match="refused"):
        Client(remote, "me")
    done = overpaint(laptop, "trust", "letter.overpaint")
    assert done.returncode == 1
    assert "ask for a new one" in done.stderr
    client.close()


def test_this_users_own_hosts_and_other_guests_notice_nothing_of_a_revocation(studio: RunningServer, laptop: Path):
    overpaint(laptop, "trust", invited(studio, laptop, "staying").name)
    invited_too = overpaint(studio.home, "invite", "leaving", "--out", str(laptop / "other.overpaint"))
    assert invited_too.returncode == 0
    remote = read_connection(laptop / "remote.json")
    assert remote is not None
    guest, job = Client(remote, "me"), submission("ponder", steps=10)
    with studio.client("host") as mine:
        guest.start(job)
        guest.wait_for(events.Progressed)
        assert overpaint(studio.home, "revoke", "leaving").returncode == 0
        guest.wait_for(events.Arrived, job=job.job)
        assert mine.jobs() == {}
    guest.close()


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_invitation_keys_and_lists_are_for_their_user_only(studio: RunningServer, laptop: Path):
    letter = invited(studio, laptop, "modes")
    overpaint(laptop, "trust", letter.name)
    keys = studio.home / "keys"
    for file in (letter, laptop / "remote.json", keys / "server.json", keys / "admitted"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    assert stat.S_IMODE(keys.stat().st_mode) == 0o700


def test_every_invitation_has_a_key_of_its_own_and_no_secret_of_the_server(studio: RunningServer, laptop: Path):
    first = invitation.read(invited(studio, laptop, "first"))
    (laptop / "letter.overpaint").unlink()
    second = invitation.read(invited(studio, laptop, "second"))
    assert first.client_secret != second.client_secret
    assert first.server_key == second.server_key
    secret = json.loads((studio.home / "keys" / "server.json").read_text())["secret"]
    assert secret not in (laptop / "letter.overpaint").read_text()
    assert second.client_secret not in (studio.home / "keys" / "admitted").read_text()


def test_a_server_that_was_not_asked_to_listens_on_no_port(own_server: RunningServer):
    import psutil

    listening = [one for one in psutil.Process(own_server.process.pid).net_connections() if one.status == "LISTEN"]
    assert listening == []
    done = overpaint(own_server.home, "invite", "laptop")
    assert done.returncode == 1
    assert "--listen" in done.stderr


def test_a_port_that_is_taken_is_said_and_leaves_no_server_behind(laptop: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = overpaint(laptop, "serve", "--listen", f"127.0.0.1:{taken.getsockname()[1]}")
    assert done.returncode == 1
    assert "cannot listen" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (laptop / "connection.json").exists()


@pytest.mark.parametrize(
    ("name", "problem"), [("../up", "cannot be a name"), ("a b", "cannot be a name"), ("twice", "let in already")]
)
def test_a_name_that_is_none_or_taken_is_refused(studio: RunningServer, laptop: Path, name: str, problem: str):
    overpaint(studio.home, "invite", "twice", "--out", str(laptop / "first.overpaint"))
    done = overpaint(studio.home, "invite", name, "--out", str(laptop / "second.overpaint"))
    assert done.returncode == 1
    assert problem in done.stderr
    assert not (laptop / "second.overpaint").exists()


@pytest.mark.parametrize("text", ["", "{}", "[]", "\x00" * 100, "x" * 20_000, '{"major": 1}'])
def test_a_file_that_is_no_invitation_is_refused(laptop: Path, text: str):
    (laptop / "letter").write_text(text)
    done = overpaint(laptop, "trust", "letter")
    assert done.returncode == 1
    assert "not an invitation" in done.stderr


def test_a_machine_that_does_not_answer_is_said_and_changes_nothing(studio: RunningServer, laptop: Path):
    nowhere = f"127.0.0.1:{free_port()}"
    overpaint(studio.home, "invite", "lost", "--address", nowhere, "--out", str(laptop / "letter"))
    done = overpaint(laptop, "trust", "letter")
    assert done.returncode == 1
    assert nowhere in done.stderr
    assert not (laptop / "remote.json").exists()


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("studio.local", "studio.local", 28717),
        ("10.0.0.5:4000", "10.0.0.5", 4000),
        ("*:4000", "*", 4000),
        ("[fe80::1]:4000", "fe80::1", 4000),
        ("::1", "::1", 28717),
    ],
)
def test_addresses_are_read_as_people_write_them(text: str, host: str, port: int):
    assert parse(text) == Address(host, port)
    assert parse(str(parse(text))) == Address(host, port)


@pytest.mark.parametrize("text", ["", ":5", "a b", "host:", "host:0", "host:65535", "host:99999", "tcp://x:5", "a/b"])
def test_what_is_no_address_is_refused(text: str):
    with pytest.raises(OverpaintError):
        parse(text)


def test_a_server_that_listens_everywhere_is_found_at_this_machines_addresses():
    found = [address.host for address in of_this_machine(Address("*", 4000))]
    assert socket.gethostname() in found
    assert "*" not in found


def test_a_list_that_was_edited_by_hand_is_read_line_by_line(laptop: Path):
    (laptop / "keys").mkdir()
    key = "a" * 40
    authorized.guests_file(laptop).write_text(f"# a note\n\nnonsense\n{key} laptop\n{key[:-1]} short\n")
    assert [(guest.key, guest.name) for guest in authorized.listed(laptop)] == [(key, "laptop")]


def test_a_key_that_begins_like_a_note_is_a_key(laptop: Path):
    key = "#" * 40
    authorized.let_in(laptop, "laptop", key)
    with authorized.guests_file(laptop).open("a") as file:
        file.write(f"# a note\n#{key} turned out for now\n")
    authorized.let_in(laptop, "tablet", "a" * 40)
    assert {guest.name for guest in authorized.listed(laptop)} == {"laptop", "tablet"}
    assert authorized.AuthorizedKeys(laptop).admits(key)
    authorized.turn_out(laptop, "laptop")
    assert "# a note" in authorized.guests_file(laptop).read_text()
    assert not authorized.AuthorizedKeys(laptop).admits(key)


def test_an_edited_list_counts_from_the_next_question_on(laptop: Path):
    known = authorized.AuthorizedKeys(laptop)
    key = "a" * 40
    assert not known.admits(key)
    authorized.let_in(laptop, "laptop", key)
    assert known.admits(key)
    assert known.turned_out() == set()
    authorized.turn_out(laptop, "laptop")
    assert not known.admits(key)
    assert known.turned_out() == {key}


@pytest.mark.parametrize("text", [b"", b"{", b"\xff\xfe", b'{"host": 5}', b"x" * 10_000])
def test_a_damaged_note_of_where_a_server_listened_is_as_none(laptop: Path, text: bytes):
    (laptop / "listening.json").write_bytes(text)
    assert remembered(laptop) is None
