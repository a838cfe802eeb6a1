from __future__ import annotations

import os
import subprocess
import sys

from server.client import events
from tests.conftest import short_folder
from tests.running import CHECKOUT, PATIENCE, PONDERING, RunningServer

HEAVY = ("torch", "numpy", "cv2", "diffusers", "transformers", "PIL", "rich")


def test_the_gateway_needs_none_of_the_heavy_packages_to_answer():
    code = (
        "import sys, server.cli, server.gateway.serve\n"
        "from server.methods import registry\n"
        "registry.methods()\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_greeting_is_answered_with_what_a_menu_needs(server: RunningServer):
    with server.client() as client:
        welcome = client.session.welcome
    assert welcome is not None
    methods = {method.name: method for method in welcome.methods}
    assert methods["erase"].ready
    assert not methods["inpaint"].ready, "there is no model"
    assert welcome.limits.max_job_bytes > 0
    assert welcome.problem == ""


def test_the_device_is_named_once_the_worker_has_found_it(server: RunningServer):
    device = ""
    while not device:
        with server.client() as client:
            device = client.session.welcome.device
            client.session.wait(0.2)
    assert device == "CPU" or "GPU" in device or "NVIDIA" in device


def test_a_second_server_for_the_same_home_ends_with_a_sentence(server: RunningServer):
    variables = {**os.environ, "PYTHONPATH": str(CHECKOUT), "OVERPAINT_HOME": str(server.home)}
    second = subprocess.run(
        [sys.executable, "-m", "server.cli", "serve"], env=variables, capture_output=True, text=True, timeout=PATIENCE
    )
    assert second.returncode != 0
    assert "already runs" in second.stderr
    assert "Traceback" not in second.stderr
    with server.client() as client:
        assert client.session.welcome is not None


def test_nothing_is_known_of_a_job_that_never_was(server: RunningServer):
    with server.client() as client:
        client.session.attach("f" * 32)
        error = client.wait_for(events.EditFailed).error
    assert error.code.value == "unknown-job"


def test_over_tcp_the_keys_in_the_connection_file_let_this_user_in():
    with short_folder() as folder:
        running = RunningServer(folder, "--transport", "tcp", "--end-after", "60", environment=PONDERING)
        assert running.connection.data.startswith("tcp://127.0.0.1:")
        assert running.connection.client_secret
        with running.client() as client:
            assert client.jobs() == {}
        assert running.stop() == 0
