"""The one decoder of the protocol: what it takes, what it refuses, and that no bytes can hurt it."""

from __future__ import annotations

import dataclasses
import json
import typing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.wire import codec
from server.wire import messages as wire
from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Bounds
from server.wire.raster import Channels, Depth, Raster
from server.wire.recipe import Recipe

SUBMIT = wire.Submit(
    "ab" * 16,
    Recipe("inpaint", "a red kite — 风筝", seed=7, strength=0.5),
    Raster(Bounds(-3, 4, 10, 20), Channels.BGRA, Depth.U16),
    (wire.Blob("layer", 1600), wire.Blob("mask", 200)),
    Depth.U8,
)


def submit_with(**changes: object) -> bytes:
    fields = json.loads(codec.encode(SUBMIT))
    for place, value in changes.items():
        *way, last = place.split("__")
        target = fields
        for step in way:
            target = target[step]
        target[last] = value
    return json.dumps(fields).encode()


def refusal(header: bytes) -> str:
    with pytest.raises(OverpaintError) as raised:
        codec.decode(header)
    assert raised.value.code is Code.BAD_REQUEST
    return raised.value.sentence


_any_message = st.one_of([st.from_type(kind) for kind in typing.get_args(wire.Message)])


@given(_any_message)
@settings(max_examples=150, deadline=None)
def test_every_message_comes_back_as_it_was_sent(message: wire.Message) -> None:
    try:
        header = codec.encode(message)
    except ValueError:
        return  # NaN, too long: refused by the sender
    if _cannot_travel(dataclasses.asdict(message)):
        return
    assert codec.decode(header) == message


def _cannot_travel(value: object) -> bool:
    """Integers beyond 64 bits and halves of characters."""
    if isinstance(value, dict):
        return any(map(_cannot_travel, [*value.keys(), *value.values()]))
    if isinstance(value, (list, tuple)):
        return any(map(_cannot_travel, value))
    if isinstance(value, str):
        return any("\ud800" <= letter <= "\udfff" for letter in value)
    return isinstance(value, int) and not -(1 << 63) <= value < 1 << 63


def test_half_a_character_travels_as_a_question_mark() -> None:
    failed = wire.Failed("j", Code.UNSAFE_FILE, "b\udcff.ckpt is not safe to load.")
    assert codec.decode(codec.encode(failed)) == dataclasses.replace(failed, sentence="b?.ckpt is not safe to load.")


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_arbitrary_bytes_are_refused_and_nothing_else_happens(header: bytes) -> None:
    refusal(header)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.sampled_from(
        ["job", "recipe", "recipe__seed", "recipe__prompt", "layer__bounds", "layer__depth", "blobs", "keep"]
    ),
    _json,
)
@settings(max_examples=300, deadline=None)
def test_a_field_of_any_other_shape_is_refused_or_of_the_right_type(place: str, value: object) -> None:
    try:
        decoded = codec.decode(submit_with(**{place: value}))
    except OverpaintError as error:
        assert error.code is Code.BAD_REQUEST
    else:
        assert isinstance(decoded, wire.Submit)
        assert isinstance(decoded.recipe, Recipe)
        assert decoded.recipe.seed is None or type(decoded.recipe.seed) is int


@pytest.mark.parametrize(
    ("changes", "place", "problem"),
    [
        ({"layer__bounds__width": "10"}, "submit.layer.bounds.width", "expected an integer"),
        ({"layer__bounds__width": True}, "submit.layer.bounds.width", "expected an integer"),
        ({"layer__bounds__width": 1.0}, "submit.layer.bounds.width", "expected an integer"),
        ({"layer__bounds__width": 1 << 63}, "submit.layer.bounds.width", "out of range"),
        ({"layer__depth": "u64"}, "submit.layer.depth", "expected one of u8"),
        ({"recipe__strength": "half"}, "submit.recipe.strength", "expected a number"),
        ({"recipe__strength": False}, "submit.recipe.strength", "expected a number"),
        ({"recipe__prompt": 3}, "submit.recipe.prompt", "expected text"),
        ({"recipe__prompt": "\ud800"}, "submit.recipe.prompt", "not valid Unicode"),
        ({"recipe": []}, "submit.recipe", "expected an object"),
        ({"blobs": {}}, "submit.blobs", "expected a list"),
        ({"blobs": [{"name": "layer"}]}, "submit.blobs[0].nbytes", "missing"),
        ({"keep": 1}, "submit.keep", "expected true or false"),
        ({"job": None}, "submit.job", "expected text"),
        ({"type": "sub-mit"}, "message.type", "not a message"),
    ],
)
def test_a_wrong_type_is_refused_with_its_place(changes: dict[str, object], place: str, problem: str) -> None:
    sentence = refusal(submit_with(**changes))
    assert place in sentence
    assert problem in sentence


def test_a_missing_field_is_named() -> None:
    assert "cancel.job: missing" in refusal(b'{"type": "cancel"}')


def test_an_absent_field_takes_its_default_and_an_unknown_one_is_ignored() -> None:
    header = b'{"type": "fetch", "job": "a", "blob": "result-0", "colour": [[["new"]]]}'
    assert codec.decode(header) == wire.Fetch("a", "result-0", 0, wire.CREDIT_WINDOW)


def test_a_whole_number_serves_where_a_fraction_is_expected() -> None:
    decoded = codec.decode(submit_with(recipe__strength=1))
    assert isinstance(decoded, wire.Submit)
    assert type(decoded.recipe.strength) is float


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_none_are_refused(number: str) -> None:
    refusal(submit_with(recipe__strength=0.5).replace(b'"strength": 0.5', f'"strength": {number}'.encode()))


@pytest.mark.parametrize("deep", [b"[" * 30_000, b'{"a":' * 10_000, b'{"type":"cancel","x":' + b"[" * 60_000])
def test_deep_nesting_is_refused_without_exhausting_the_stack(deep: bytes) -> None:
    refusal(deep)


def test_an_endless_integer_is_refused() -> None:
    refusal(b'{"type": "ping", "number": ' + b"9" * 60_000 + b"}")


def test_a_header_over_64_kib_is_refused_at_both_ends() -> None:
    assert "longer than 65536" in refusal(b'{"type":"cancel","job":"' + b"a" * 70_000 + b'"}')
    with pytest.raises(ValueError, match="does not fit"):
        codec.encode(wire.Cancel("a" * 70_000))


def test_the_sender_refuses_what_json_cannot_say() -> None:
    with pytest.raises(ValueError):
        codec.encode(wire.Progress("a", "Painting", 1, 2, seconds_left=float("nan")))


def test_names_travel_in_kebab_case() -> None:
    assert json.loads(codec.encode(wire.ListJobs())) == {"type": "list-jobs"}


def test_a_message_can_be_read_by_any_json_library() -> None:
    fields = json.loads(codec.encode(SUBMIT))
    assert fields["layer"]["channels"] == "BGRA"
    assert [(blob["name"], blob["nbytes"]) for blob in fields["blobs"]] == [("layer", 1600), ("mask", 200)]
    assert fields["recipe"]["prompt"] == "a red kite — 风筝"
