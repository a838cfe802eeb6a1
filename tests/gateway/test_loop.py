"""The gateway as a whole, made in this process."""

from __future__ import annotations

import gc
import threading
from pathlib import Path

import pytest

from bench.crowd.crowd import keep
from server.gateway.loop import Gateway
from server.wire.connection import connection_path
from server.wire.errors import Code, OverpaintError
from tests.running import until


def test_a_server_that_cannot_keep_jobs_is_none_and_stands_in_nobodys_way(home: Path) -> None:
    for name in ("spool", "broken"):
        (home / name).write_text("a file where a folder should be")
    with pytest.raises(OverpaintError) as refused:
        Gateway(home)
    assert refused.value.code is Code.INTERNAL
    assert not connection_path(home).exists()
    (home / "broken").unlink()
    gateway = Gateway(home)
    assert connection_path(home).exists()
    gateway.stop()
    gateway.run()
    assert not connection_path(home).exists()


def test_what_an_earlier_server_left_is_not_looked_through_for_garbage_again_and_again(home: Path) -> None:
    keep(home, 20, 1)
    gateway = Gateway(home)
    running = threading.Thread(target=gateway.run)
    gc.unfreeze()
    running.start()
    try:
        until(gc.get_freeze_count, "what was read is put aside")
    finally:
        gateway.stop()
        running.join()
        gc.unfreeze()
