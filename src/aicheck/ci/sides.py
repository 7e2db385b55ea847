"""Scan the head and the base of a change with one policy and one set of facts, and compare."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aicheck.ci.base import Base
from aicheck.ci.inputs import Inputs
from aicheck.core.report import Report
from aicheck.discover.git import GitTree
from aicheck.settings import Settings

if TYPE_CHECKING:
    from aicheck.evaluate import Policy
    from aicheck.lock.file import LockFile
    from aicheck.scan import Clock

__all__ = ["scan_sides"]


def scan_sides(
    path: str,
    inputs: Inputs,
    base: Base,
    settings: Settings,
    policy: Policy,
    clock: Clock,
    *,
    own_lock: bool = False,
    lock: LockFile | None = None,
) -> Report:
    """Return the report of the head, compared with the base where there is one.

    `lock` is the base's; with `own_lock` that of the checkout counts instead.

    Both sides are read from git's object store, so that what a build left in the checkout is on neither. The
    sources are shared: a fact that changed upstream is on both sides, and so nobody's fault.
    """
    from aicheck.scan import compare, discovery_of, scan, sources_of

    sources = sources_of(settings, clock, root=inputs.workspace / path if own_lock else None)
    if not own_lock:
        sources = replace(sources, lock=lock)
    # In memory: both sides share most files, and nothing that outlives the run may say what a gate sees.
    discovery = replace(discovery_of(settings), cache=":memory:", compiled=None)
    project = inputs.workspace.name if path == "." else path
    fail_on = settings.fail_on
    if base.commit is None:
        return scan(inputs.workspace / path, project, policy, sources, clock, discovery, fail_on=fail_on)
    head_tree = GitTree(inputs.workspace, "HEAD", project, path)
    head = scan(head_tree, project, policy, sources, clock, discovery, fail_on=fail_on, version=head_tree.commit)
    base_tree = GitTree(inputs.workspace, base.commit, project, path)
    before = scan(base_tree, project, policy, sources, clock, discovery, fail_on=fail_on, version=base_tree.commit)
    return compare(head, before, base.commit[:12], fail_on=fail_on)
