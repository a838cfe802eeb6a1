"""A GIMP with our plug-in in it, in a namespace of its own, and the server it talks to on this machine."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.hosts.host import Host, Outcome
from tools.install.hosts import Gimp
from tools.install.plugins import put_into_gimp

INSIDE = Path(__file__).parent / "inside"


@dataclass(frozen=True)
class Desk:
    """home: Overpaint's, where the server writes its connection file. profile: GIMP's own folder."""

    host: Host
    home: Path
    profile: Path

    @property
    def environment(self) -> dict[str, str]:
        return {"GIMP3_DIRECTORY": str(self.profile), "OVERPAINT_HOME": str(self.home)}

    def script(self, name: str, out: Path) -> list[str]:
        """GIMP's arguments for running ``inside/name.py``, which writes to ``out``."""
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(INSIDE, out)
        path = out / f"{name}.py"
        code = f"import sys; sys.path.insert(0, {str(out)!r}); exec(open({str(path)!r}).read())"
        return ["--batch-interpreter", "python-fu-eval", "-b", code]

    def console(
        self, name: str, out: Path, timeout: float, env: Mapping[str, str] | None = None, *, fonts: bool = False
    ) -> tuple[dict[str, Any], Outcome]:
        """Run ``inside/name.py`` in a GIMP without a window; returns its report and what was printed. ``fonts``: with
        them, for text layers, which takes longer to start."""
        quick = ["-d"] if fonts else ["-d", "-f"]
        command = ["gimp-console", "-i", *quick, *self.script(name, out), "--quit"]
        variables = {**self.environment, "OVERPAINT_TEST_OUT": str(out), **(env or {})}
        outcome = self.host.run(command, env=variables, timeout=timeout, check=False)
        report = out / "report.json"
        assert report.exists(), f"no report; exit {outcome.code}\n{outcome.output}"
        return json.loads(report.read_text()), outcome


def lay_out(host: Host, home: Path, name: str = "gimp") -> Desk:
    """A profile with the plug-in in it, as install.py puts it there."""
    profile = host.work / name
    profile.mkdir()
    put_into_gimp(Gimp(profile, "tests"), None, home)
    gtk = host.home / ".config" / "gtk-3.0"
    gtk.mkdir(parents=True, exist_ok=True)
    (gtk / "settings.ini").write_text("[Settings]\ngtk-cursor-blink=0\ngtk-enable-animations=0\n")  # so that it rests
    return Desk(host, home, profile)
