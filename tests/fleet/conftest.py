"""Fixtures of the fleet tests."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _importable_in_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where threads run, workers are fresh processes, which find the functions of the tests by the path alone."""
    monkeypatch.syspath_prepend(Path(__file__).parents[2])
