"""A request is checked where it is made, in words for the person who made it."""

from __future__ import annotations

import dataclasses

import pytest

from server.client.digests import Digests
from server.client.submission import Mask, Reference, Submission
from server.wire import content
from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Bounds
from server.wire.messages import Blob
from server.wire.offers import Limits
from server.wire.raster import Channels, Depth, Raster
from server.wire.recipe import Recipe

LAYER = Raster(Bounds(3, -4, 4, 2), Channels.RGBA, Depth.U16)
GOOD = Submission(Recipe("inpaint", "a kite"), LAYER, bytes(64), Mask(Depth.U8, b"\0" * 7 + b"\1"), icc=b"profile")


def refusal(submission: Submission, limits: Limits | None = None) -> OverpaintError:
    with pytest.raises(OverpaintError) as raised:
        submission.check(limits)
    return raised.value


def test_a_good_request_announces_each_of_its_blobs() -> None:
    GOOD.check()
    message = GOOD.message()
    assert message.blobs == (Blob("layer", 64), Blob("mask", 8), Blob("icc", 7))
    assert message.mask_depth is Depth.U8
    assert len(message.job) == 32


def test_without_a_selection_the_whole_layer_is_meant() -> None:
    whole = dataclasses.replace(GOOD, mask=None, icc=None)
    whole.check()
    assert whole.message().mask_depth is None
    assert [blob.name for blob in whole.message().blobs] == ["layer"]


def test_each_request_is_a_job_of_its_own() -> None:
    assert Submission(GOOD.recipe, LAYER, bytes(64)).job != Submission(GOOD.recipe, LAYER, bytes(64)).job


def test_an_empty_selection_is_said_before_anything_is_sent() -> None:
    error = refusal(dataclasses.replace(GOOD, mask=Mask(Depth.U8, bytes(8))))
    assert error.code is Code.EMPTY_SELECTION
    assert error.hint == "Select the part to change."


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"pixels": bytes(63)}, Code.HOST),
        ({"mask": Mask(Depth.U16, b"\1" * 8)}, Code.HOST),
        ({"layer": dataclasses.replace(LAYER, bounds=Bounds(0, 0, 0, 2)), "pixels": b""}, Code.BAD_REQUEST),
        ({"recipe": Recipe("inpaint", "word " * 1000)}, Code.TOO_LARGE),
        ({"recipe": Recipe("inpaint", negative="word " * 1000)}, Code.TOO_LARGE),
        ({"recipe": Recipe("inpaint", variations=17)}, Code.BAD_REQUEST),
        ({"recipe": Recipe("inpaint", variations=0)}, Code.BAD_REQUEST),
    ],
)
def test_what_the_server_would_refuse_is_refused_here(changes: dict[str, object], code: Code) -> None:
    assert refusal(dataclasses.replace(GOOD, **changes)).code is code


def test_the_limits_are_those_of_the_server() -> None:
    assert refusal(GOOD, Limits(max_side=3)).code is Code.TOO_LARGE
    assert refusal(GOOD, Limits(max_job_bytes=78)).code is Code.TOO_LARGE
    GOOD.check(Limits(max_side=4, max_job_bytes=79))


SEEN = Reference(Raster(Bounds(5, 5, 2, 3), Channels.GRAY, Depth.U8), bytes(6))


def test_reference_pictures_are_announced_each_with_its_own_layout_and_profile() -> None:
    message = dataclasses.replace(GOOD, references=(SEEN, dataclasses.replace(SEEN, icc=b"gray"))).message()
    assert message.references == (SEEN.raster, SEEN.raster)
    assert [(blob.name, blob.nbytes) for blob in message.blobs[3:]] == [
        ("reference-0", 6),
        ("reference-1", 6),
        ("reference-1-icc", 4),
    ]


@pytest.mark.parametrize(
    ("references", "limits", "code"),
    [
        ((SEEN,) * 17, Limits(), Code.TOO_LARGE),
        ((SEEN,) * 3, Limits(max_references=2), Code.TOO_LARGE),
        ((SEEN,), Limits(max_reference_pixels=5), Code.TOO_LARGE),
        ((dataclasses.replace(SEEN, pixels=bytes(5)),), Limits(), Code.HOST),
        ((Reference(dataclasses.replace(SEEN.raster, bounds=Bounds(0, 0, 0, 3)), b""),), Limits(), Code.HOST),
        ((SEEN,) * 2, Limits(max_job_bytes=GOOD.nbytes + 11), Code.TOO_LARGE),
    ],
)
def test_reference_pictures_that_the_server_would_refuse_are_refused_here(
    references: tuple[Reference, ...], limits: Limits, code: Code
) -> None:
    assert refusal(dataclasses.replace(GOOD, references=references), limits).code is code


def test_a_broken_off_upload_begins_where_the_server_has_it() -> None:
    parts = {part.name: part.done for part in GOOD.parts((Blob("layer", 60), Blob("mask", 999), Blob("odd", 3)))}
    assert parts == {"layer": 60, "mask": 8, "icc": 0}


WIDE = Submission(Recipe("imagic"), Raster(Bounds(0, 0, 700, 500), Channels.RGBA, Depth.U8), bytes(700 * 500 * 4))


def fresh() -> Submission:
    return dataclasses.replace(WIDE, digests=Digests())


def test_a_picture_has_the_same_name_when_it_is_read_in_pieces() -> None:
    wanted = fresh()
    assert len(list(wanted.naming())) == 2
    assert wanted.named
    assert wanted.question().content == fresh().question().content


def test_what_is_made_of_a_submission_reads_its_pixels_no_more() -> None:
    first = fresh()
    first.question()
    again = dataclasses.replace(first, recipe=Recipe("erase"), job="0" * 32)
    assert not list(again.naming())
    assert again.message().blobs == first.message().blobs


def test_other_pixels_are_read_though_they_come_under_the_same_submission() -> None:
    first = fresh()
    first.question()
    other = dataclasses.replace(first, pixels=b"\1" * WIDE.layer.nbytes)
    assert not other.named
    assert other.question().content != first.question().content


def test_the_server_may_say_what_its_pixels_are_called() -> None:
    digest = content.digest(WIDE.pixels)
    wanted = fresh()
    wanted.learn((Blob("layer", WIDE.layer.nbytes - 1, digest), Blob("mask", 3, digest)))
    wanted.learn((Blob("layer", WIDE.layer.nbytes, "../" + digest[3:]),))
    assert not wanted.named
    wanted.learn((Blob("layer", WIDE.layer.nbytes, digest),))
    assert wanted.blobs == (Blob("layer", WIDE.layer.nbytes, digest),)
