"""What one run of GIMP without a window left behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from server.client.translation import ENGLISH, use_language
from tests.hosts.gimp.desk import Desk
from tests.hosts.gimp.pixels import load


class Shown:
    """``report``: what each case found; its pictures lie in ``out``."""

    def __init__(self, out: Path, report: dict[str, Any], printed: str) -> None:
        self.out, self.report, self.printed = out, report, printed

    def case(self, name: str) -> dict[str, Any]:
        found = self.report[name]
        assert isinstance(found, dict), self.printed
        assert "traceback" not in found, found["traceback"]
        return found

    def pixels(self, found: dict[str, Any]) -> Any:
        return load(self.out, found)


def shown_by(desk: Desk, script: str) -> Shown:
    """Runs ``inside/script.py`` to its end."""
    use_language(ENGLISH)
    out = desk.host.work / script
    report, outcome = desk.console(script, out, timeout=1500)
    assert report.get("finished"), f"GIMP did not run to the end\n{outcome.output}"
    assert outcome.code == 0, outcome.output
    return Shown(out, report, outcome.output)
