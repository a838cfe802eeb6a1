"""Python imports this at start where it lies on PYTHONPATH: it makes server and worker of
another version, with a wrong clock, with less patience or with shorter lessons where the environment asks for it. The
bundled model is there only where it asks for that: with a model on the shelf every worker that idles imports torch."""

import os
import time
from pathlib import Path

from server.wire import messages

messages.PROTOCOL_MAJOR = int(os.environ.get("OVERPAINT_TEST_MAJOR", messages.PROTOCOL_MAJOR))

from server.listening import endpoint  # noqa: E402
from server.models.store import store  # noqa: E402  # what is imported from here on takes the version over

endpoint.SILENT_AFTER_S = float(os.environ.get("OVERPAINT_TEST_SILENT_AFTER", endpoint.SILENT_AFTER_S))

if "OVERPAINT_TEST_BUNDLED" not in os.environ:
    store.BUNDLED = Path(os.devnull)

if "OVERPAINT_TEST_LESSON" in os.environ:
    from dataclasses import replace

    from server.models.families.illustration import FAMILY

    _steps = int(os.environ["OVERPAINT_TEST_LESSON"])
    _phases = (replace(phase, steps=_steps, batch=2) for phase in FAMILY.dreambooth.phases)
    FAMILY.dreambooth, FAMILY.class_pictures = replace(FAMILY.dreambooth, phases=tuple(_phases)), 2

_system_clock = time.time


def _wrong_clock() -> float:
    """The system's clock, set by as many seconds as the file says."""
    try:
        return _system_clock() + float(_CLOCK.read_text("ascii"))
    except (OSError, ValueError):  # not there, or just being written
        return _system_clock()


_CLOCK = Path(os.environ.get("OVERPAINT_TEST_CLOCK", ""))
if _CLOCK.name:
    time.time = _wrong_clock
