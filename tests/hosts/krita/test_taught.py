"""A word taught from two layers in a real Krita, and said in a prompt, with the model that comes with Overpaint."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from server.models.store.loras import LoraStore
from tests.hosts.krita.pictures import Rect, grain, paint, pixels
from tests.hosts.krita.running import Krita, RefusedError

pytestmark = pytest.mark.torch

SIZE = Rect(0, 0, 96, 64)
SETTINGS = {"model": "illustration", "seed": 1, "steps": 3}


def made(krita: Krita, role: str, prompt: str, **more: object) -> np.ndarray:
    """The answer's pixels; its layer is gone again, so that no two have one name."""
    (name,) = krita.ask("api", function="method", role=role, node="Ink", prompt=prompt, **SETTINGS, **more)
    seen = pixels(krita, name, SIZE).copy()
    krita.ask("remove", name=name)
    return seen


def test_a_word_is_taught_from_two_layers_shown_and_then_said(krita: Krita, krita_home: Path) -> None:
    krita.ask("new_document", width=SIZE.width, height=SIZE.height)
    for name in ("Other", "Ink"):
        krita.ask("add_layer", name=name)
        paint(krita, name, grain(SIZE.width, SIZE.height))
    krita.ask("activate", name="Ink")
    before = made(krita, "create", "rex")
    taught = made(krita, "teach", "rex, a dog", references=["Other"])
    (lora,) = LoraStore(krita_home / "loras").all()
    assert (lora.word, lora.meaning, lora.family) == ("rex", "dog", "illustration")
    after = made(krita, "create", "rex")
    np.testing.assert_array_equal(after, taught)
    assert not np.array_equal(after, before)
    with pytest.raises(RefusedError, match="rex, a dog"):
        made(krita, "teach", "rex")
    LoraStore(krita_home / "loras").remove("rex")
