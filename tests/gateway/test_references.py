"""Pictures to look at travel beside the layer: each in its own size, depth and colours, once, and within limits."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest

from bench import profiles
from server.client import events
from server.client.submission import Reference, Submission, new_job_id
from server.gateway.admission import admit, room_for
from server.gateway.references import with_model
from server.wire import messages as wire
from server.wire import uploads
from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Bounds
from server.wire.messages import Blob
from server.wire.offers import Limits, MethodOffer, Need, Role
from server.wire.raster import Channels, Depth, Raster
from tests.bare import Bare
from tests.conftest import short_folder
from tests.foreign.answerers import stripes
from tests.gateway.test_sent_once import Sent, sent
from tests.running import FOREIGN, PONDERING, Client, RunningServer, submission

__all__ = ["sent"]

ANSWERERS = os.pathsep.join([str(FOREIGN), str(FOREIGN / "typed"), PONDERING["PYTHONPATH"]])


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with short_folder() as folder:
        running = RunningServer(folder, environment={"PYTHONPATH": ANSWERERS})
        yield running
        running.stop()


@pytest.fixture
def client(server: RunningServer) -> Iterator[Client]:
    with server.client("me") as client:
        yield client


def plain(shade: Sequence[float], width: int = 7, height: int = 5, kind: type[np.number] = np.uint8) -> Reference:
    """All of one colour: of gray, gray and alpha, RGB or RGBA, by the numbers given."""
    channels = {1: Channels.GRAY, 2: Channels.GRAY_ALPHA, 3: Channels.RGB, 4: Channels.RGBA}[len(shade)]
    depth = {np.uint8: Depth.U8, np.uint16: Depth.U16, np.float32: Depth.F32}[kind]
    full = 1 if depth is Depth.F32 else np.iinfo(kind).max
    pixels = np.tile(np.round(np.array(shade) * full) if full > 1 else np.array(shade), (height, width, 1)).astype(kind)
    return Reference(Raster(Bounds(-9, 4, width, height), channels, depth), pixels.tobytes())


RED, TEAL = plain((1, 0, 0)), plain((0, 0.6, 0.6, 1), 30, 2, np.uint16)


def looking(*references: Reference, width: int = 60) -> Submission:
    """All of a layer, so that no edge is blended."""
    return replace(submission("striped", width), mask=None, references=references, job=new_job_id())


def seen(arrived: events.Arrived) -> list[tuple[int, int, int]]:
    """The colour of each stripe."""
    one = arrived.results[0]
    bounds = one.result.raster.bounds
    pixels = np.frombuffer(one.data, np.uint8).reshape(bounds.height, bounds.width, 4)
    count = len([blob for blob in arrived.finished.sent if blob.name in map(uploads.reference, range(16))])
    colours = [np.unique(pixels[:, stripe, :3].reshape(-1, 3), axis=0) for stripe in stripes(bounds.width, count)]
    assert all(len(colour) == 1 for colour in colours)
    return [tuple(map(int, colour[0])) for colour in colours]


def test_each_is_seen_in_its_own_size_and_depth_and_in_the_order_given(client: Client):
    gray = plain((0.5,), 3, 90, np.float32)
    assert seen(client.run(looking(RED, TEAL, gray))) == [(255, 0, 0), (0, 153, 153), (128, 128, 128)]
    assert seen(client.run(looking(gray, RED))) == [(128, 128, 128), (255, 0, 0)]


def test_what_is_transparent_shows_white_paper(client: Client):
    assert seen(client.run(looking(plain((0, 0, 0, 0.4)), plain((0, 0, 0, 0))))) == [(153, 153, 153), (255, 255, 255)]


def test_a_large_one_is_seen_in_its_own_colours(client: Client):
    assert seen(client.run(looking(plain((0.2, 0.4, 0.6, 1), 4000, 1500)))) == [(51, 102, 153)]


def test_a_profile_travels_with_its_own_picture(client: Client):
    """Of two that have the same numbers."""
    half = plain((0.25, 0.5, 0.75))
    wide = replace(half, icc=profiles.adobe_like())
    first, second, third = seen(client.run(looking(half, wide, half)))
    assert first == third == (64, 128, 191)
    assert second != first


def test_the_same_pictures_travel_once(client: Client, sent: Sent):
    large = plain((0.3, 0.1, 0.2), 200, 100)
    first = looking(large, plain((0.3, 0.1), 11, 13), width=61)
    client.run(first)
    assert sent.taken() == first.nbytes
    client.run(replace(first, recipe=replace(first.recipe, seed=5), job=new_job_id()))
    assert sent.taken() == 0
    anew = replace(large, pixels=bytes(bytearray(large.pixels)))
    other = looking(anew, width=50)
    client.run(other)
    assert sent.taken() == other.layer.nbytes, "beside another layer, too"


def test_who_shows_other_pictures_gets_another_answer(client: Client):
    first, other = looking(RED, TEAL), looking(TEAL, RED)
    assert seen(client.run(first)) == [(255, 0, 0), (0, 153, 153)]
    assert seen(client.run(other)) == [(0, 153, 153), (255, 0, 0)]
    turned = replace(TEAL, raster=replace(TEAL.raster, channels=Channels.BGRA))
    assert seen(client.run(looking(RED, turned))) == [(255, 0, 0), (153, 153, 0)]


def test_an_edit_with_pictures_outlives_a_server_that_is_killed():
    with short_folder() as folder:
        server = RunningServer(folder, environment={"PYTHONPATH": ANSWERERS})
        bare, job = Bare(server, "me"), looking(RED, TEAL)
        bare.tell(job.message())
        bare.hear(wire.Accepted)
        for part in job.parts()[:2]:
            bare.tell(wire.Chunk(job.job, part.name, 0), bytes(part.store.read(0, part.nbytes)))
        bare.close()
        server.kill()
        server.start()
        with server.client("me") as client:
            assert seen(client.run(job)) == [(255, 0, 0), (0, 153, 153)]
        server.stop()


# --- refusals ----------------------------------------------------------------------------------------


def test_a_method_that_needs_a_picture_says_so(client: Client):
    error = client.refused(looking())
    assert (error.code, error.sentence) == (Code.BAD_REQUEST, "Striped needs a reference picture.")
    assert error.hint


def test_a_method_that_looks_at_none_says_so(client: Client):
    error = client.refused(replace(submission("erase"), references=(RED,)))
    assert error.code is Code.BAD_REQUEST
    assert "looks at no reference pictures" in error.sentence


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"references": (RED.raster,) * 17}, Code.TOO_LARGE),
        ({"references": ()}, Code.BAD_REQUEST),
        ({"references": (RED.raster, RED.raster)}, Code.BAD_REQUEST),
        ({"references": (replace(RED.raster, bounds=Bounds(0, 0, 0, 5)),)}, Code.BAD_REQUEST),
        ({"references": (replace(RED.raster, bounds=Bounds(0, 0, -7, -5)),)}, Code.BAD_REQUEST),
        ({"references": (replace(RED.raster, bounds=Bounds(0, 0, 7, 6)),)}, Code.BAD_REQUEST),
        ({"references": (replace(RED.raster, bounds=Bounds(0, 0, 1 << 40, 1 << 40)),)}, Code.TOO_LARGE),
        ({"references": (replace(RED.raster, bounds=Bounds(0, 0, 9000, 9000)),)}, Code.TOO_LARGE),
        ({"references": (replace(RED.raster, channels=Channels.CMYKA),)}, Code.BAD_REQUEST),
        ({"blobs": "without reference-0"}, Code.BAD_REQUEST),
        ({"blobs": (Blob("reference-1", 105),)}, Code.BAD_REQUEST),
        ({"blobs": (Blob("reference-1-icc", 9),)}, Code.BAD_REQUEST),
        ({"blobs": (Blob("reference-00", 105),)}, Code.BAD_REQUEST),
        ({"blobs": (Blob("reference-0", 105),)}, Code.BAD_REQUEST),
        ({"blobs": (Blob("reference-0-icc", 17 << 20),)}, Code.TOO_LARGE),
        ({"blobs": (Blob("reference-0-icc", -1),)}, Code.TOO_LARGE),
    ],
)
def test_what_does_not_fit_is_refused_and_the_session_goes_on(server: RunningServer, changes, code: Code):
    job = looking(RED)
    good = job.message()
    if "blobs" in changes:
        more = changes["blobs"]
        blobs = (*good.blobs, *more) if isinstance(more, tuple) else good.blobs[:-1]
        changes = {"blobs": blobs}
    bare = Bare(server, "stranger")
    failed = bare.failure(replace(good, **changes))
    assert (failed.job, failed.code) == (job.job, code)
    assert failed.hint
    bare.tell(wire.ListJobs())
    assert bare.hear(wire.Jobs).jobs == ()
    bare.begin(job)
    assert bare.hear(wire.Finished).results
    bare.tell(wire.Acknowledge(job.job))
    bare.hear(wire.Acknowledged)
    bare.close()


def test_pixels_that_never_come_leave_everybody_else_alone(server: RunningServer, client: Client):
    bare, job = Bare(server, "stranger"), looking(RED)
    bare.tell(job.message())
    bare.hear(wire.Accepted)
    assert bare.failure(wire.Chunk(job.job, "reference-0", 0), bytes(RED.raster.nbytes + 1)).code is Code.BAD_REQUEST
    second = looking(RED, TEAL)
    bare.tell(second.message())
    bare.hear(wire.Accepted)
    bare.close()
    assert seen(client.run(looking(TEAL))) == [(0, 153, 153)]


# --- by itself ---------------------------------------------------------------------------------------

KLEIN = MethodOffer(
    "inpaint", "Replace", "", Role.REPLACE, (Need.LAYER,), models=("sd15", "klein"), references=("klein",)
)


def job(model: str = "", count: int = 1) -> wire.Submit:
    made = looking(*(RED,) * count).message()
    return replace(made, recipe=replace(made.recipe, method="inpaint", model=model))


def test_a_model_is_taken_that_looks_at_them_where_nobody_chose_one():
    assert with_model(job(), (KLEIN,)).recipe.model == "klein"
    assert with_model(job(count=0), (KLEIN,)).recipe.model == ""
    assert with_model(job("klein"), (KLEIN,)).recipe.model == "klein"


def test_a_model_that_does_not_look_is_refused_with_those_that_do():
    admit(job("klein"), (KLEIN,), (), Limits())
    admit(job("sd15", 0), (KLEIN,), (), Limits())
    with pytest.raises(OverpaintError, match="“sd15” looks at no reference pictures") as raised:
        admit(job("sd15"), (KLEIN,), (), Limits())
    assert "klein" in raised.value.hint


def test_they_count_in_what_a_job_takes_and_in_what_it_may():
    assert room_for(job(count=2)) == room_for(job()) + RED.raster.nbytes
    with pytest.raises(OverpaintError) as raised:
        admit(job(count=2), (KLEIN,), (), Limits(max_job_bytes=sum(blob.nbytes for blob in job().blobs)))
    assert raised.value.code is Code.TOO_LARGE
    admit(job(), (KLEIN,), (), Limits(max_job_bytes=sum(blob.nbytes for blob in job().blobs)))


def test_the_limits_are_those_of_the_server():
    with pytest.raises(OverpaintError):
        admit(job(count=2), (KLEIN,), (), Limits(max_references=1))
    with pytest.raises(OverpaintError):
        admit(job(), (KLEIN,), (), Limits(max_reference_pixels=34))
    admit(job(), (KLEIN,), (), Limits(max_references=1, max_reference_pixels=35))
