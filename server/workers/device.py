"""What this machine can compute on, as torch finds it. Importing torch takes seconds: call it where that may be."""

from __future__ import annotations

import logging

from server.workers.link import Devices

log = logging.getLogger(__name__)


def find(wanted: str) -> Devices:
    """The devices, best first, and the title of ``wanted`` (a name of torch's, or ``auto`` for the best)."""
    try:
        import torch
    except ImportError:
        log.exception("torch cannot be imported: only methods that need no model can run")
        return Devices(("cpu",), "CPU")
    names = [f"cuda:{number}" for number in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    if torch.backends.mps.is_available():
        names.append("mps")
    names.append("cpu")
    own = names[0] if wanted == "auto" else wanted
    return Devices(tuple(names), _title(own))


def _title(name: str) -> str:
    import torch

    if name.startswith("cuda"):
        return str(torch.cuda.get_device_name(name))
    return {"mps": "Apple GPU", "cpu": "CPU"}.get(name, name)
