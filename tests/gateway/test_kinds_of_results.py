"""Every kind of result travels whole, whatever its size: at once, again from what is remembered, and after a crash."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from server.client import events
from server.client.submission import Mask, Submission, new_job_id
from server.wire.geometry import Bounds
from server.wire.offers import Role
from server.wire.raster import Channels, Depth, Raster
from server.wire.recipe import Extra, Recipe
from server.wire.results import ResultKind
from tests.conftest import short_folder
from tests.foreign.strangers import MARGINS, SOFT
from tests.running import FOREIGN, PONDERING, RunningServer

STRANGERS = os.pathsep.join([str(FOREIGN), str(FOREIGN / "every"), PONDERING["PYTHONPATH"]])
CROP = Bounds(-3, 7, 41, 30)
KINDS = {Depth.U8: np.uint8, Depth.U16: np.uint16, Depth.F32: np.float32}
ROLES = (Role.REDRAW, Role.CREATE, Role.SELECT, Role.ENLARGE, Role.EXPAND)
EVERY = pytest.mark.parametrize(
    ("role", "depth", "channels"),
    list(product(ROLES, KINDS, (Channels.GRAY, Channels.RGBA))),
    ids=lambda one: one.value,
)


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with short_folder() as folder:
        running = RunningServer(folder, environment={"PYTHONPATH": STRANGERS})
        yield running
        running.stop()


def submission(role: Role, depth: Depth = Depth.U8, channels: Channels = Channels.RGBA, seed: int = 1) -> Submission:
    """A white crop with a square selection in it."""
    pixels = np.full((CROP.height, CROP.width, channels.per_pixel), _full(depth), KINDS[depth])
    mask = np.zeros((CROP.height, CROP.width), np.uint8)
    mask[8:20, 10:30] = 255
    recipe = Recipe(f"strange-{role.value}", seed=seed, extras=(Extra("shade", "51"),))
    return Submission(recipe, Raster(CROP, channels, depth), pixels.tobytes(), Mask(Depth.U8, mask.tobytes()))


def _full(depth: Depth) -> float:
    return 1 if depth is Depth.F32 else int(np.iinfo(KINDS[depth]).max)


def numbers(arrived: events.Arrived, number: int = 0) -> np.ndarray:
    """(H, W, C), 0..1."""
    one = arrived.results[number]
    raster = one.result.raster
    pixels = np.frombuffer(one.data, KINDS[raster.depth]).reshape(raster.bounds.height, raster.bounds.width, -1)
    return pixels / _full(raster.depth)


@EVERY
def test_each_kind_arrives_with_its_size_and_place_and_numbers(server: RunningServer, role, depth, channels):
    with server.client() as client:
        arrived = client.run(submission(role, depth, channels))
    assert arrived.finished.crop == CROP
    _CHECKS[role](arrived, depth)
    for one in arrived.results:
        assert len(one.data) == one.result.raster.nbytes


def _a_repaint(arrived: events.Arrived, depth: Depth) -> None:
    (one,) = arrived.results
    assert (one.result.kind, one.result.raster.bounds, one.result.raster.depth) == (ResultKind.REPAINT, CROP, depth)
    shown = numbers(arrived)[..., -1]
    assert (shown[8:20, 10:30] == 1).all()
    assert shown[:, 0].max() == 0


def _layers(arrived: events.Arrived, depth: Depth) -> None:
    large, speck = (one.result for one in arrived.results)
    assert large.kind is speck.kind is ResultKind.LAYER
    assert large.raster.bounds == Bounds(CROP.x - 8, CROP.y + 4, CROP.width * 3 // 2, CROP.height * 3 // 2)
    assert (speck.raster.bounds, speck.name) == (Bounds(CROP.x + 3, CROP.y + 2, 5, 4), "A speck")
    assert large.raster.depth is depth
    assert np.allclose(numbers(arrived)[..., :-1], 0.2, atol=1e-3)
    assert np.allclose(numbers(arrived)[:, 0, -1], 0.5, atol=3e-3)


def _a_selection(arrived: events.Arrived, depth: Depth) -> None:
    (one,) = arrived.results
    assert (one.result.kind, one.result.raster.bounds) == (ResultKind.SELECTION, CROP)
    row = numbers(arrived)[5, :, 0]
    middle = CROP.width // 2
    assert np.allclose(row[:middle], 0.2, atol=1e-3)
    assert (row[middle + SOFT :] == 0).all()
    assert ((row[middle : middle + SOFT - 1] > 0) & (row[middle : middle + SOFT - 1] < 0.2)).all()


def _an_enlargement(arrived: events.Arrived, depth: Depth) -> None:
    (one,) = arrived.results
    assert (one.result.kind, one.result.scale, one.result.raster.depth) == (ResultKind.CANVAS, 2, depth)
    assert one.result.raster.bounds == Bounds(2 * CROP.x, 2 * CROP.y, 2 * CROP.width, 2 * CROP.height)
    assert np.allclose(numbers(arrived)[..., :-1], 0.2, atol=1e-3)


def _an_expansion(arrived: events.Arrived, depth: Depth) -> None:
    (one,) = arrived.results
    left, top, right, bottom = MARGINS
    assert (one.result.kind, one.result.scale) == (ResultKind.CANVAS, 1)
    size = left + CROP.width + right, top + CROP.height + bottom
    assert one.result.raster.bounds == Bounds(CROP.x - left, CROP.y - top, *size)
    here = numbers(arrived)[top : top + CROP.height, left : left + CROP.width]
    assert (here == 1).all()
    assert np.allclose(numbers(arrived)[0, :, :-1], 0.2, atol=1e-3)


_CHECKS = {
    Role.REDRAW: _a_repaint,
    Role.CREATE: _layers,
    Role.SELECT: _a_selection,
    Role.ENLARGE: _an_enlargement,
    Role.EXPAND: _an_expansion,
}


@EVERY
def test_what_was_asked_before_comes_again_from_what_is_remembered(server: RunningServer, role, depth, channels):
    asked = submission(role, depth, channels, seed=2)
    with server.client() as client:
        first = client.run(asked)
        again = client.run(replace(asked, job=new_job_id()))
    assert again.finished.seconds == {}, "nothing was made anew"
    assert [one.result for one in again.results] == [one.result for one in first.results]
    assert [bytes(one.data) for one in again.results] == [bytes(one.data) for one in first.results]
    assert (again.finished.crop, again.finished.grouped) == (first.finished.crop, first.finished.grouped)


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.value)
def test_an_answer_that_nobody_took_is_there_after_the_server_was_killed(server: RunningServer, role):
    asked = submission(role, seed=3)
    with server.client() as client:
        first = client.wait_for(events.Arrived, job=client.start(asked))
        before = [bytes(one.data) for one in first.results]
    server.kill()
    server.start()
    with server.client() as client:
        client.session.attach(asked.job)
        again = client.wait_for(events.Arrived, job=asked.job)
        client.session.acknowledge(asked.job)
        client.wait_for(events.Acknowledged)
    assert again.finished == first.finished
    assert [bytes(one.data) for one in again.results] == before
