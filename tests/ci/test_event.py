"""Events as GitHub sends them, and as a stranger might forge them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicheck.ci.event import EVENTS, Event, read_event
from aicheck.errors import ConfigError

A, B, C = "a" * 40, "b" * 40, "c" * 40


def read(tmp_path: Path, name: str, payload: Any, sha: str = A) -> Event:
    path = tmp_path / "event.json"
    path.write_text(payload if isinstance(payload, str) else json.dumps(payload))
    return read_event(
        {
            "GITHUB_EVENT_NAME": name,
            "GITHUB_EVENT_PATH": str(path),
            "GITHUB_SHA": sha,
            "GITHUB_REPOSITORY": "acme/service",
        }
    )


def pull(head_repository: str | None = "acme/service") -> dict[str, Any]:
    return {
        "number": 7,
        "pull_request": {
            "number": 7,
            "base": {"sha": B, "ref": "main", "repo": {"full_name": "acme/service"}},
            "head": {"sha": C, "repo": {"full_name": head_repository} if head_repository else None},
        },
        "repository": {"full_name": "acme/service", "default_branch": "main"},
    }


def test_pull_request(tmp_path: Path) -> None:
    event = read(tmp_path, "pull_request", pull())
    assert (event.base, event.pull_head, event.pull_request, event.base_ref) == (B, C, 7, "main")
    assert event.head == A
    assert not event.fork


@pytest.mark.parametrize("head", ["stranger/service", None])
def test_forks_and_deleted_forks_are_forks(tmp_path: Path, head: str | None) -> None:
    assert read(tmp_path, "pull_request", pull(head)).fork


def test_merge_group(tmp_path: Path) -> None:
    event = read(tmp_path, "merge_group", {"merge_group": {"base_sha": B, "base_ref": "refs/heads/main"}})
    assert (event.base, event.base_ref) == (B, "main")


def test_push(tmp_path: Path) -> None:
    event = read(tmp_path, "push", {"ref": "refs/heads/dev", "before": B, "forced": True})
    assert (event.base, event.base_ref, event.forced, event.created) == (B, "dev", True, False)
    first = read(tmp_path, "push", {"ref": "refs/heads/dev", "before": "0" * 40})
    assert first.created
    assert first.base is None


@pytest.mark.parametrize("name", ["schedule", "workflow_dispatch"])
def test_events_without_a_base(tmp_path: Path, name: str) -> None:
    assert read(tmp_path, name, {}).base is None


def test_pull_request_target_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="refusing"):
        read(tmp_path, "pull_request_target", pull())


def test_other_events_and_other_places(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not supported"):
        read(tmp_path, "issue_comment", {})
    with pytest.raises(ConfigError, match="aicheck scan --base"):
        read_event({})


@pytest.mark.parametrize("payload", ["", "[]", "{", "null", "[" * 100_000])
def test_unreadable_events(tmp_path: Path, payload: str) -> None:
    with pytest.raises(ConfigError):
        read(tmp_path, "push", payload)


@pytest.mark.parametrize("sha", ["$(id)", "a" * 39, "A" * 40, "a" * 40 + "\n", "--upload-pack=id"])
def test_what_is_not_a_commit_is_dropped(tmp_path: Path, sha: str) -> None:
    event = read(tmp_path, "pull_request", {"pull_request": {"base": {"sha": sha}}}, sha=sha)
    assert event.base is None
    assert event.head is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["pull_request", "merge_group", "base", "head", "sha", "ref", "repo", "before", "number"]
            ),
            inner,
        )
    ),
    max_leaves=20,
)


@given(
    name=st.sampled_from(EVENTS),
    payload=st.dictionaries(
        st.sampled_from(
            ["pull_request", "merge_group", "before", "ref", "forced", "created", "repository", "number"]
        ),
        json_values,
    ),
)
def test_forged_events_never_crash(tmp_path_factory: pytest.TempPathFactory, name: str, payload: Any) -> None:
    event = read(tmp_path_factory.mktemp("event"), name, payload)
    assert event.base is None or len(event.base) in {40, 64}
    assert event.pull_request is None or isinstance(event.pull_request, int)
