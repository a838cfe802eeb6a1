"""The built-in model itself says what is in a picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.torch

pytest.importorskip("torch")

from server.models.runtime.adapter import Adapter  # noqa: E402
from server.models.runtime.residency import Models  # noqa: E402
from server.models.store.store import ModelStore  # noqa: E402

PICTURES = Path(__file__).parents[1] / "pictures" / "illustrations"
MAN = "man shrugging, dark skin, on white background, cartoon"


@pytest.fixture(scope="module")
def illustration(tmp_path_factory: pytest.TempPathFactory) -> Adapter:
    return Models(ModelStore(tmp_path_factory.mktemp("shelf")), "cpu").get("illustration")


def caption(model: Adapter, picture: Image.Image) -> tuple[str, int]:
    """And how many looks it took."""
    seen: list[int] = []
    small = picture.convert("RGB").resize((model.native, model.native), Image.Resampling.LANCZOS)
    image = np.asarray(small, np.float32) / 255
    return model.caption(image, np.ones(image.shape[:2], np.float32), seen.append), sum(seen)


def test_a_person_is_named_with_all_that_a_prompt_may_leave_open(illustration: Adapter) -> None:
    found, looks = caption(illustration, Image.open(PICTURES / "shrugging.png"))
    assert found == MAN
    assert looks <= illustration.evaluations


def test_a_prompt_is_completed_unless_it_asks_for_something_else(illustration: Adapter) -> None:
    assert illustration.completed("raising hand", MAN) == "man raising hand, dark skin, on white background, cartoon"
    assert illustration.completed("a panda", MAN) == "a panda, on white background, cartoon"
    assert illustration.completed("raising hand", "") == "raising hand"


def test_only_the_selected_of_several_is_named(illustration: Adapter) -> None:
    friends = Image.open(PICTURES / "friends.png").convert("RGB").crop((376, 0, 640, 264))  # the man and a dog's ear
    small = friends.resize((illustration.native, illustration.native), Image.Resampling.LANCZOS)
    image, mask = np.asarray(small, np.float32) / 255, np.zeros((illustration.native,) * 2, np.float32)
    mask[:, illustration.native // 4 :] = 1
    assert illustration.caption(image, mask, lambda count: None) == MAN
