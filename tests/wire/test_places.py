"""Files that both ends share: private, whole, and one server at a time."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from server.wire import connection, files, guests, keys
from server.wire.connection import ConnectionFile
from server.wire.errors import OverpaintError

posix = pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
CONNECTION = ConnectionFile(1, 0, 42, "ipc://a", "ipc://b")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@posix
def test_the_connection_file_and_the_keys_are_readable_by_this_user_only(home: Path) -> None:
    connection.write_connection(home, CONNECTION)
    keys.server_keys(home)
    keys.client_keys(home)
    private = [home / "connection.json", home / "keys/server.json", home / "keys/client.json"]
    assert [mode(path) for path in private] == [0o600] * 3
    assert [mode(path) for path in (home, home / "keys", connection.ipc_folder(home))] == [0o700] * 3


def test_the_connection_file_is_replaced_whole(home: Path) -> None:
    connection.write_connection(home, CONNECTION)
    connection.write_connection(home, ConnectionFile(1, 0, 43, "tcp://a", "tcp://b", "s", "p", "q"))
    read = connection.read_connection(home / "connection.json")
    assert read is not None
    assert read.pid == 43
    assert [path.name for path in home.iterdir()] == ["connection.json"]


def test_no_connection_file_is_no_connection_and_a_broken_one_is_an_error(home: Path) -> None:
    assert connection.read_connection(home / "connection.json") is None
    (home / "connection.json").write_text('{"pid": "many"}')
    with pytest.raises(OverpaintError) as raised:
        connection.read_connection(home / "connection.json")
    assert "connection.json" in raised.value.sentence


def test_keys_are_made_once(home: Path) -> None:
    first = keys.server_keys(home)
    assert keys.server_keys(home) == first
    assert keys.client_keys(home) != first
    assert keys.is_key(first.public)
    assert keys.is_key(first.secret)


def test_admitted_are_this_user_and_the_listed_keys(home: Path) -> None:
    own, other = keys.client_keys(home).public, keys.server_keys(home).public
    guests.guests_file(home).write_text(f"# laptops\n\n{other} the laptop\nnot-a-key somebody\n")
    admitted = guests.Guests(home)
    assert admitted.admits(own)
    assert admitted.admits(other)
    assert not admitted.admits("not-a-key")


def test_a_list_that_cannot_be_read_ends_nobodys_session_and_notes_in_it_stay(home: Path) -> None:
    file, key = guests.guests_file(home), keys.server_keys(home).public
    guests.let_in(home, "laptop", key)
    file.write_bytes("# Jürgens\n".encode("latin-1") + file.read_bytes())
    admitted = guests.Guests(home)
    assert admitted.admits(key)
    guests.let_in(home, "studio", keys.client_keys(home).public)
    assert file.read_text("utf-8").startswith("# J")
    file.unlink()
    file.mkdir()  # for root, too, nothing that can be read
    assert admitted.admits(key)
    assert admitted.turned_out() == set()


def test_a_lock_is_held_by_one_and_ends_with_its_process(home: Path) -> None:
    path = home / "server.lock"
    script = (
        "import sys, time; from pathlib import Path; from server.wire.files import LockFile\n"
        "lock = LockFile(Path(sys.argv[1])); print(lock.take(), flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "True\n"
    assert files.held(path)
    assert not files.LockFile(path).take()
    holder.kill()
    holder.wait()
    holder.stdout.close()
    assert not files.held(path)
    ours = files.LockFile(path)
    assert ours.take()
    ours.release()


def test_asking_for_a_lock_does_not_keep_a_server_from_starting(home: Path) -> None:
    path = home / "server.lock"
    lock = files.LockFile(path)
    assert lock.take()
    lock.release()
    assert not files.held(path)
    assert lock.take()
    lock.release()


@posix
def test_a_home_with_a_long_path_gets_its_sockets_elsewhere(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 60) / ("y" * 60)
    folder = connection.ipc_folder(deep)
    try:
        assert mode(folder) == 0o700
        endpoints = connection.ipc_endpoints(folder)
        assert all(len(endpoint.removeprefix("ipc://")) <= 107 for endpoint in endpoints)
        assert folder.parent == Path(tempfile.gettempdir())
    finally:
        connection.remove_ipc(folder)
    assert not folder.exists()
