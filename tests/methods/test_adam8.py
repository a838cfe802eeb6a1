"""Adam with moments of 8 bits learns what Adam learns."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from torch import Tensor, nn  # noqa: E402

from server.tuning import adam8  # noqa: E402
from server.tuning.adam8 import BYTES, Adam8, dequantize, packed, quantize, unpacked  # noqa: E402

pytestmark = pytest.mark.torch

STEPS = 300


def fitted(kind: type[torch.optim.Optimizer], breaks_at: int = -1) -> tuple[float, Tensor, torch.optim.Optimizer]:
    """A small net fitted to another: the last loss, a weight, the optimizer. ``breaks_at``: the step before which the
    optimizer is made anew and takes up where the other one was."""
    torch.manual_seed(0)
    pupil, teacher = (nn.Sequential(nn.Linear(64, 128), nn.Tanh(), nn.Linear(128, 64)) for _ in range(2))
    groups = [{"params": list(pupil.parameters()), "lr": 3e-3}]
    adam = kind(groups)
    for step in range(STEPS):
        if step == breaks_at:
            state = dict(adam.state)
            adam = kind(groups)
            adam.state.update(state)
        given = torch.randn(128, 64, generator=torch.Generator().manual_seed(step))
        loss = (pupil(given) - teacher(given).detach()).square().mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
    return float(loss.detach()), pupil[0].weight.detach(), adam


def test_it_fits_as_well_as_adam_in_a_quarter_of_the_memory():
    whole, _, adam = fitted(torch.optim.Adam)
    small, weight, adam8 = fitted(Adam8)
    assert whole < 0.02
    assert small < 1.1 * whole
    kept = {kind: sum(one.nbytes for one in kinds.state[kinds.param_groups[0]["params"][0]].values() if one.ndim)
            for kind, kinds in (("whole", adam), ("small", adam8))}  # fmt: skip
    assert kept["small"] == BYTES * weight.numel() < 0.26 * kept["whole"]


def test_taken_up_in_the_middle_it_ends_bit_for_bit_where_it_would_have():
    assert torch.equal(fitted(Adam8, breaks_at=7)[1], fitted(Adam8)[1])


def test_variables_of_all_sizes_learn_together_what_they_would_alone(monkeypatch: pytest.MonkeyPatch):
    """Some are joined, some cut: what is at hand at once is small here."""
    monkeypatch.setattr(adam8, "_AT_ONCE", 1 << 14)
    shapes = [(40, 40, 3, 3), (300,), (64, 64), (64, 65), (7, 611), (128, 300), (), (64, 64), (5000,)]
    rates = [1e-2, 3e-3]

    def learned(*, together: bool) -> list[Tensor]:
        variables = [nn.Parameter(torch.ones(shape)) for shape in shapes]
        groups = [{"params": variables[:4], "lr": rates[0]}, {"params": variables[4:], "lr": rates[1]}]
        alone = [[{"params": [one], "lr": rates[place >= 4]}] for place, one in enumerate(variables)]
        adams = [Adam8(each) for each in ([groups] if together else alone)]
        for step in range(5):
            generator = torch.Generator().manual_seed(step)
            for one in variables:
                one.grad = torch.randn(one.shape, generator=generator)
            for adam in adams:
                adam.step()
        return variables

    pairs = list(zip(learned(together=True), learned(together=False), strict=True))
    assert all(torch.equal(*pair) for pair in pairs)
    assert all((one != 1).any() for one, _ in pairs)


@pytest.mark.parametrize("signed", [True, False])
def test_what_is_kept_is_near_and_nothing_above_zero_is_lost(signed: bool):
    drawn = torch.randn(3, 701) * 10 ** torch.empty(3, 701).uniform_(-4, 0)
    values = drawn if signed else drawn.abs()
    values[0, :5] = 0
    codes, scales = quantize(values, signed=signed)
    assert (codes.dtype, codes.shape, scales.shape) == (torch.uint8, values.shape, (-(-values.numel() // 256),))
    back = dequantize(codes, scales, signed=signed)
    assert (back[0, :5] == 0).all()
    large = values.abs() > 1e-2 * values.abs().max()
    assert ((back - values).abs() < 0.1 * values.abs())[large].all()
    assert signed or (back[values > 0] > 0).all()


def test_small_tensors_and_what_is_packed_already_stay_as_they_are():
    small = {"step": torch.tensor(3.0), "exp_avg": torch.randn(16), "exp_avg_sq": torch.rand(16)}
    assert packed(small) is small
    assert unpacked(small) is small
    large = packed({"step": torch.tensor(3.0), "exp_avg": torch.randn(8192), "exp_avg_sq": torch.rand(8192)})
    assert packed(large) is large
    assert set(unpacked(large)) == set(small)
