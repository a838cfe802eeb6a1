"""What an edit will need, asked before it is begun, through the real gateway and a real worker."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest

from server.client import events
from server.client.blocking import Client
from server.wire import messages as wire
from server.wire.errors import Code, OverpaintError
from server.wire.paths import Home
from tests.bare import Bare
from tests.running import RunningServer, submission, until


@pytest.fixture
def client(pondering: RunningServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OVERPAINT_HOME", str(pondering.home))
    with Client("tests", Home(pondering.home), pondering.connection) as client:
        yield client


def ponder(**recipe: object):
    return submission("ponder", **recipe)


def test_a_question_is_answered_without_the_pixels(client: Client):
    answer = client.estimate(ponder(steps=20))
    assert (answer.tuning_s, answer.render_s, answer.learned) == (2.0, 0.1, 0.0)
    assert (answer.preset, answer.memory_gb) == ("slow", 0.5)


def test_what_the_worker_is_told_names_the_pixels_as_the_job_will(client: Client):
    asked = ponder(steps=1)
    client.run(asked)
    assert client.estimate(asked).learned == 1.0
    assert client.estimate(replace(asked, pixels=bytes(len(asked.pixels)))).learned == 0.0


def test_a_method_that_learns_nothing_says_so(client: Client):
    with pytest.raises(OverpaintError) as caught:
        client.estimate(submission("erase"))
    assert caught.value.code is Code.BAD_REQUEST
    assert "cannot be estimated" in caught.value.sentence


def test_a_question_that_fails_harms_neither_the_worker_nor_the_next_one(client: Client):
    with pytest.raises(OverpaintError) as caught:
        client.estimate(ponder(prompt="raise"))
    assert caught.value.code is Code.EDIT_FAILED
    assert client.estimate(ponder(steps=10)).tuning_s == 1.0


def test_a_question_waits_for_the_job_that_runs_and_does_not_hold_up_the_next_one(pondering: RunningServer):
    running, following = ponder(steps=15), ponder(steps=1)
    question = ponder(steps=10).question()
    with contextlib.closing(Bare(pondering, "bare")) as bare:
        bare.begin(running)
        bare.hear(wire.Progress)
        bare.tell(question)
        bare.begin(following)
        ends = [bare.hear(wire.Finished, wire.Estimated) for _ in range(3)]
    assert isinstance(ends[0], wire.Finished) and ends[0].job == running.job
    (estimated,) = (end for end in ends if isinstance(end, wire.Estimated))
    assert estimated.question == question.question
    assert [end.job for end in ends if isinstance(end, wire.Finished)] == [running.job, following.job]


def test_an_edit_waits_for_one_of_anothers_questions_and_not_for_all(pondering: RunningServer):
    with contextlib.closing(Bare(pondering, "asker")) as asker, pondering.client() as client:
        for seed in range(20):
            asker.tell(ponder(prompt="measure", seed=seed).question())
        client.run(ponder(steps=1))
        answered = asker.waiting(wire.Estimated)
        assert answered <= 4
        asker.hear_all(wire.Estimated, 20 - answered)


def test_questions_are_counted_for_each_party_whatever_its_sessions(pondering: RunningServer):
    with contextlib.closing(Bare(pondering, "many")) as one, contextlib.closing(Bare(pondering, "many")) as other:
        for asker in (one, other):
            for seed in range(20):
                asker.tell(ponder(prompt="measure", seed=seed).question())
        heard = [*one.hear_all((wire.Estimated, wire.Failed), 20), *other.hear_all((wire.Estimated, wire.Failed), 20)]
    refused = [answer for answer in heard if isinstance(answer, wire.Failed)]
    assert {answer.code for answer in refused} == {Code.BUSY}
    assert 1 <= len(refused) <= 8  # 32 at once; the first few were answered meanwhile


def test_a_cancel_while_another_measures_does_not_end_the_worker(pondering: RunningServer):
    with contextlib.closing(Bare(pondering, "measurer")) as asker, pondering.client() as client:
        workers = pondering.worker_pids()
        for seed in range(30):
            asker.tell(ponder(prompt="measure", seed=seed).question())
        job = ponder(steps=5)
        client.start(job)
        client.session.cancel(job.job)
        client.wait_for(events.Cancelled)
        asker.hear_all(wire.Estimated, 30)
        assert pondering.worker_pids() == workers


def test_a_worker_that_dies_over_a_question_is_said_and_replaced(own_server: RunningServer):
    with own_server.client() as client:
        until(own_server.worker_pids, "the worker")
        question = ponder(prompt="crash").question()
        client.session.estimate(question)
        failed = client.wait_for(events.EditFailed)
        assert (failed.job, failed.error.code) == (question.question, Code.WORKER_DIED)
        client.run(ponder(steps=1))


def test_each_answer_says_its_edit_strength_and_seed(pondering: RunningServer):
    with pondering.client() as client:
        arrived = client.run(ponder(seed=4, steps=1, eta=(0.5, 0.75), variations=2))
    drawn = [(layer.result.eta, layer.result.seed) for layer in arrived.results]
    assert drawn == [(0.5, 4), (0.5, 5), (0.75, 4), (0.75, 5)]
