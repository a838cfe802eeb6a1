"""The fuzzing of ``bench.fuzz``, shortened: nothing that comes from outside crashes, hangs or bloats us."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing
from pathlib import Path

import pytest

from bench.fuzz.frames import EVIL, SEEDS
from server.gateway.admission import check_id
from server.wire import codec
from server.wire import messages as wire
from server.wire.errors import OverpaintError
from tests.running import CHECKOUT

SHORT = ("--decoded", "10000", "--socket", "600", "--files", "600", "--identities", "5")
NOTHING = ("--decoded", "0", "--socket", "0", "--files", "0", "--identities", "0")


def fuzzed(*options: str, planted: Path | None = None) -> subprocess.CompletedProcess[str]:
    """A run of the bench; ``planted``: a folder whose ``sitecustomize.py`` every process of it takes in."""
    paths = os.pathsep.join([*([str(planted)] if planted else []), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "bench.fuzz", *options]
    return subprocess.run(
        command, cwd=CHECKOUT, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=False
    )


@pytest.mark.timeout(900)
def test_a_shortened_run_finds_nothing():
    done = fuzzed(*SHORT)
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert (figures["crashes"], figures["hangs"]) == (0, 0), done.stdout


PLANT = """
import os, sys
from server.wire import codec
original = codec.decode
def decode(*given):
    message = original(*given)
    if type(message).__name__ in ("Credit", "ListJobs"):  # the bench itself asks for the jobs
        {fault}
    return message
codec.decode = decode
"""


@pytest.mark.parametrize(
    ("fault", "what"),
    [
        ("message.chunks / 0", ("--decoded", "3000")),
        ("raise codec._bad('x' * 9000, 'quoted')", ("--decoded", "3000")),
        ("if 'serve' in sys.argv: os._exit(9)", ("--socket", "400")),
    ],
    ids=["an error", "a refusal that quotes", "a gateway that ends"],
)
def test_a_planted_fault_is_found_and_the_run_fails(tmp_path: Path, fault: str, what: tuple[str, str]):
    (tmp_path / "sitecustomize.py").write_text(PLANT.format(fault=fault))
    done = fuzzed(*NOTHING, *what, planted=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["crashes"] > 0


def test_the_frames_begin_with_one_of_every_message():
    assert {type(message) for message in SEEDS} == set(typing.get_args(wire.Message))


PATHS = ["../../etc/passwd", "/etc/shadow", "C:\\Windows\\win.ini", "..", ".", "", "a/b", "\x00", "0" * 31 + "/"]


@pytest.mark.parametrize("path", PATHS)
def test_no_path_is_a_jobs_name(path: str):
    with pytest.raises(OverpaintError):
        check_id(path)


@pytest.mark.parametrize("message", SEEDS, ids=lambda message: type(message).__name__)
def test_a_field_of_a_wrong_kind_is_refused_by_its_place(message: wire.Message):
    fields = json.loads(codec.encode(message))
    for name in fields:
        for evil in EVIL:
            try:
                found = codec.decode(json.dumps({**fields, name: evil}).encode())
            except OverpaintError as error:
                assert error.sentence
            else:
                assert type(found) in typing.get_args(wire.Message)
