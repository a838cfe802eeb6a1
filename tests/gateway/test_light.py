"""What needs no model does not wait behind a method that learns."""

from __future__ import annotations

import psutil

from server.client import events
from server.methods import registry
from server.models.store.card import Card
from server.wire.recipe import Recipe
from server.workers import link
from tests.running import RunningServer, submission


def light_processes(server: RunningServer) -> list[int]:
    return [pid for pid in server.worker_pids() if link.LIGHT in psutil.Process(pid).cmdline()]


def test_an_erase_is_answered_while_another_edit_learns(own_server: RunningServer):
    with own_server.client("learner") as learner, own_server.client("eraser") as eraser:
        long = submission("ponder", steps=500)
        learner.start(long)
        learner.wait_for(events.Progressed, job=long.job)
        assert eraser.run(submission("erase")).results
        assert light_processes(own_server)
        assert "torch" not in "".join(map_ for pid in light_processes(own_server) for map_ in libraries(pid))
        learner.session.cancel(long.job)
        learner.wait_for(events.Cancelled, job=long.job)


def libraries(pid: int) -> list[str]:
    return [one.path for one in psutil.Process(pid).memory_maps()]


def test_an_erase_that_waits_beside_another_is_cancelled_and_its_worker_dies_like_any(own_server: RunningServer):
    with own_server.client() as client:
        long = submission("ponder", steps=500)
        client.start(long)
        client.wait_for(events.Progressed, job=long.job)
        erase = submission("erase", 700, 700)
        client.start(erase)
        client.wait_for(events.Progressed, job=erase.job)
        psutil.Process(light_processes(own_server)[0]).kill()
        assert client.wait_for(events.Arrived, job=erase.job).results
        another = submission("erase", 720, 720)  # the first one's answer is remembered
        client.start(another)
        client.wait_for(events.Progressed, job=another.job)
        client.session.cancel(another.job)
        client.wait_for(events.Cancelled, job=another.job)


def test_where_nothing_is_busy_no_second_process_is_started(own_server: RunningServer):
    with own_server.client() as client:
        client.run(submission("erase"))
    assert not light_processes(own_server)


def test_which_methods_are_light_follows_from_what_they_need():
    light = {entry.name for entry in registry.methods() if entry.light}
    pointing = {"background", "click", "shadow", "snap", "subject"}
    assert light == {"erase", "expand", "heal", "lift", *pointing}


def test_what_is_better_with_a_model_takes_the_one_that_is_installed_and_is_light_where_none_is():
    card = Card("hair", "Hair", "vitmatte", "", "", 0.0, "tests", kind="base")
    assert registry.model_for(Recipe("lift"), ()) == ""
    assert registry.model_for(Recipe("lift"), (card,)) == "hair"
    assert registry.model_for(Recipe("lift", model="other"), (card,)) == "other"
    assert registry.model_for(Recipe("erase", model="lama"), (card,)) == ""  # it is run without torch
