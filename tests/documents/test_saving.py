"""What is written where another file may be already."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from server.documents import saving
from server.wire.errors import Code, OverpaintError

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes and links of POSIX")
no_root = pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="nothing is protected from root")


def left_over(folder) -> list[str]:
    return [path.name for path in folder.iterdir() if "part" in path.name]


def test_a_new_file_has_the_mode_that_any_program_gives_one(tmp_path):
    saving.write_whole(tmp_path / "a.png", b"new")
    (tmp_path / "b.png").write_bytes(b"other")
    assert (tmp_path / "a.png").read_bytes() == b"new"
    assert (tmp_path / "a.png").stat().st_mode == (tmp_path / "b.png").stat().st_mode
    assert not left_over(tmp_path)


@posix
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o755])
def test_an_existing_file_keeps_its_mode(tmp_path, mode):
    target = tmp_path / "a.png"
    target.write_bytes(b"old")
    target.chmod(mode)
    saving.write_whole(target, b"new")
    assert (target.read_bytes(), stat.S_IMODE(target.stat().st_mode)) == (b"new", mode)


@posix
def test_what_only_its_owner_may_read_is_never_open_to_others(tmp_path, monkeypatch):
    target, seen = tmp_path / "a.png", []
    target.write_bytes(b"old")
    target.chmod(0o600)
    fill = saving._fill
    monkeypatch.setattr(saving, "_fill", lambda file, data: (seen.append(os.fstat(file.fileno())), fill(file, data)))
    saving.write_whole(target, b"new")
    assert [stat.S_IMODE(about.st_mode) for about in seen] == [0o600]


@posix
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_an_existing_file_keeps_its_owner(tmp_path):
    target = tmp_path / "a.png"
    target.write_bytes(b"old")
    os.chown(target, 1234, 2345)
    saving.write_whole(target, b"new")
    assert (target.stat().st_uid, target.stat().st_gid) == (1234, 2345)


@posix
@pytest.mark.parametrize("relative", [False, True])
def test_through_a_link_the_file_at_its_end_is_written(tmp_path, relative):
    real, other = tmp_path / "real", tmp_path / "links"
    real.mkdir()
    other.mkdir()
    (real / "a.png").write_bytes(b"old")
    (other / "one.png").symlink_to("../real/a.png" if relative else real / "a.png")
    (other / "two.png").symlink_to("one.png")
    saving.write_whole(other / "two.png", b"new")
    assert (real / "a.png").read_bytes() == b"new"
    assert (other / "one.png").is_symlink()
    assert (other / "two.png").is_symlink()
    assert not (real / "a.png").is_symlink()
    assert not left_over(other) + left_over(real)


@posix
def test_a_link_to_nothing_yet_makes_the_file_that_it_names(tmp_path):
    (tmp_path / "link.png").symlink_to("a.png")
    saving.write_whole(tmp_path / "link.png", b"new")
    assert (tmp_path / "a.png").read_bytes() == b"new"
    assert (tmp_path / "link.png").is_symlink()


@posix
def test_a_file_of_two_names_stays_one_file(tmp_path):
    one, two = tmp_path / "one.png", tmp_path / "two.png"
    one.write_bytes(b"a longer old one")
    os.link(one, two)
    saving.write_whole(one, b"new")
    assert two.read_bytes() == b"new"
    assert one.samefile(two)
    assert not left_over(tmp_path)


def test_a_name_as_long_as_the_disk_allows_is_written(tmp_path):
    target = tmp_path / ("a" * 251 + ".png")
    saving.check(target)
    saving.write_whole(target, b"new")
    assert target.read_bytes() == b"new"


@posix
def test_what_cannot_be_written_is_found_out_beforehand_and_said(tmp_path):
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "loop.png").symlink_to("loop.png")
    (tmp_path / "nowhere.png").symlink_to("none/a.png")
    (tmp_path / "device.png").symlink_to("/dev/null")
    os.mkfifo(tmp_path / "pipe.png")
    for name in ("folder.png", "loop.png", "nowhere.png", "device.png", "pipe.png", "a" * 300 + ".png", "none/a.png"):
        for act in (saving.check, lambda path: saving.write_whole(path, b"new")):
            with pytest.raises(OverpaintError, match="cannot be written") as caught:
                act(tmp_path / name)
            assert (caught.value.code, bool(caught.value.hint)) == (Code.BAD_REQUEST, True)
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    assert not left_over(tmp_path)


@posix
@no_root
def test_what_is_write_protected_is_found_out_beforehand(tmp_path):
    (tmp_path / "a.png").write_bytes(b"old")
    (tmp_path / "a.png").chmod(0o444)
    with pytest.raises(OverpaintError, match="write-protected"):
        saving.check(tmp_path / "a.png")
    (tmp_path / "locked").mkdir(mode=0o555)
    with pytest.raises(OverpaintError, match="cannot be written"):
        saving.check(tmp_path / "locked" / "a.png")


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 64 KiB of its own."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root of a Linux may mount a small disk")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_disk_that_fills_up_leaves_the_earlier_file_and_is_said(small_disk):
    target = small_disk / "a.png"
    target.write_bytes(b"old")
    saving.check(target)
    with pytest.raises(OverpaintError, match="full") as caught:
        saving.write_whole(target, bytes(128 << 10))
    assert caught.value.code is Code.DISK_FULL
    assert target.read_bytes() == b"old"
    assert not left_over(small_disk)


def test_a_full_disk_is_found_out_beforehand(small_disk):
    (small_disk / "other").write_bytes(bytes(64 << 10))
    with pytest.raises(OverpaintError, match="full"):
        saving.check(small_disk / "a.png")
    assert not left_over(small_disk)
