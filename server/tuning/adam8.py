"""Adam that keeps its moments in 8 bits, for where memory is short: block-wise dynamic quantization (Dettmers et al.
2021, arXiv 2110.02861, §2).

Of the second moment the root is kept, which spans half as many digits, and it is never rounded to nothing: where it
divides, a root that is lost would throw the weight away. Tensors of less than ``_SMALLEST`` numbers keep theirs whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

_BLOCK = 256
"""Numbers that share a scale."""

_AT_ONCE = 1 << 22
"""Numbers that are whole at a time."""

_SMALLEST = 4096
_EXPONENTS = 7
_CODES = 256

BYTES = 2 * (1 + 4 / _BLOCK)
"""Of memory that both moments of one number take."""

State = dict[str, Tensor]
"""Of one variable, as torch's Adam has it (``WHOLE``) or packed (``PACKED``: codes in the variable's shape, uint8, and
the scale of each block)."""

WHOLE = ("step", "exp_avg", "exp_avg_sq")
PACKED = ("step", "codes", "scales", "root_codes", "root_scales")


class Adam8(torch.optim.Optimizer):
    """Adam as in torch, without weight decay. Each group brings its ``lr``."""

    def __init__(
        self, groups: Iterable[dict[str, Any]], betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8
    ) -> None:
        super().__init__(groups, {"betas": betas, "eps": eps})

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]  # no closure
        for group in self.param_groups:
            learned = [one for one in group["params"] if one.grad is not None]
            for one in learned:
                self.state[one] = packed(self.state[one] or _beginning(one))
                self.state[one]["step"] += 1
            for pieces in _handfuls((one, self.state[one]) for one in learned):
                _descend(pieces, group["lr"], group["betas"], group["eps"])


@dataclass(frozen=True, eq=False)
class _Piece:
    """A stretch of one variable: flat views of it, of its gradient, and of its state (``step`` as it is)."""

    values: Tensor
    gradient: Tensor
    state: State

    @property
    def joins(self) -> bool:
        """Whether others can follow it in one tensor: where blocks share a scale, it has to end with one."""
        return "codes" not in self.state or len(self.values) % _BLOCK == 0


def _handfuls(learned: Iterable[tuple[nn.Parameter, State]]) -> Iterator[list[_Piece]]:
    """All of it in lists of pieces of one kind, of ``_AT_ONCE`` numbers at most: few enough that what they
    take on the way is small, and enough that a GPU has something to do."""
    pieces: dict[bool, list[_Piece]] = {True: [], False: []}
    for piece in (piece for one, state in learned for piece in _pieces(one, state)):
        handful = pieces["codes" in piece.state]
        if handful and (not handful[-1].joins or sum(len(one.values) for one in (*handful, piece)) > _AT_ONCE):
            yield [*handful]
            handful.clear()
        handful.append(piece)
    yield from (handful for handful in pieces.values() if handful)


def _pieces(one: nn.Parameter, state: State) -> Iterator[_Piece]:
    assert one.grad is not None
    for begin in range(0, one.numel(), _AT_ONCE):
        numbers = slice(begin, begin + _AT_ONCE)
        blocks = slice(begin // _BLOCK, (begin + _AT_ONCE) // _BLOCK)
        part = {
            name: tensor if name == "step" else tensor.view(-1)[blocks if name.endswith("scales") else numbers]
            for name, tensor in state.items()
        }
        yield _Piece(one.view(-1)[numbers], one.grad.reshape(-1)[numbers], part)


def _descend(pieces: Sequence[_Piece], rate: float, betas: tuple[float, float], eps: float) -> None:
    """One step of all of them at once, in place."""
    joined = {name: torch.cat([piece.state[name] for piece in pieces]) for name in pieces[0].state if name != "step"}
    gradient, step = torch.cat([piece.gradient for piece in pieces]), pieces[0].state["step"]
    state = unpacked({"step": step, **joined})
    mean, square = state["exp_avg"], state["exp_avg_sq"]
    mean.lerp_(gradient, 1 - betas[0])
    square.mul_(betas[1]).addcmul_(gradient, gradient, value=1 - betas[1])
    root = (square / (1 - betas[1] ** step)).sqrt_().add_(eps)
    change = (mean / (1 - betas[0] ** step)).div_(root).mul_(rate)
    values = [piece.values for piece in pieces]
    torch._foreach_sub_(values, _parted(change, values))
    for name, moments in _as_before(state, joined).items():
        parts = [piece.state[name] for piece in pieces]
        torch._foreach_copy_(parts, _parted(moments, parts))


def _parted(joined: Tensor, like: Sequence[Tensor]) -> tuple[Tensor, ...]:
    return torch.split(joined, [len(part) for part in like])


def _as_before(state: State, joined: State) -> State:
    """The moments in the form that they had."""
    if "codes" not in joined:
        return {name: state[name] for name in joined}
    return {name: tensor for name, tensor in _packed(state).items() if name != "step"}


def _beginning(one: nn.Parameter) -> State:
    step = torch.zeros((), dtype=torch.float32, device=one.device)
    return {"step": step, "exp_avg": torch.zeros_like(one), "exp_avg_sq": torch.zeros_like(one)}


def packed(state: State) -> State:
    """In 8 bits; as it is where it is so already, or small."""
    if "exp_avg" not in state or state["exp_avg"].numel() < _SMALLEST:
        return state
    return _packed(state)


def _packed(state: State) -> State:
    codes, scales = quantize(state["exp_avg"], signed=True)
    root_codes, root_scales = quantize(state["exp_avg_sq"].sqrt(), signed=False)
    return dict(zip(PACKED, (state["step"], codes, scales, root_codes, root_scales), strict=True))


def unpacked(state: State) -> State:
    """In single precision; as it is where it is so already."""
    if "codes" not in state:
        return state
    mean = dequantize(state["codes"], state["scales"], signed=True)
    root = dequantize(state["root_codes"], state["root_scales"], signed=False)
    return dict(zip(WHOLE, (state["step"], mean, root.square_()), strict=True))


def quantize(values: Tensor, *, signed: bool) -> tuple[Tensor, Tensor]:
    """Codes (uint8, in the shape of ``values``) and scales (float32, one for each block of 256): the nearest of 256
    numbers that lie denser the smaller they are. Unsigned, what is above 0 stays so."""
    blocks = functional.pad(values.flatten().float(), (0, -values.numel() % _BLOCK)).view(-1, _BLOCK)
    scales = blocks.abs().amax(1)
    book = _book(signed, values.device)
    between = (book[1:] + book[:-1]) / 2
    codes = torch.bucketize(blocks / scales.clamp(min=1e-38)[:, None], between, out_int32=True).to(torch.uint8)
    if not signed:
        codes[(codes == 0) & (blocks > 0)] = 1
    return codes.flatten()[: values.numel()].view(values.shape), scales


def dequantize(codes: Tensor, scales: Tensor, *, signed: bool) -> Tensor:
    """Of what ``quantize`` gave: float32, in the shape of ``codes``."""
    values = _book(signed, codes.device)[codes.flatten().int()]
    blocks = functional.pad(values, (0, -values.numel() % _BLOCK)).view(-1, _BLOCK) * scales[:, None]
    return blocks.flatten()[: codes.numel()].view(codes.shape)


@cache
def _book(signed: bool, device: torch.device) -> Tensor:
    """The 256 numbers, from -1 or 0 to 1, ascending: a decimal exponent, and between two powers of ten twice as many
    steps as between the two below (the paper's dynamic tree quantization)."""
    numbers = [torch.tensor([0.0, 1.0])]
    for exponent in range(_EXPONENTS):
        steps = torch.linspace(0.1, 1, (1 if signed else 2) * 2**exponent + 1)
        above = (steps[1:] + steps[:-1]) / 2 * 10.0 ** (exponent - _EXPONENTS + 1)
        numbers += [above, -above] if signed else [above]
    book = torch.cat(numbers).sort().values.to(device)
    assert len(book) == _CODES
    return book
