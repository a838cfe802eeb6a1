"""The fuzzing of ``bench.fuzz``, shortened: nothing that comes from outside crashes, hangs or bloats us."""

from __future__ import annotations

import json
import subprocess
import sys
import typing

import pytest

from bench.fuzz.frames import EVIL, SEEDS
from server.gateway.admission import check_id
from server.wire import codec
from server.wire import messages as wire
from server.wire.errors import OverpaintError
from tests.running import CHECKOUT


@pytest.mark.timeout(900)
def test_a_shortened_run_finds_nothing():
    command = [sys.executable, "-m", "bench.fuzz", "--decoded", "20000", "--socket", "1000", "--files", "600"]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert (figures["crashes"], figures["hangs"]) == (0, 0), done.stdout


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
