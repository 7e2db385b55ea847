"""Where caches lie, and that a user without a home directory can do without."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from aicheck.knowledge.catalog import cache_dir
from aicheck.resolve.cache import Answer, AnswerCache
from aicheck.resolve.hub import HubSettings


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    cache_dir.cache_clear()
    yield
    cache_dir.cache_clear()


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    def expanduser(path: Path) -> Path:
        if str(path).startswith("~"):
            raise RuntimeError("Could not determine home directory.")
        return path

    monkeypatch.setattr(Path, "expanduser", expanduser)
    for name in ("AICHECK_CACHE_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("homeless")
def test_without_a_home_nothing_is_kept_and_nothing_fails() -> None:
    assert str(cache_dir()).startswith(os.devnull)
    cache = AnswerCache(cache_dir() / "hub.sqlite")
    cache.put("key", Answer(200, b"{}", None, "/api/models/a/b", 0.0))
    cache.flush()
    assert HubSettings.from_environment({}).token is None


def test_the_user_says_where(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AICHECK_CACHE_DIR", str(tmp_path))
    assert cache_dir() == tmp_path
