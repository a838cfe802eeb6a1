"""A server that gives back what it got: the product's own Endpoint and streams with nothing behind them.

``python -m bench.echo_server HOME ipc|tcp|plain [--hang-after N] [--silent-after N]`` serves until it is interrupted or
ended. The answer has one layer with the very pixels of the request, and a second one (GRAY) with the mask where one was
sent.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import time
from pathlib import Path

from server.client.buffers import Buffers
from server.listening.endpoint import SILENT_AFTER_S, Endpoint
from server.listening.peers import Gone, Peer, Received
from server.wire import messages as wire
from server.wire import sockets
from server.wire.connection import Transport
from server.wire.errors import Code, OverpaintError
from server.wire.messages import JobState
from server.wire.offers import Limits
from server.wire.raster import Channels, Raster
from server.wire.results import ResultBlob, ResultKind
from server.wire.streams import MemoryStore, Part, Receiving, Sending


class EchoJob:
    """One job: its blobs in warm memory, the upload, and the downloads that were asked for."""

    def __init__(self, submit: wire.Submit, buffers: Buffers) -> None:
        self.submit = submit
        self.memory = {blob.name: buffers.take(blob.nbytes) for blob in submit.blobs}
        parts = [Part(name, len(memory), MemoryStore(memory)) for name, memory in self.memory.items()]
        self.upload = Receiving(submit.job, parts)
        self.download: Sending | None = None

    def finished(self) -> wire.Finished:
        layers = [ResultBlob(ResultKind.REPAINT, "layer", self.submit.layer, 0)]
        if self.submit.mask_depth is not None:
            gray = Raster(self.submit.layer.bounds, Channels.GRAY, self.submit.mask_depth)
            layers.append(ResultBlob(ResultKind.REPAINT, "mask", gray, 0))
        recipe = dataclasses.replace(self.submit.recipe, seed=0)
        return wire.Finished(self.submit.job, recipe, self.submit.layer.bounds, tuple(layers))

    def fetch(self, fetch: wire.Fetch) -> None:
        memory = self.memory[fetch.blob]
        part = Part(fetch.blob, len(memory), MemoryStore(memory), fetch.offset)
        self.download = Sending(self.submit.job, [part], fetch.credit)


class EchoServer:
    def __init__(self, home: Path, transport: Transport, silent_after: float = SILENT_AFTER_S) -> None:
        self._endpoint = Endpoint(home, self._welcome, transport, silent_after=silent_after)
        self._buffers = Buffers()
        self._jobs: dict[str, EchoJob] = {}

    def step(self, timeout: float) -> None:
        for event in self._endpoint.poll(timeout):
            if isinstance(event, Received):
                self._handle(event)
            elif isinstance(event, Gone):
                print(f"gone {event.peer.application}", flush=True)

    def close(self) -> None:
        self._endpoint.close()

    def _welcome(self) -> wire.Welcome:
        return wire.Welcome(wire.PROTOCOL_MAJOR, wire.PROTOCOL_MINOR, "echo", "none", (), (), Limits())

    def _handle(self, received: Received) -> None:
        job_id = getattr(received.message, "job", "")
        try:
            self._answer(received.peer, received.message, received.payload)
        except OverpaintError as error:
            self._forget(job_id)
            self._endpoint.send(received.peer, wire.Failed(job_id, error.code, error.sentence, error.hint))

    def _answer(self, peer: Peer, message: wire.Message, payload: memoryview | None) -> None:
        send = self._endpoint.send
        if isinstance(message, wire.Submit):
            job = self._jobs.setdefault(message.job, EchoJob(message, self._buffers))
            state = JobState.FINISHED if job.upload.complete else JobState.UPLOADING
            send(peer, wire.Accepted(message.job, state, job.upload.received))
        elif isinstance(message, wire.Cancel):
            self._forget(message.job)
            send(peer, wire.Cancelled(message.job))
        elif isinstance(message, wire.Acknowledge):
            self._forget(message.job)
            send(peer, wire.Acknowledged(message.job))
        elif isinstance(message, wire.ListJobs):
            send(peer, wire.Jobs(tuple(_line(job) for job in self._jobs.values())))
        elif isinstance(message, wire.Estimate):
            send(peer, wire.Estimated(message.question, "", "", 0.0, 0.0, 0.0, 0.0))
        else:
            self._answer_known(peer, message, payload)

    def _answer_known(self, peer: Peer, message: wire.Message, payload: memoryview | None) -> None:
        job = self._jobs.get(getattr(message, "job", ""))
        if isinstance(message, wire.Chunk) and payload is not None:
            if job is not None:
                self._store(peer, job, message, payload)
            return
        if job is None:
            raise OverpaintError(Code.UNKNOWN_JOB, "The server does not know this job.")
        if isinstance(message, wire.Attach):
            self._endpoint.send(peer, job.finished())
        elif isinstance(message, wire.Fetch):
            job.fetch(message)
        elif isinstance(message, wire.Credit) and job.download is not None:
            job.download.grant(message.chunks)
        self._pump(peer, job)

    def _store(self, peer: Peer, job: EchoJob, chunk: wire.Chunk, payload: memoryview) -> None:
        credit = job.upload.take(chunk, payload)
        if credit is not None:
            self._endpoint.send(peer, credit)
        if job.upload.complete:
            self._endpoint.send(peer, job.finished())

    def _pump(self, peer: Peer, job: EchoJob) -> None:
        while job.download is not None and (following := job.download.next()) is not None:
            if not self._endpoint.send(peer, *following):
                return
            job.download.sent(following[1])

    def _forget(self, job_id: str) -> None:
        job = self._jobs.pop(job_id, None)
        for memory in job.memory.values() if job is not None else ():
            self._buffers.give_back(memory)


def _line(job: EchoJob) -> wire.JobLine:
    state = JobState.FINISHED if job.upload.complete else JobState.UPLOADING
    return wire.JobLine(job.submit.job, state, job.submit.recipe.method, job.submit.recipe.prompt, 0.0)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("home", type=Path)
    parser.add_argument("transport", choices=("ipc", "tcp", "plain"))
    parser.add_argument("--hang-after", type=float, help="seconds after which the loop hangs while the process lives")
    parser.add_argument("--silent-after", type=float, default=SILENT_AFTER_S, help="seconds until a session is dropped")
    given = parser.parse_args()
    sockets.PLAIN_TCP = given.transport == "plain"
    transport = Transport.IPC if given.transport == "ipc" else Transport.TCP
    server = EchoServer(given.home, transport, given.silent_after)
    print("ready", flush=True)
    started = time.monotonic()
    try:
        while True:
            server.step(0.1)
            if given.hang_after is not None and time.monotonic() - started > given.hang_after:
                print(f"hanging {time.monotonic()}", flush=True)
                time.sleep(3600)
    except KeyboardInterrupt:
        server.close()
        sys.exit(0)


if __name__ == "__main__":
    main()
