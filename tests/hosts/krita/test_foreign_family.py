"""A model of a family that another package brought, in the real Krita."""

from __future__ import annotations

import numpy as np
import pytest

from tests.hosts.krita.pictures import Rect, grain, paint, pixels, select
from tests.hosts.krita.running import Krita

pytestmark = pytest.mark.torch

SIZE = Rect(0, 0, 96, 80)
CHOSEN = Rect(30, 20, 24, 18)


def test_it_can_be_chosen_and_replaces_a_selection(krita: Krita) -> None:
    krita.ask("new_document", width=SIZE.width, height=SIZE.height)
    paint(krita, "Ink", grain(SIZE.width, SIZE.height))
    select(krita, CHOSEN)
    krita.ask("fresh_docker")
    krita.ask("await_server")
    krita.ask("set_field", name="model", value="strange")
    krita.ask("write_prompt", text="a strange hat")
    krita.ask("click_run")
    job = krita.ask("last_job")
    krita.ask("fresh_docker")
    assert (job["phase"], len(job["layers"])) == ("DONE", 1)
    answer = pixels(krita, job["layers"][0], SIZE)
    assert answer[CHOSEN.slices][..., 3].all()
    assert not np.array_equal(answer[CHOSEN.slices], pixels(krita, "Ink", SIZE)[CHOSEN.slices])
