"""Steps of a test with windows, begun by the test outside."""

import time

PATIENCE = 240


def wait_for(out, name):
    """Until the test outside has made the file ``name`` in the folder ``out``."""
    until = time.monotonic() + PATIENCE
    while not (out / name).exists():
        if time.monotonic() > until:
            raise TimeoutError(name)
        time.sleep(0.05)


def let(condition):
    """Until ``condition()``, or for ``PATIENCE``: the test outside judges what has come of it."""
    until = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < until:
        time.sleep(0.1)
