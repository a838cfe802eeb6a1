from __future__ import annotations


def test_a_record_comes_back_from_its_text() -> None:
    from overpaint.record import LayerRecord, load
    from overpaint.server.client.recipes import LayerRecipe
    from overpaint.server.wire.geometry import Bounds
    from overpaint.server.wire.recipe import Recipe

    record = LayerRecord(
        LayerRecipe(Recipe("inpaint", "一扇红门", seed=2**32 - 1), Bounds(-4, 5, 60, 70), "Ink"), "{uuid}"
    )
    assert load(record.dump()) == record


def test_what_is_not_a_record_is_none() -> None:
    from overpaint.record import load

    assert [load(data) for data in (b"", b"{}", b"\xff\x00", b'{"made": 3, "source_id": ""}')] == [None] * 4


def test_a_selection_is_packed_small_and_comes_back() -> None:
    from overpaint.record import unpack
    from overpaint.server.client.note import pack
    from overpaint.server.wire.geometry import Bounds

    mask = bytearray(3000 * 1000)
    mask[500_000:900_000] = b"\xff" * 400_000
    packed = pack(mask)
    assert len(packed) < 20_000
    assert unpack(packed, Bounds(0, 0, 3000, 1000)) == mask


def test_a_packed_selection_of_another_size_or_a_bomb_is_not_believed() -> None:
    from overpaint.record import unpack
    from overpaint.server.client.note import pack
    from overpaint.server.wire.geometry import Bounds

    packed = pack(bytes(1 << 20))
    assert unpack(packed, Bounds(0, 0, 10, 10)) is None
    assert unpack(packed, Bounds(0, 0, 2048, 2048)) is None
    assert unpack(b"not packed", Bounds(0, 0, 10, 10)) is None
    assert unpack(b"", Bounds(0, 0, 10, 10)) is None


def test_each_layer_has_a_name_of_its_own_for_its_record() -> None:
    from overpaint.record import kind, selection_kind

    assert kind("{12-ab}") == "overpaint-12-ab"
    assert selection_kind("{12-ab}") == "overpaint-12-ab-selection"
