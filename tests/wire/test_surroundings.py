"""What a host's environment may not do to a Python of our own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from server.wire.errors import OverpaintError
from server.wire.paths import Home
from server.wire.surroundings import cleaned
from server.wire.text import printable

linux = pytest.mark.skipif(sys.platform != "linux", reason="LD_LIBRARY_PATH is Linux's")


def test_what_points_another_python_at_foreign_parts_is_taken_out_whoever_set_it() -> None:
    foreign = {
        "PYTHONHOME": "/x",
        "PYTHONPATH": "/x",
        "PYTHONSTARTUP": "/x",
        "LD_PRELOAD": "x.so",
        "QT_PLUGIN_PATH": "/x",
    }
    foreign |= {"OPENSSL_CONF": "/x", "GCONV_PATH": "/x", "SSL_CERT_FILE": "/gone/with/its/mount"}
    kept = {
        "PATH": "/usr/bin",
        "HOME": "/home/me",
        "CUDA_VISIBLE_DEVICES": "0",
        "HTTPS_PROXY": "http://p",
        "HF_HOME": "/m",
    }
    assert cleaned({**foreign, **kept}) == kept


@linux
def test_of_a_library_path_only_what_hides_nothing_of_the_systems_stays(tmp_path: Path) -> None:
    hiding, others = tmp_path / "runtime", tmp_path / "cuda"
    for folder, name in ((hiding, "libc.so.6"), (hiding, "libodd.so"), (others, "libcudart.so.13")):
        folder.mkdir(exist_ok=True)
        (folder / name).touch()
    path = f"{hiding}:relative::{others}:{tmp_path / 'missing'}"
    assert cleaned({"LD_LIBRARY_PATH": path})["LD_LIBRARY_PATH"].split(":") == [str(others), str(tmp_path / "missing")]
    assert cleaned({"LD_LIBRARY_PATH": str(hiding)}) == {}


@linux
def test_a_python_starts_where_a_host_has_other_libraries(tmp_path: Path) -> None:
    for name in ("libc.so.6", "libm.so.6", "libz.so.1", "libssl.so.3", "libpython3.11.so.1.0"):
        (tmp_path / name).write_bytes(b"another system's")
    variables = cleaned({"LD_LIBRARY_PATH": str(tmp_path), "LD_PRELOAD": str(tmp_path / "libc.so.6")})
    done = subprocess.run([sys.executable, "-c", "import ssl, zlib"], env=variables, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("chosen", "place"), [("op", "{here}/op"), ("~/op", "{user}/op"), ("/a/../b", "/b"), (".", "{here}")]
)
def test_the_home_is_absolute_however_it_is_written(
    chosen: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/somebody")
    monkeypatch.setenv("OVERPAINT_HOME", chosen)
    assert str(Home.of_user().path) == place.format(here=tmp_path, user="/home/somebody")


def test_a_relative_data_folder_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OVERPAINT_HOME", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("HOME", "/home/somebody")
    monkeypatch.setenv("XDG_DATA_HOME", "data")
    assert Home.of_user().path == Path("/home/somebody/.local/share/overpaint")


def test_an_account_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("OVERPAINT_HOME", raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(OverpaintError, match="OVERPAINT_HOME"):
        Home.of_user()


def test_what_a_terminal_would_obey_is_spelled_out() -> None:
    assert printable("\x1b]0;me\x07\x1b[2Ja\nb\r\x9b1m\u202ec\u2028\udc80") == (
        r"\x1b]0;me\x07\x1b[2Ja\nb\r\x9b1m\u202ec\u2028\udc80"
    )
    assert printable("Ein Boot, 小船, می‌خواهم 👩‍🎨") == "Ein Boot, 小船, می‌خواهم 👩‍🎨"
    assert printable("two\u00a0words") == "two words"
