"""The parts of the GIMP plug-in that need no GIMP, imported as the plug-in itself imports them."""

from __future__ import annotations

import sys
from pathlib import Path

# At the end of the path: the Krita plugin has a package of the same name as our entry file.
sys.path.append(str(Path(__file__).parents[2] / "plugin_gimp" / "overpaint"))
