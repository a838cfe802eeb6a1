"""``overpaint doctor --report``: one file with what a bug report needs, and nothing that nobody else should read."""

from __future__ import annotations

import getpass
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from server.client import events
from server.command_line.discretion import Discretion
from server.wire.keys import client_keys, server_keys
from tests.running import PONDERING, RunningServer, submission

PROMPT = "my secret garden with “roses”"


def report(home: Path, folder: Path) -> str:
    environment = {**os.environ, **PONDERING, "OVERPAINT_HOME": str(home)}
    command = [sys.executable, "-m", "server.cli", "doctor", "--report"]
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, timeout=200)
    (path,) = folder.glob("overpaint-report-*.txt")
    assert str(path) in done.stdout
    return path.read_text("utf-8")


@pytest.fixture
def told(own_server: RunningServer, tmp_path: Path) -> str:
    """The report of a server that has a job, keys, and a log with all that must not get out."""
    keys = (*_pair(server_keys(own_server.home)), *_pair(client_keys(own_server.home)))
    with own_server.client() as client:
        client.run(submission("ponder", steps=1))
        client.start(submission("ponder", steps=300, prompt=PROMPT))
        client.wait_for(events.Progressed)
        with (own_server.home / "logs" / "server.log").open("a", encoding="utf-8") as log:
            log.write(f"2026-01-01 ERROR test: {' '.join(keys)}\n")
            log.write(f"2026-01-01 ERROR test: the words were {PROMPT}, all of them\n")
            log.write(f"2026-01-01 ERROR test: {own_server.home}/x {Path.home()}/y /home/somebody/z\n")
            log.write(f"2026-01-01 ERROR test: on {platform.node()} from 192.168.7.9 to me@example.org\n")
        return report(own_server.home, tmp_path)


def _pair(keys: object) -> tuple[str, ...]:
    return keys.public, keys.secret  # type: ignore[attr-defined]


def test_it_says_what_a_bug_report_needs(told: str) -> None:
    for wanted in ("Python 3.", "pyzmq ", "processors", "GB free", "== Findings", "== server.log", "is finished"):
        assert wanted in told
    assert "1 kept" in told


def test_it_holds_nothing_that_is_nobody_elses_business(told: str, own_server: RunningServer) -> None:
    keys = (*_pair(server_keys(own_server.home)), *_pair(client_keys(own_server.home)))
    names = [str(own_server.home), "somebody", "192.168.7.9", "me@example.org", "secret garden", "roses"]
    for word in (*keys, *names, *([platform.node()] if len(platform.node()) > 3 else [])):
        assert word not in told, word
    if getpass.getuser() != "root":
        assert getpass.getuser() not in told


def test_names_are_taken_out_as_words_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "anna")
    discretion = Discretion(tmp_path)
    assert discretion.said("anna has a savannah") == "[user] has a savannah"


@pytest.mark.parametrize("letters", ["//", "://", "<&>", "$^("])
def test_a_key_is_taken_out_whatever_letters_it_has(letters: str, tmp_path: Path) -> None:
    key = f"HlCq{letters}".ljust(40, "5")
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "server.json").write_text(f'{{"public": "{key}"}}', "utf-8")
    assert Discretion(tmp_path).said(f"with {key}, key={key} and x{key}y") == "with [key], key=[key] and x[key]y"


def test_a_line_of_data_is_cut(tmp_path: Path) -> None:
    assert len(Discretion(tmp_path).said("x" * 5000)) < 450


def test_a_log_that_was_to_keep_prompts_is_told_without_them(tmp_path: Path) -> None:
    line = f"2026-01-01 INFO server.gateway.desk: job {'a' * 32} is inpaint, from krita: 'a: secret garden'"
    said = Discretion(tmp_path).said(line)
    assert "secret" not in said
    assert "is inpaint, from krita" in said
