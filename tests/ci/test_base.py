"""Finding the base in real checkouts: deep, shallow, forked, forced, new."""

from __future__ import annotations

from pathlib import Path

import pytest

from aicheck.ci.base import find_base, tree_differs
from aicheck.ci.event import Event
from aicheck.errors import ConfigError
from tests.ci.gitrepo import Repository


def event(name: str, **values: object) -> Event:
    fields: dict[str, object] = {
        "name": name, "repository": "acme/service", "head": None, "base": None, "base_ref": "main",
        "default_branch": "main",
    }  # fmt: skip
    return Event(**(fields | values))  # type: ignore[arg-type]


@pytest.fixture
def upstream(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path / "upstream")
    repository.commit({"a.txt": "1"})
    repository.branch("feature")
    repository.commit({"b.txt": "1"})
    repository.checkout("main")
    repository.commit({"c.txt": "1"})
    return repository


def test_the_test_merge_is_compared_with_its_first_parent(upstream: Repository) -> None:
    tip = upstream.git("rev-parse", "main")
    upstream.branch("merge")
    upstream.merge("feature")
    base = find_base(
        upstream.path, event("pull_request", base="b" * 40, pull_head=upstream.git("rev-parse", "feature"))
    )
    assert base.commit == tip


def test_a_checkout_of_the_branch_itself_is_compared_with_the_merge_base(upstream: Repository) -> None:
    root = upstream.git("rev-list", "--max-parents=0", "main")
    upstream.checkout("feature")
    head = upstream.git("rev-parse", "feature")
    base = find_base(upstream.path, event("pull_request", base=upstream.git("rev-parse", "main"), pull_head=head))
    assert base.commit == root


def test_a_branch_that_ends_in_a_merge_is_not_taken_for_the_test_merge(upstream: Repository) -> None:
    upstream.checkout("feature")
    upstream.merge("main")
    head = upstream.commit({"d.txt": "1"})
    main = upstream.git("rev-parse", "main")
    assert find_base(upstream.path, event("pull_request", base=main, pull_head=head)).commit == main


@pytest.mark.parametrize(("depth", "message"), [("1", "fetch-depth: 2")])
def test_shallow_test_merge_says_which_depth_is_missing(
    upstream: Repository, tmp_path: Path, depth: str, message: str
) -> None:
    upstream.branch("merge")
    upstream.merge("feature")
    clone = upstream.clone(tmp_path / "clone", "--depth", depth, "--branch", "merge")
    found = event(
        "pull_request", base=upstream.git("rev-parse", "main"), pull_head=upstream.git("rev-parse", "feature")
    )
    with pytest.raises(ConfigError, match=message):
        find_base(clone.path, found)
    deeper = upstream.clone(tmp_path / "deeper", "--depth", "2", "--branch", "merge")
    assert find_base(deeper.path, found).commit == upstream.git("rev-parse", "main")


def test_shallow_branch_needs_the_whole_history(upstream: Repository, tmp_path: Path) -> None:
    upstream.checkout("feature")
    upstream.commit({"e.txt": "1"})
    clone = upstream.clone(tmp_path / "clone", "--depth", "2", "--branch", "feature")
    head = clone.git("rev-parse", "HEAD")
    with pytest.raises(ConfigError, match="fetch-depth: 0"):
        find_base(clone.path, event("pull_request", base=upstream.git("rev-parse", "main"), pull_head=head))


def test_merge_group(upstream: Repository, tmp_path: Path) -> None:
    base = upstream.git("rev-parse", "main")
    upstream.commit({"x": "1"})
    assert find_base(upstream.path, event("merge_group", base=base)).commit == base
    clone = upstream.clone(tmp_path / "clone", "--depth", "1")
    with pytest.raises(ConfigError, match="fetch-depth: 0"):
        find_base(clone.path, event("merge_group", base=base))


def test_push(upstream: Repository, tmp_path: Path) -> None:
    before = upstream.git("rev-parse", "main")
    upstream.commit({"x": "1"})
    assert find_base(upstream.path, event("push", base=before)).commit == before
    clone = upstream.clone(tmp_path / "clone", "--depth", "1")
    with pytest.raises(ConfigError, match="fetch-depth: 0"):
        find_base(clone.path, event("push", base=before))


def test_first_push_of_a_branch_is_compared_with_the_default_branch(upstream: Repository, tmp_path: Path) -> None:
    clone = upstream.clone(tmp_path / "clone")
    clone.git("checkout", "-q", "-b", "new", "origin/feature")
    base = find_base(clone.path, event("push", base=None, base_ref="new", created=True))
    assert base.commit == upstream.git("rev-list", "--max-parents=0", "main")
    assert "new" in base.note


def test_first_push_of_a_repository_judges_everything(upstream: Repository) -> None:
    base = find_base(upstream.path, event("push", base=None, created=True))
    assert base.commit is None
    assert "whole tree" in base.note


def test_force_push_without_the_old_commit(upstream: Repository, tmp_path: Path) -> None:
    clone = upstream.clone(tmp_path / "clone")
    base = find_base(clone.path, event("push", base="d" * 40, base_ref="main", forced=True))
    assert base.commit is None
    assert "force push" in base.note


@pytest.mark.parametrize("name", ["schedule", "workflow_dispatch"])
def test_no_base(upstream: Repository, name: str) -> None:
    assert find_base(upstream.path, event(name)).commit is None


def test_not_a_checkout(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="actions/checkout"):
        find_base(tmp_path, event("push", base="d" * 40))


def test_a_hostile_git_configuration_runs_nothing(upstream: Repository, tmp_path: Path) -> None:
    trap = tmp_path / "ran"
    script = tmp_path / "trap.sh"
    script.write_text(f"#!/bin/sh\ntouch '{trap}'\n")
    script.chmod(0o755)
    for key in ("core.fsmonitor", "core.sshCommand", "core.pager", "core.alternateRefsCommand", "diff.external"):
        upstream.git("config", key, str(script))
    before = upstream.git("rev-parse", "main~1")
    assert find_base(upstream.path, event("push", base=before)).commit == before
    assert tree_differs(upstream.path, before, ("a.txt", "c.txt", "nowhere")) == ("c.txt",)
    assert not trap.exists()
