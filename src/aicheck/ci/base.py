"""Find the commit to compare with, in whatever the checkout left of the history."""

from __future__ import annotations

import subprocess
from pathlib import Path, PurePosixPath
from typing import Final

from aicheck.ci.event import Event
from aicheck.core.frozen import dataclass
from aicheck.discover.git import git_command, git_environment
from aicheck.errors import ConfigError

__all__ = ["Base", "find_base", "locate", "stands", "tree_differs"]

_TIMEOUT: Final = 60


@dataclass(frozen=True, slots=True)
class Base:
    """The state to compare with."""

    commit: str | None
    """None: there is none, and everything counts."""
    note: str
    """How it was found, or why there is none; one sentence for the summary."""


def _git(repository: Path, *arguments: str) -> str | None:
    """Run one plumbing command; None where git says no."""
    try:
        done = subprocess.run(
            git_command(repository, *arguments),
            env=git_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT,
            check=False,
        )
    except FileNotFoundError as error:
        raise ConfigError("git is not installed", hint="install git on the runner") from error
    except subprocess.TimeoutExpired:
        return None
    return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else None


def _has(repository: Path, commit: str) -> bool:
    return _git(repository, "cat-file", "-e", f"{commit}^{{commit}}") is not None


def _is_shallow(repository: Path) -> bool:
    return _git(repository, "rev-parse", "--is-shallow-repository") == "true"


def _missing(event: Event, depth: str, why: str) -> ConfigError:
    return ConfigError(
        f"the base of this {event.name.replace('_', ' ')} is not in the checkout: {why}",
        hint=f"set `fetch-depth: {depth}` on actions/checkout",
    )


def find_base(repository: Path, event: Event) -> Base:
    """Return the commit to compare with.

    Raises `ConfigError` naming the `fetch-depth` that is missing where the checkout is too shallow.
    """
    head = _git(repository, "rev-parse", "--verify", "HEAD^{commit}")
    if head is None:
        raise ConfigError(
            "not a git checkout", path=str(repository), hint="run actions/checkout before this action"
        )
    if event.name == "pull_request":
        return _of_pull_request(repository, event, head)
    if event.name == "merge_group":
        if event.base is None:
            raise ConfigError("the merge_group event names no base_sha")
        if not _has(repository, event.base):
            raise _missing(event, "0", f"commit {event.base[:12]} was not fetched")
        return Base(event.base, f"merge group base {event.base[:12]}")
    if event.name == "push":
        return _of_push(repository, event, head)
    return Base(None, f"{event.name} has no base: the whole tree is judged")


def _of_pull_request(repository: Path, event: Event, head: str) -> Base:
    parents = (_git(repository, "rev-list", "--parents", "-n", "1", "HEAD") or "").split()[1:]
    # actions/checkout lands on GitHub's test merge by default. Its first parent is the tip of the base branch
    # at the time of that merge: comparing with it shows what merging would bring, and nothing else.
    if len(parents) == 2 and event.pull_head in {None, parents[1]} and head != event.pull_head:  # noqa: PLR2004 - a merge
        if _has(repository, parents[0]):
            return Base(parents[0], f"base {parents[0][:12]} (first parent of the test merge)")
        raise _missing(event, "2", f"the parent {parents[0][:12]} of the test merge was not fetched")
    if not parents and _is_shallow(repository):
        # The boundary of a shallow clone hides the parents of the merge itself.
        raise _missing(event, "2", "the checkout has no history")
    if event.base is None:
        raise ConfigError("the pull_request event names no base.sha")
    if not _has(repository, event.base):
        raise _missing(event, "0", f"commit {event.base[:12]} was not fetched")
    merge_base = _git(repository, "merge-base", event.base, "HEAD")
    if merge_base:
        return Base(merge_base.split()[0], f"merge base {merge_base[:12]} with {event.base_ref or 'the base'}")
    if _is_shallow(repository):
        raise _missing(event, "0", "the merge base lies beyond the history that was fetched")
    return Base(event.base, f"base {event.base[:12]} (the histories are unrelated)")


def _of_push(repository: Path, event: Event, head: str) -> Base:
    if event.base is not None and not event.created and _has(repository, event.base):
        return Base(event.base, f"state before the push {event.base[:12]}")
    if event.base is not None and not event.created and not event.forced and _is_shallow(repository):
        raise _missing(event, "0", f"commit {event.base[:12]}, the state before the push, was not fetched")
    why = "the branch is new" if event.created else "a force push replaced the history"
    branch = event.default_branch
    if branch and branch != event.base_ref:
        tip = _git(repository, "rev-parse", "--verify", f"refs/remotes/origin/{branch}^{{commit}}")
        merge_base = _git(repository, "merge-base", tip, "HEAD") if tip else None
        if merge_base and merge_base != head:
            return Base(merge_base.split()[0], f"merge base {merge_base[:12]} with {branch}, since {why}")
    return Base(None, f"{why}: the whole tree is judged")


def locate(workspace: Path, paths: tuple[str, ...]) -> tuple[Path, tuple[str, ...]]:
    """Return the repository to judge and the paths in it.

    Usually that is the workspace itself. With `path:` on actions/checkout it lies below, and a workspace may
    itself lie inside a repository. Raises `ConfigError` where the paths are in several repositories.
    """
    if (workspace / ".git").exists():
        return workspace, paths
    found: set[Path] = set()
    for path in paths:
        place = workspace / path
        while place != workspace and not (place / ".git").exists():
            place = place.parent
        found.add(place)
    if len(found) > 1:
        raise ConfigError("input path: the paths are in several repositories", hint="use one step for each")
    (repository,) = found
    if repository != workspace:
        inner = [PurePosixPath(path).relative_to(repository.relative_to(workspace).as_posix()) for path in paths]
        return repository, tuple(str(path) for path in inner)
    for above in workspace.parents:
        if (above / ".git").exists():
            prefix = PurePosixPath(workspace.relative_to(above).as_posix())
            return above, tuple(str(prefix / path) for path in paths)
    return workspace, paths


def stands(repository: Path, commit: str, path: str) -> str | None:
    """Return what a path is in a commit: `tree`, `blob`, `commit` (a submodule), or None."""
    if path == ".":
        return "tree"
    listed = _git(repository, "ls-tree", "--full-tree", commit, "--", path)
    return listed.split()[1] if listed else None


def tree_differs(repository: Path, base: str, paths: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of the given paths whose content differs between `base` and HEAD (added, removed, changed)."""
    changed: list[str] = []
    for path in paths:
        before = _git(repository, "rev-parse", "--verify", "--quiet", f"{base}:{path}")
        after = _git(repository, "rev-parse", "--verify", "--quiet", f"HEAD:{path}")
        if before != after:
            changed.append(path)
    return tuple(changed)
