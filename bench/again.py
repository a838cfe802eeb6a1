"""What the second request on a crop costs (``python -m bench.roundtrip``), with a real server and its worker and a
stand-in for a method that has learned the picture."""

from __future__ import annotations

import contextlib
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np

from server.client import events
from server.client.session import Session
from server.client.submission import Mask, Submission, new_job_id
from server.wire import frames, messages, sockets
from server.wire.geometry import Bounds
from server.wire.raster import Channels, Depth, Raster
from server.wire.recipe import Recipe
from tests.running import PONDERING, Client, RunningServer


def crop(side: int) -> Submission:
    """RGBA of 16 bits, a ramp with noise, and a square selection in its middle."""
    noise = np.random.default_rng(1).integers(0, 1 << 12, (side, side, 4), np.uint16)
    pixels = noise + np.linspace(0, 50_000, side, dtype=np.uint16)[:, None, None]
    mask = np.zeros((side, side), np.uint8)
    mask[side // 3 : side // 2, side // 3 : side // 2] = 255
    layer = Raster(Bounds(0, 0, side, side), Channels.RGBA, Depth.U16)
    recipe = Recipe("ponder", seed=1, steps=1, eta=(0.5,))
    return Submission(recipe, layer, pixels.tobytes(), Mask(Depth.U8, mask.tobytes()))


def again(first: Submission, eta: float) -> Submission:
    """As the slider asks."""
    return replace(first, recipe=replace(first.recipe, eta=(eta,)), job=new_job_id())


@contextlib.contextmanager
def pixel_bytes() -> Iterator[list[int]]:
    """The sizes of all chunks that this process sends meanwhile."""
    sent: list[int] = []
    send = frames.send

    def counted(socket: sockets.Socket, message: messages.Message, payload: frames.Buffer | None = None) -> None:
        send(socket, message, payload)
        if isinstance(message, messages.Chunk) and payload is not None:
            sent.append(memoryview(payload).nbytes)

    with mock.patch.object(frames, "send", counted):
        yield sent


def figures(side: int, stops: int) -> dict[str, float]:
    """second_send_bytes: of pixels, of two more requests on a crop: another edit strength, and one that was asked for
    before. slider_stop_ms: request to the first byte of a remembered answer, median."""
    with tempfile.TemporaryDirectory(prefix="op-") as folder:
        server = RunningServer(Path(folder), environment=PONDERING)
        try:
            with server.client("bench") as client:
                return _measured(client, crop(side), stops)
        finally:
            server.stop()


def _measured(client: Client, first: Submission, stops: int) -> dict[str, float]:
    client.run(first)
    with pixel_bytes() as sent:
        client.run(again(first, 0.7))
        taken = [_stop_ms(client.session, again(first, 0.5)) for _ in range(stops)]
    answer, copy = memoryview(first.pixels), bytearray(first.layer.nbytes)
    began = time.perf_counter()
    memoryview(copy)[:] = answer
    memcpy = 1000 * (time.perf_counter() - began)
    stop = statistics.median(taken)
    print(f"a stop of the slider, {answer.nbytes >> 20} MiB: first byte after {stop:.1f} ms, memcpy {memcpy:.1f} ms")
    return {"second_send_bytes": sum(sent), "slider_stop_ms": round(stop, 1)}


def _stop_ms(session: Session, stop: Submission) -> float:
    began, first = time.perf_counter(), 0.0
    session.start(stop)
    while True:
        session.wait(1.0)
        for event in session.poll():
            if isinstance(event, (events.EditFailed, events.ServerLost)):
                raise event.error
            if isinstance(event, events.Downloading) and event.fraction > 0 and not first:
                first = 1000 * (time.perf_counter() - began)
            if isinstance(event, events.Arrived):
                session.reuse(event)
                session.acknowledge(stop.job)
            if isinstance(event, events.Acknowledged) and event.job == stop.job:
                return first
