"""Runs inside GIMP: answers of every kind are asked for, and GIMP ends before they come."""

import os
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(os.environ["GIMP3_DIRECTORY"]) / "plug-ins/overpaint"))
from server.client import bootstrap

bootstrap.prepare(Path(sys.path[0]))

from easel import new_image, report, save  # noqa: E402
from pending import PendingSelections  # noqa: E402
from request import Origin, order  # noqa: E402
from settings import Kind, recipe  # noqa: E402

from server.client.blocking import Client  # noqa: E402
from server.client.combining import Combining  # noqa: E402
from server.client.reading import Reading  # noqa: E402
from server.wire.messages import JobState  # noqa: E402
from server.wire.paths import Home  # noqa: E402

image, layer = new_image(96, 80)
with Client("gimp", Home.of_user()) as client:
    offers = client.hello().methods
    asked = ((Kind.SELECT, "found"), (Kind.ENLARGE, "doubled"), (Kind.EXPAND, "stretched"), (Kind.CREATE, "scraps"))
    for kind, method in asked:
        source = Origin(kind, image, [layer]).source(Reading.LAYER, method, offers)
        given = recipe({"method": method, "seed": 77, "prompt": "two scraps" if kind is Kind.CREATE else ""})
        request = replace(order(kind, source, given, offers).request, keep=True)
        if kind is Kind.SELECT:  # as task.edit does before it waits
            PendingSelections(client.home.clients).add(request.job, Combining.SUBTRACT)
        client.link.start(request)
        while any(job.state is JobState.UPLOADING for job in client.jobs()):
            pass
report["left"] = True
save()
