"""The same pixels travel once: what the server still has of a client is named and not sent again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from server.client import events
from server.client.digests import Digests
from server.client.submission import Mask, Submission, new_job_id
from server.gateway.settings import GatewaySettings
from server.journal.blobs import Blobs, Keeping
from server.listening import authorized
from server.wire import content, frames
from server.wire import messages as wire
from server.wire.connection import read_connection
from server.wire.errors import Code
from server.wire.raster import Depth
from tests.bare import Bare
from tests.conftest import short_folder
from tests.gateway.test_limits import gateway
from tests.gateway.test_ownership import let_in
from tests.running import PONDERING, Client, RunningServer, submission, until


class Sent:
    """Pixel bytes that this process has sent."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._count = 0
        send = frames.send

        def counted(socket, message, payload=None, *others):
            send(socket, message, payload, *others)
            self._count += len(payload) if isinstance(message, wire.Chunk) else 0

        monkeypatch.setattr(frames, "send", counted)

    def taken(self) -> int:
        """Since it was last asked."""
        count, self._count = self._count, 0
        return count


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    return Sent(monkeypatch)


@pytest.fixture
def client(pondering: RunningServer) -> Iterator[Client]:
    with pondering.client("me") as client:
        yield client


_numbers = iter(range(1, 100))


def picture(width: int = 300) -> Submission:
    """One that no other test sends."""
    made = submission("ponder", width, 200, steps=1)
    return replace(made, pixels=bytes([next(_numbers)]) + bytes(made.pixels)[1:])


def again(first: Submission, **recipe: object) -> Submission:
    """Another edit of the same crop, as a stop of the slider is."""
    return replace(first, recipe=replace(first.recipe, **recipe), job=new_job_id())  # type: ignore[arg-type]


def read_anew(first: Submission) -> Submission:
    """The same crop, read from the layer once more."""
    return replace(first, pixels=bytes(bytearray(first.pixels)), digests=Digests(), job=new_job_id())


def test_the_second_edit_of_a_crop_sends_no_pixels_and_gets_its_answer(client: Client, sent: Sent):
    first = picture()
    before = client.run(first)
    assert sent.taken() == first.nbytes
    same, other = client.run(again(first, steps=2)), client.run(again(first, eta=(0.5,)))
    assert sent.taken() == 0
    assert same.results[0].data == before.results[0].data != other.results[0].data


def test_a_crop_that_is_read_anew_is_recognised(client: Client, sent: Sent):
    first = picture()
    client.run(first)
    sent.taken()
    client.run(read_anew(first))
    assert sent.taken() == 0


def test_another_crop_of_the_same_size_is_sent(client: Client, sent: Sent):
    before = client.run(picture())
    other = picture()
    sent.taken()
    arrived = client.run(other)
    assert sent.taken() == other.layer.nbytes, "the selection is the same"
    assert arrived.results[0].data[:4] != before.results[0].data[:4]


def test_another_selection_on_the_same_picture_travels_alone(client: Client, sent: Sent):
    first = picture()
    client.run(first)
    assert first.mask is not None
    moved = bytes(first.mask.data)[7:] + bytes(7)
    sent.taken()
    client.run(replace(again(first), mask=Mask(Depth.U8, moved)))
    assert sent.taken() == len(moved)


def test_edits_of_one_crop_that_are_begun_together_send_it_once(client: Client, sent: Sent):
    first = picture(900)
    edits = [first, *(again(first, seed=seed) for seed in range(5))]
    for edit in edits:
        client.start(edit)
    left = {edit.job for edit in edits}
    while left:
        arrived = client.wait_for(events.Arrived)
        left.discard(arrived.job)
        client.session.acknowledge(arrived.job)
    assert sent.taken() == first.nbytes


def test_where_the_first_of_them_is_cancelled_the_next_one_sends_it(client: Client, sent: Sent):
    first = picture(900)
    client.start(first)
    second = again(first)
    client.start(second)
    client.session.cancel(first.job)
    assert client.wait_for(events.Arrived, job=second.job)
    assert first.layer.nbytes <= sent.taken() <= 2 * first.nbytes
    client.session.acknowledge(second.job)


def test_an_estimate_names_what_its_edit_sends(client: Client, sent: Sent):
    first = picture()
    client.session.estimate(first.question())
    client.wait_for(events.Estimated)
    client.run(again(first))
    assert sent.taken() >= first.layer.nbytes
    client.session.estimate(again(first).question())
    assert client.wait_for(events.Estimated).learned == 1.0
    client.run(again(first))
    assert sent.taken() == 0


def test_somebody_else_has_to_send_the_same_picture(pondering: RunningServer, client: Client, sent: Sent):
    first = picture()
    client.run(first)
    sent.taken()
    with pondering.client("somebody-else") as other:
        other.run(again(first))
        assert sent.taken() == first.nbytes


def test_pixels_that_are_not_what_they_are_called_are_refused_and_not_kept(pondering: RunningServer):
    true, false = picture(), picture()
    lie = replace(false.message(), blobs=true_names(true))
    bare = Bare(pondering, "liar")
    bare.tell(lie)
    bare.hear(wire.Accepted)
    bare.upload(false)
    failed = bare.hear(wire.Failed)
    assert (failed.job, failed.code) == (false.job, Code.BAD_REQUEST)
    bare.tell(replace(true.message(), blobs=true_names(true)))
    assert all(blob.nbytes == 0 for blob in bare.hear(wire.Accepted).received)
    bare.close()


def true_names(whose: Submission) -> tuple[wire.Blob, ...]:
    for _ in whose.naming():
        pass
    return whose.blobs


@pytest.mark.parametrize("digest", ["../../../etc/passwd", "A" * 64, "a" * 63])
def test_a_digest_that_is_none_is_refused(pondering: RunningServer, digest: str):
    job = picture()
    wrong = tuple(replace(blob, digest=digest) for blob in job.blobs)
    bare = Bare(pondering, "bare")
    assert bare.failure(replace(job.message(), blobs=wrong)).code is Code.BAD_REQUEST
    bare.close()


def test_who_submits_a_job_again_cannot_give_it_other_blobs(pondering: RunningServer):
    job = picture()
    bare = Bare(pondering, "bare")
    bare.tell(job.message())
    bare.hear(wire.Accepted)
    larger = tuple(replace(blob, nbytes=blob.nbytes + 1, digest="a" * 64) for blob in job.blobs)
    assert bare.failure(replace(job.message(), blobs=larger)).code is Code.BAD_REQUEST
    bare.close()


def test_what_is_kept_outlives_a_server_that_is_killed(own_server: RunningServer, sent: Sent):
    first = picture()
    with own_server.client() as client:
        client.run(first)
    own_server.kill()
    own_server.start()
    sent.taken()
    with own_server.client() as client:
        client.run(again(first))
    assert sent.taken() == 0


def test_an_edit_whose_pixels_came_from_what_is_kept_outlives_a_server_that_is_killed(own_server: RunningServer):
    first = picture()
    with own_server.client() as client:
        client.run(first)
        second = again(first, prompt="wait")
        client.start(second)
        client.wait_for(events.Progressed, events.Queued, job=second.job)
    own_server.kill()
    own_server.start()
    (own_server.home / "go").touch()
    with own_server.client() as client:
        client.session.attach(second.job)
        assert client.wait_for(events.Arrived, job=second.job)


def test_what_is_deleted_under_the_server_is_sent_again(own_server: RunningServer, sent: Sent):
    first = picture()
    with own_server.client() as client:
        client.run(first)
        for _ in range(2):
            until(lambda: len(kept(own_server)) == 3, "picture, selection and answer are kept")
            shutil.rmtree(own_server.home / "blobs")
            sent.taken()
            client.run(again(first))
            assert sent.taken() == first.nbytes
        until(lambda: len(kept(own_server)) == 3, "picture, selection and answer are kept")
        client.run(again(first))
        assert sent.taken() == 0


def kept(server: RunningServer) -> list[Path]:
    return [path for path in server.home.glob("blobs/*/*/*") if path.suffix != ".crc"]


def test_what_is_damaged_on_the_disk_fails_one_edit_and_is_sent_again(own_server: RunningServer, sent: Sent):
    first = picture()
    with own_server.client() as client:
        client.run(first)
        for path in (own_server.home / "blobs").rglob(content.digest(first.pixels)):
            path.write_bytes(bytes(path.stat().st_size))
        assert client.refused(again(first, seed=9)).code is Code.INTERNAL
        sent.taken()
        client.run(again(first, seed=9))
        assert sent.taken() == first.nbytes


def test_what_is_cut_off_on_the_disk_is_sent_again(own_server: RunningServer, sent: Sent):
    first = picture()
    with own_server.client() as client:
        client.run(first)
        for path in (own_server.home / "blobs").rglob(content.digest(first.pixels)):
            path.write_bytes(b"short")
        sent.taken()
        client.run(again(first, seed=9))
        assert sent.taken() == len(bytes(first.pixels))


def test_who_asks_for_just_the_same_gets_the_same_answer_at_once(client: Client, sent: Sent):
    first = replace(picture(), recipe=submission("ponder", steps=1, eta=(0.2, 0.8)).recipe)
    swept = client.run(first)
    sent.taken()
    client.heard.clear()
    client._seen = 0
    stop = client.run(again(first, eta=(0.8,)))
    assert not [event for event in client.heard if isinstance(event, (events.Queued, events.Progressed))]
    assert (stop.results[0].result.eta, stop.results[0].result.seed) == (0.8, first.recipe.seed)
    assert stop.finished.recipe.eta == (0.8,)
    assert stop.results[0].data == swept.results[1].data
    assert sent.taken() == 0


@pytest.mark.parametrize("changes", [{"seed": 2}, {"seed": None}, {"eta": (0.3,)}, {"prompt": "x"}, {"variations": 2}])
def test_who_asks_for_anything_else_gets_an_answer_of_its_own(client: Client, changes: dict[str, object]):
    first = replace(picture(), recipe=submission("ponder", steps=1, eta=(0.8,)).recipe)
    client.run(first)
    job = client.start(again(first, **changes))
    assert client.wait_for(events.Progressed, events.Queued, job=job)
    client.wait_for(events.Arrived, job=job)
    client.session.acknowledge(job)


def test_an_answer_that_is_remembered_belongs_to_who_asked_for_it(pondering: RunningServer, client: Client):
    first = picture()
    client.run(first)
    with pondering.client("another") as other:
        job = other.start(again(first))
        assert other.wait_for(events.Progressed, events.Queued, job=job)
        other.wait_for(events.Arrived, job=job)
        other.session.acknowledge(job)


def test_a_remembered_answer_outlives_a_server_that_is_killed(own_server: RunningServer):
    first = picture()
    with own_server.client() as client:
        before = client.run(first)
        second = again(first)
        client.start(second)
        client.wait_for(events.Arrived, job=second.job)
    own_server.kill()
    own_server.start()
    with own_server.client() as client:
        client.session.attach(second.job)
        assert client.wait_for(events.Arrived, job=second.job).results[0].data == before.results[0].data


def test_an_answer_that_is_damaged_where_it_is_kept_is_made_anew(own_server: RunningServer):
    first = picture()
    with own_server.client() as client:
        before = client.run(first)
        for path in (own_server.home / "blobs").rglob("*"):
            if path.is_file() and not path.suffix:
                path.write_bytes(bytes(path.stat().st_size))
        assert client.refused(again(first)).code is Code.INTERNAL
        assert client.run(again(first)).results[0].data == before.results[0].data


def kept_in(home: Path) -> list[Path]:
    return [path for path in (home / "blobs").rglob("*") if len(path.name) == 64]


@pytest.mark.parametrize(
    "settings",
    [GatewaySettings(keep_sent_bytes_each=1000), GatewaySettings(keep_sent_bytes=1000)],
    ids=["of one", "of all"],
)
def test_no_more_is_kept_than_the_settings_say(home, settings: GatewaySettings):
    with gateway(home, settings):
        connection = read_connection(home / "connection.json")
        assert connection is not None
        client = Client(connection)
        for _ in range(3):
            client.run(replace(picture(), recipe=submission("erase").recipe))
        assert sum(path.stat().st_size for path in kept_in(home)) <= 1000
        client.close()


def test_what_was_not_used_for_long_goes_when_it_is_swept_and_nothing_else(own_server: RunningServer):
    with own_server.client() as client:
        client.run(picture())
    own_server.stop()
    kept = kept_in(own_server.home)
    assert kept
    Blobs(own_server.home / "blobs", Keeping(seconds=3600)).sweep()
    assert kept_in(own_server.home) == kept
    Blobs(own_server.home / "blobs", Keeping(seconds=0)).sweep()
    assert kept_in(own_server.home) == []


@pytest.fixture
def over_tcp() -> Iterator[RunningServer]:
    with short_folder() as folder:
        running = RunningServer(folder, "--transport", "tcp", environment=PONDERING)
        yield running
        running.stop()


def kept_of_guests(server: RunningServer) -> list[Path]:
    return [path for path in (server.home / "blobs").glob("*/*/*") if path.parts[-3] != "own"]


def test_another_machine_gets_nothing_of_ours_and_its_own_only_as_long_as_it_is_let_in(
    over_tcp: RunningServer, sent: Sent
):
    first = picture()
    with over_tcp.client("me") as client:
        client.run(first)
    guest = Client(let_in(over_tcp, "guest"), "me")
    for expected in (first.nbytes, 0):
        sent.taken()
        guest.run(again(first))
        assert sent.taken() == expected
    assert kept_of_guests(over_tcp)
    turn_out_all(over_tcp)
    until(lambda: not kept_of_guests(over_tcp), "what the machine had sent to go")
    guest.close()
    with over_tcp.client("me") as client:
        client.run(again(first))
    assert sent.taken() == 0, "this user's own stays"


def test_nothing_of_another_machine_outlives_the_server(over_tcp: RunningServer):
    guest = Client(let_in(over_tcp, "guest"), "me")
    guest.run(picture())
    guest.close()
    assert kept_of_guests(over_tcp)
    over_tcp.kill()
    over_tcp.start()
    until(lambda: not kept_of_guests(over_tcp), "what is left of it to go")


def turn_out_all(server: RunningServer) -> None:
    for name in [guest.name for guest in authorized.listed(server.home)]:
        authorized.turn_out(server.home, name)
