"""Half precision where the machine is fast in it: on a processor without bfloat16 arithmetic it is ten times slower."""

from __future__ import annotations

import torch


def half_where_fast(device: torch.device) -> torch.autocast:
    """A context in which models compute in bfloat16, or in single precision where that is the faster of the two."""
    return torch.autocast(device.type, torch.bfloat16, enabled=fast_kind(device) is torch.bfloat16)


def fast_kind(device: torch.device) -> torch.dtype:
    """bfloat16, or float32 on a processor without its arithmetic."""
    fast = device.type != "cpu" or torch.cpu._is_avx512_bf16_supported()
    return torch.bfloat16 if fast else torch.float32
