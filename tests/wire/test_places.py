"""Files that both ends share: private, whole, and one server at a time."""

from __future__ import annotations

import contextlib
import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.listening import authorized
from server.wire import codec, connection, files, keys, sockets
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
    authorized.guests_file(home).write_text(f"# laptops\n\n{other} the laptop\nnot-a-key somebody\n")
    admitted = authorized.AuthorizedKeys(home)
    assert admitted.admits(own)
    assert admitted.admits(other)
    assert not admitted.admits("not-a-key")


def test_while_the_list_cannot_be_read_no_other_machine_is_let_in_and_none_is_forgotten(home: Path) -> None:
    file, key = authorized.guests_file(home), keys.new_pair().public
    authorized.let_in(home, "laptop", key)
    admitted = authorized.AuthorizedKeys(home)
    assert admitted.admits(key)
    text = file.read_text()
    file.unlink()
    file.mkdir()  # for root, too, nothing that can be read
    assert not admitted.admits(key)
    assert admitted.admits(keys.client_keys(home).public)
    assert admitted.turned_out() == set()
    assert not admitted.has_turned_out(key)
    file.rmdir()
    file.write_text(text)
    assert admitted.admits(key)


def test_who_is_revoked_while_the_list_cannot_be_read_stays_out_when_it_can(home: Path) -> None:
    file, key, other = authorized.guests_file(home), keys.new_pair().public, keys.new_pair().public
    authorized.let_in(home, "laptop", key)
    authorized.let_in(home, "studio", other)
    admitted = authorized.AuthorizedKeys(home)
    assert admitted.admits(key)
    authorized.turn_out(home, "laptop")
    with unreadable(file):
        assert not admitted.admits(key)
    assert not admitted.admits(key)
    assert admitted.admits(other)
    assert admitted.turned_out() == {key}


@contextlib.contextmanager
def unreadable(file: Path) -> Iterator[None]:
    """The same file, date and all, that only cannot be opened: a link that leads to itself."""
    aside = file.with_name("aside")
    file.rename(aside)
    file.symlink_to(file.name)
    try:
        yield
    finally:
        aside.replace(file)


@posix
def test_a_list_that_is_a_pipe_makes_nobody_wait(home: Path) -> None:
    file, key = authorized.guests_file(home), keys.new_pair().public
    keys.client_keys(home)
    os.mkfifo(file)
    assert not authorized.AuthorizedKeys(home).admits(key)


def test_a_line_of_the_list_that_is_damaged_is_left_out_and_notes_in_it_stay(home: Path) -> None:
    file, key = authorized.guests_file(home), keys.new_pair().public
    authorized.let_in(home, "laptop", key)
    file.write_bytes(b"# J\xfcrgens\n\xff\xfe\x00 what\n" + file.read_bytes() + b"\x1b[2J\n" + b"x" * 5000)
    assert authorized.AuthorizedKeys(home).admits(key)
    authorized.let_in(home, "studio", keys.new_pair().public)
    assert file.read_text("utf-8").startswith("# J")
    assert [guest.name for guest in authorized.listed(home)] == ["laptop", "studio"]


def test_a_name_in_the_list_says_nothing_to_a_terminal(home: Path) -> None:
    authorized.let_in(home, "laptop", keys.new_pair().public)
    file = authorized.guests_file(home)
    file.write_text(file.read_text().replace("laptop", "\x1b[2Jlaptop\u202e" + "x" * 200))
    (guest,) = authorized.listed(home)
    assert guest.name.isprintable()
    assert len(guest.name) <= 40


def _torn(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:50])


def _of_other_letters(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00")


def _no_keys(path: Path) -> None:
    path.write_text('{"public": "", "secret": "no"}')


def _not_of_one_pair(path: Path) -> None:
    path.write_text(codec.to_text(sockets.KeyPair(keys.new_pair().public, keys.new_pair().secret)))


def _folder(path: Path) -> None:
    path.unlink()
    (path / "in it").mkdir(parents=True)


def _loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


@pytest.mark.parametrize("damage", [_torn, _of_other_letters, _no_keys, _not_of_one_pair, _folder, _loop])
@pytest.mark.parametrize("kept", [keys.server_keys, keys.client_keys])
def test_a_damaged_pair_of_keys_is_kept_aside_and_made_anew(home: Path, damage, kept) -> None:
    before = kept(home)
    (file,) = (home / "keys").iterdir()
    damage(file)
    after = kept(home)
    assert after != before
    assert keys.whole(after)
    assert kept(home) == after
    assert (home / "keys" / f"{file.name}.damaged").is_symlink() or (home / "keys" / f"{file.name}.damaged").exists()


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


def test_a_lock_whose_file_was_removed_is_noticed(home: Path) -> None:
    path = home / "server.lock"
    lock = files.LockFile(path)
    assert lock.take()
    assert lock.still_ours()
    path.unlink()
    assert not lock.still_ours()
    other = files.LockFile(path)
    assert other.take()
    assert not lock.still_ours()
    other.release()
    lock.release()


@posix
def test_without_its_locks_file_a_server_is_still_the_only_one_and_puts_it_back(home: Path) -> None:
    lock = connection.ServerLock(home)
    assert lock.take()
    (home / "server.lock").unlink()
    assert not connection.ServerLock(home).take()
    assert lock.keep()
    assert connection.server_lives(home)
    lock.release()
    assert not connection.server_lives(home)


def test_a_server_whose_lock_another_has_taken_is_told(home: Path) -> None:
    lock = connection.ServerLock(home)
    assert lock.take()
    (home / "server.lock").unlink()
    other = files.LockFile(home / "server.lock")  # as where no folder can be locked
    assert other.take()
    assert not lock.keep()
    other.release()
    lock.release()


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
