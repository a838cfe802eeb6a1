"""Fixtures that the methods' tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.models.runtime.residency import Models


@pytest.fixture
def nothing_learned(models: Models, tmp_path: Path) -> None:
    """The test's models have learned nothing of any picture yet."""
    models.learned = tmp_path / "learned"
