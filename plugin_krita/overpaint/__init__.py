"""Overpaint for Krita. Tools ▸ Overpaint and a docker for people, ``overpaint.api`` for scripts."""

from __future__ import annotations

from pathlib import Path

from .server.client.bootstrap import prepare

prepare(Path(__file__).parent)

from . import actions, canvas, docker  # noqa: E402  # zmq is importable only now
from .qt import QLocale  # noqa: E402
from .server.client.translation import use_language  # noqa: E402

use_language(QLocale().name())
canvas.add_extension(actions.OverpaintActions)
canvas.add_docker(docker.OverpaintDocker)
