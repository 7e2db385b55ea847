from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from hub.server import FakeHub, serve


@pytest.fixture
def fake_hub() -> Iterator[FakeHub]:
    with serve(FakeHub()) as hub:
        yield hub
