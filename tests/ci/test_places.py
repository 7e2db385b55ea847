"""Where the repository lies, and what a path is in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from aicheck.ci.base import locate, stands
from aicheck.errors import ConfigError
from tests.ci.gitrepo import Repository


def test_the_workspace_itself(tmp_path: Path) -> None:
    Repository(tmp_path)
    assert locate(tmp_path, (".", "a/b")) == (tmp_path, (".", "a/b"))


def test_a_checkout_below_the_workspace(tmp_path: Path) -> None:
    Repository(tmp_path / "src" / "service")
    assert locate(tmp_path, ("src/service",)) == (tmp_path / "src/service", (".",))
    assert locate(tmp_path, ("src/service/a", "src/service/b")) == (tmp_path / "src/service", ("a", "b"))


def test_a_workspace_inside_a_repository(tmp_path: Path) -> None:
    Repository(tmp_path)
    (tmp_path / "a").mkdir()
    assert locate(tmp_path / "a", (".", "b")) == (tmp_path, ("a", "a/b"))


def test_paths_in_two_checkouts_are_refused(tmp_path: Path) -> None:
    Repository(tmp_path / "one")
    Repository(tmp_path / "two")
    with pytest.raises(ConfigError, match="several repositories"):
        locate(tmp_path, ("one", "two"))


def test_what_a_path_is(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    repository.commit({"a/b.txt": "x", "a b/$(c).txt": "x", "--help": "x"})
    assert [stands(tmp_path, "HEAD", path) for path in (".", "a", "a/b.txt", "a b", "nowhere", "--help")] == [
        "tree", "tree", "blob", "tree", None, "blob",
    ]  # fmt: skip
