"""The slider's jobs, through a real server: the picture that was sent, inverted as far as the edit strength says."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from renders import Renders

from server.client import events
from server.client.blocking import Client
from server.client.strengths import QUIET_S, SWEEP, Point, swept
from server.client.submission import Submission
from server.wire.messages import JobState
from server.wire.paths import Home
from tests.running import RunningServer, submission, until


@pytest.fixture
def client(pondering: RunningServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setenv("OVERPAINT_HOME", str(pondering.home))
    client = Client("gimp", Home.of_user())
    yield client
    client.close()


def first_of(client: Client, request: Submission) -> events.Arrived:
    return client.run(request)


def learned(client: Client, **recipe: object) -> Renders:
    plain = submission("ponder", seed=7, keep=False, **{"prompt": "a dog that sits", "steps": 1, **recipe})
    request = Submission(swept(plain.recipe), plain.layer, plain.pixels, plain.mask, keep=False)
    return Renders(client, request, first_of(client, request), 0.7)


def work(renders: Renders, done: object, what: str) -> None:
    until(lambda: renders.work(time.monotonic(), wait=0.05) or done(), what)  # type: ignore[operator]


def middle(renders: Renders) -> int:
    """Red in the middle of the selection of what is shown."""
    shown = renders.strengths.shown
    assert shown is not None
    return shown[1].data[(20 * 64 + 25) * 4]


BEFORE = 25 * 3


def test_the_first_job_paints_the_whole_range(client: Client) -> None:
    renders = learned(client)
    assert renders.strengths.etas(7) == SWEEP
    for eta in SWEEP:
        renders.move(Point(7, eta), time.monotonic())
        assert renders.strengths.complete
    renders.work(time.monotonic() + 9)
    assert renders.status == ""


def test_another_strength_is_painted_when_the_slider_rests(client: Client) -> None:
    renders = learned(client)
    renders.move(Point(7, 0.0), time.monotonic())
    renders.work(time.monotonic())
    assert renders.status == ""
    work(renders, lambda: renders.status, "the job to begin")
    work(renders, lambda: renders.strengths.complete, "the answer")
    assert abs(middle(renders) - BEFORE) <= 1
    assert (renders.status, renders.trouble) == ("", False)


def test_the_strengths_differ_as_they_say(client: Client) -> None:
    renders = learned(client)
    shown = {}
    for eta in (0.5, 1.0):
        renders.move(Point(7, eta), time.monotonic())
        shown[eta] = middle(renders)
    assert shown[1.0] > shown[0.5] > BEFORE


def test_the_latest_wins_and_what_it_replaces_is_cancelled(client: Client, pondering: RunningServer) -> None:
    renders = learned(client, steps=8)
    renders.move(Point(7, 0.2), time.monotonic() - QUIET_S)
    renders.work(time.monotonic())
    renders.move(Point(7, 0.3), time.monotonic() - QUIET_S)
    work(renders, lambda: renders.strengths.complete, "the answer")
    assert renders.strengths.wanted == Point(7, 0.3)
    assert 0.2 not in renders.strengths.etas(7)
    assert all(job.state is not JobState.RUNNING for job in client.jobs())


def test_another_variation_is_painted_with_its_own_seed(client: Client) -> None:
    renders = learned(client)
    renders.move(Point(99, 0.7), time.monotonic() - QUIET_S)
    work(renders, lambda: renders.strengths.complete, "the variation")
    assert renders.strengths.seeds == (7, 99)
    shown = renders.strengths.shown
    assert shown is not None
    painted = shown[1]
    assert painted.finished.results[painted.index].seed == 99


def test_a_failure_is_a_sentence_and_can_be_tried_again(client: Client) -> None:
    renders = learned(client)
    failing = Renders(client, submission("ponder", seed=7, prompt="raise", steps=1), first_of(client, again()), 0.7)
    failing.move(Point(7, 0.2), time.monotonic() - QUIET_S)
    work(failing, lambda: failing.trouble, "the failure")
    assert failing.status
    failing.again()
    assert (failing.status, failing.trouble) == ("", False)
    work(failing, lambda: failing.trouble, "the second failure")
    renders.move(Point(7, 0.2), time.monotonic() - QUIET_S)
    work(renders, lambda: renders.strengths.complete, "an answer after it")


def again() -> Submission:
    return submission("ponder", seed=7, prompt="a dog", steps=1, eta=(0.5,))


def test_no_job_is_left_on_the_server(client: Client) -> None:
    renders = learned(client)
    renders.move(Point(7, 0.15), time.monotonic() - QUIET_S)
    work(renders, lambda: renders.strengths.complete, "the answer")

    until(lambda: client.jobs() == (), "the server to forget")


def test_a_server_that_dies_is_said_or_started_again_and_nothing_is_lost(
    own_server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVERPAINT_HOME", str(own_server.home))
    client = Client("gimp", Home.of_user())
    renders = learned(client)
    own_server.kill()
    work(renders, lambda: renders.trouble, "the loss to be noticed")
    assert renders.strengths.etas(7) == SWEEP
    own_server.start()
    renders.again()
    renders.move(Point(7, 0.2), time.monotonic() - QUIET_S)
    work(renders, lambda: renders.strengths.complete, "the answer of the next server")
    client.close()
