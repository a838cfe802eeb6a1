"""What the training is made of: the optimizer, and how much of the artwork is taught."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from tools.bundled_model.muon import Muon, orthogonal  # noqa: E402
from tools.bundled_model.records import Record, Subject  # noqa: E402
from tools.bundled_model.repertoire import FIRST, FULL, SMALL  # noqa: E402

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("shape", [(24, 200), (200, 24), (32, 32)])
def test_an_orthogonal_direction_pulls_alike_every_way(shape: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(0)
    matrices = torch.randn((2, *shape), generator=generator) * torch.logspace(-2, 2, shape[1])
    strengths = torch.linalg.svdvals(orthogonal(matrices))
    strong = torch.linalg.svdvals(matrices) > 1e-2 * matrices.norm(dim=(1, 2))[:, None]
    assert strengths[strong].min() > 0.6
    assert strengths.max() < 1.3


def test_muon_fits_a_convolution() -> None:
    torch.manual_seed(0)
    truth, learner = (torch.nn.Conv2d(4, 8, 3, bias=False) for _ in range(2))
    muon = Muon([learner.weight], lr=0.02, decay=0)
    losses = []
    for step in range(200):
        muon.param_groups[0]["lr"] = 0.02 * (1 - step / 200)
        picture = torch.randn(8, 4, 6, 6)
        loss = (learner(picture) - truth(picture).detach()).square().mean()
        muon.zero_grad()
        loss.backward()
        muon.step()
        losses.append(loss.item())
    assert losses[-1] < 0.01 * losses[0]


def _record(vendor: str, kind: str, concept: str) -> Record:
    return Record(0, vendor, Subject("1f431", concept, (), kind, concept, "", ""))


def test_a_larger_repertoire_goes_on_with_what_a_smaller_one_taught() -> None:
    assert SMALL.people < FIRST.people
    assert SMALL.things < FIRST.things
    assert set(SMALL.kinds) <= set(FIRST.kinds) <= set(FULL.kinds)


def test_the_first_repertoire_has_people_in_three_styles_and_things_in_one() -> None:
    assert FIRST.has(_record("twemoji", "person", "shrugging"))
    assert FIRST.has(_record("noto", "animal", "cat"))
    assert not FIRST.has(_record("twemoji", "animal", "cat"))
    assert not FIRST.has(_record("fluent3d", "person", "shrugging"))
    assert not FIRST.has(_record("noto", "person", "juggling"))
    assert not FIRST.has(_record("noto", "object", "key"))


def test_the_full_repertoire_has_everything() -> None:
    for vendor in ("noto", "fluent", "twemoji", "fluent3d"):
        for kind in ("person", "hand", "face", "animal", "food", "plant", "activity", "object", "travel"):
            assert FULL.has(_record(vendor, kind, "anything"))
