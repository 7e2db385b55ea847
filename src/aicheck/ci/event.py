"""The event that started a GitHub workflow, read from `GITHUB_EVENT_PATH` and the default variables.

Everything in the event is somebody else's text: it is checked for its shape and never put into a shell.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from aicheck.core.frozen import dataclass
from aicheck.errors import ConfigError

__all__ = ["EVENTS", "Event", "read_event"]

EVENTS: Final = ("pull_request", "merge_group", "push", "schedule", "workflow_dispatch")
_SHA: Final = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?\Z")
_ZERO: Final = re.compile(r"0+\Z")
_MAX_EVENT: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class Event:
    """What the gate needs to know of an event; None = the event has no such thing."""

    name: str
    repository: str
    """`owner/name`."""
    head: str | None
    """Commit that the workflow runs on (`GITHUB_SHA`; for a pull request the test merge commit)."""
    base: str | None
    """Commit that the event names as the state before: base of the pull request, `merge_group.base_sha`,
    `before` of a push. Not yet looked up in the repository."""
    base_ref: str | None
    """Branch that the change goes to."""
    pull_request: int | None = None
    pull_head: str | None = None
    """Tip of the pull request's own branch."""
    fork: bool = False
    """The pull request comes from another repository: its token can write nothing."""
    forced: bool = False
    """A force push: `base` may be gone."""
    created: bool = False
    """The first push of a branch: there is no state before."""
    default_branch: str | None = None


def _dig(value: Any, *keys: str) -> Any:
    for key in keys:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def _sha(value: Any) -> str | None:
    if isinstance(value, str) and _SHA.match(value) and not _ZERO.match(value):
        return value
    return None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def read_event(environ: Mapping[str, str]) -> Event:
    """Read the event of this run.

    Raises `ConfigError` where the variables of GitHub Actions are missing, the event is unreadable, or it is
    one that the gate must not run on (`pull_request_target` would hand secrets to foreign code).
    """
    name = environ.get("GITHUB_EVENT_NAME", "")
    path = environ.get("GITHUB_EVENT_PATH", "")
    if not name or not path:
        raise ConfigError(
            "GITHUB_EVENT_NAME and GITHUB_EVENT_PATH are not set",
            hint="`aicheck ci github` runs inside GitHub Actions; elsewhere use `aicheck scan --base REF`",
        )
    if name == "pull_request_target":
        raise ConfigError(
            "refusing to run on pull_request_target, which gives foreign code the repository's secrets",
            hint="use `on: pull_request`",
        )
    if name not in EVENTS:
        raise ConfigError(f"event '{name}' is not supported", hint=f"use one of {', '.join(EVENTS)}")
    payload = _payload(path)
    repository = environ.get("GITHUB_REPOSITORY", "") or _text(_dig(payload, "repository", "full_name")) or ""
    common: dict[str, Any] = {
        "name": name,
        "repository": repository,
        "head": _sha(environ.get("GITHUB_SHA")),
        "default_branch": _text(_dig(payload, "repository", "default_branch")),
    }
    if name == "pull_request":
        return _pull_request(payload, common)
    if name == "merge_group":
        ref = _text(_dig(payload, "merge_group", "base_ref"))
        return Event(
            **common,
            base=_sha(_dig(payload, "merge_group", "base_sha")),
            base_ref=ref.removeprefix("refs/heads/") if ref else None,
        )
    if name == "push":
        ref = _text(payload.get("ref"))
        return Event(
            **common,
            base=_sha(payload.get("before")),
            base_ref=ref.removeprefix("refs/heads/") if ref else None,
            forced=payload.get("forced") is True,
            created=payload.get("created") is True or _sha(payload.get("before")) is None,
        )
    return Event(**common, base=None, base_ref=None)


def _payload(path: str) -> dict[str, Any]:
    try:
        with Path(path).open("rb") as file:
            data = file.read(_MAX_EVENT + 1)
        payload = json.loads(data) if len(data) <= _MAX_EVENT else None
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"the event cannot be read: {error}", path=path) from error
    if not isinstance(payload, dict):
        raise ConfigError("the event is not a JSON object", path=path)
    return payload


def _pull_request(payload: dict[str, Any], common: dict[str, Any]) -> Event:
    pull = payload.get("pull_request")
    number = _dig(pull, "number") or payload.get("number")
    base_repository = _text(_dig(pull, "base", "repo", "full_name"))
    head_repository = _text(_dig(pull, "head", "repo", "full_name"))
    return Event(
        **common,
        base=_sha(_dig(pull, "base", "sha")),
        base_ref=_text(_dig(pull, "base", "ref")),
        pull_request=number if isinstance(number, int) and not isinstance(number, bool) else None,
        pull_head=_sha(_dig(pull, "head", "sha")),
        # A deleted fork has no repository any more: treated as a fork, which may do less.
        fork=head_repository is None or head_repository != base_repository,
    )
