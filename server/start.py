"""Starts the command line from wherever this file lies: ``python -I -X utf8 …/server/start.py serve``.

So nothing is imported from the current folder, nor from what a host's or a shell's environment names.
"""

import os
import sys


def main() -> None:
    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - nothing is imported that need not be
    sys.path[:] = [os.path.dirname(here), *(path for path in sys.path if path not in ("", here))]  # noqa: PTH120
    try:
        from server.cli import main as overpaint

        overpaint()
    except ImportError as error:
        sys.exit(f"Overpaint is not whole here ({error}). Run: python3 install.py install")
    except KeyboardInterrupt:  # before there was anything to cancel
        sys.exit(130)


if __name__ == "__main__":
    main()
