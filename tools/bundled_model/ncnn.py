"""Reads Real-ESRGAN's compact network from ncnn's .param/.bin pair: convolutions in half precision, the rest single."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_HALF = 0x01306B47
"""ncnn's tag in front of weights stored as float16; 0 stands before float32."""


def read_compact(param: Path) -> dict[str, Tensor]:
    """State dictionary for `server.models.bundled.upscaler.Upscaler`. Raises ValueError for any other network."""
    data = param.with_suffix(".bin").read_bytes()
    state: dict[str, Tensor] = {}
    offset = layer = 0
    inputs = 3
    for line in param.read_text().splitlines()[2:]:
        kind, settings = line.split()[0], _settings(line)
        if kind == "Convolution":
            outputs = int(settings["0"])
            weights, offset = _tagged(data, offset, int(settings["6"]))
            bias, offset = _floats(data, offset, outputs)
            state[f"layers.{layer}.weight"] = torch.from_numpy(weights).reshape(outputs, inputs, 3, 3)
            state[f"layers.{layer}.bias"] = torch.from_numpy(bias)
            inputs, layer = outputs, layer + 1
        elif kind == "PReLU":
            slopes, offset = _floats(data, offset, int(settings["0"]))
            state[f"layers.{layer}.weight"] = torch.from_numpy(slopes)
            layer += 1
    if offset != len(data):
        raise ValueError(f"{param.name} is not a compact Real-ESRGAN network: {len(data) - offset} bytes left over")
    return state


def _settings(line: str) -> dict[str, str]:
    return dict(word.split("=", 1) for word in line.split() if "=" in word)


def _tagged(data: bytes, offset: int, count: int) -> tuple[NDArray[np.float32], int]:
    tag = int.from_bytes(data[offset : offset + 4], "little")
    if tag == 0:
        return _floats(data, offset + 4, count)
    if tag != _HALF:
        raise ValueError(f"unknown ncnn weight format {tag:#x}")
    end = offset + 4 + 2 * count
    halves = np.frombuffer(data, "<f2", count, offset + 4).astype(np.float32)
    return halves, end + (-2 * count) % 4


def _floats(data: bytes, offset: int, count: int) -> tuple[NDArray[np.float32], int]:
    return np.frombuffer(data, "<f4", count, offset).copy(), offset + 4 * count
