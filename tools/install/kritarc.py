"""The one line of kritarc that switches our plugin on; everything else in the file stays as it is."""

from __future__ import annotations

from pathlib import Path

SECTION = "[python]"
KEY = "enable_overpaint"


def enable(config: Path) -> None:
    """Set ``enable_overpaint=true``, in place where it stands, else under ``[python]``."""
    lines = without(read(config))
    if SECTION not in lines:
        lines += ([""] if lines and lines[-1] else []) + [SECTION]
    lines.insert(lines.index(SECTION) + 1, f"{KEY}=true")
    write(config, lines)


def disable(config: Path) -> None:
    """Take our line out again, and the section when nothing else is in it."""
    if not config.exists():
        return
    lines = without(read(config))
    if SECTION in lines:
        start = lines.index(SECTION)
        if start + 1 == len(lines) or not lines[start + 1].strip() or lines[start + 1].startswith("["):
            del lines[start]
    while lines and not lines[-1]:
        lines.pop()
    if lines:
        write(config, lines)
    else:
        config.unlink()


def enabled(config: Path) -> bool:
    return f"{KEY}=true" in read(config)


def without(lines: list[str]) -> list[str]:
    return [line for line in lines if not line.startswith(f"{KEY}=")]


def read(config: Path) -> list[str]:
    return config.read_text(encoding="utf-8").splitlines() if config.exists() else []


def write(config: Path, lines: list[str]) -> None:
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
