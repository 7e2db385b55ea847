"""Making and refreshing a lock: what is locked stays as it is until it is asked to change."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from aicheck.core.component import Component
from aicheck.core.evidence import Gap, GapReason
from aicheck.core.frozen import dataclass
from aicheck.core.reference import Inventory, Reference
from aicheck.core.target import Target, kind_of
from aicheck.lock.blocks import LOCKABLE, covers, key_of, make_block, settled
from aicheck.lock.evidence import evidence_of
from aicheck.resolve import resolve

if TYPE_CHECKING:
    from aicheck.lock.file import LockFile
    from aicheck.resolve import Sources

__all__ = ["Locked", "lock_inventory", "update_lock"]

_NO_ANSWER: Final = frozenset(
    {GapReason.RATE_LIMITED, GapReason.UNREACHABLE, GapReason.OFFLINE, GapReason.INVALID_ANSWER}
)


@dataclass(frozen=True, slots=True)
class Locked:
    """The outcome: the blocks to write, and what became of each."""

    blocks: Mapping[str, Mapping[str, Any]]
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    failed: tuple[Gap, ...] = ()
    """Not locked, or not refreshed: the sources did not answer for them now."""


def _groups(inventory: Inventory) -> dict[str, tuple[Target, tuple[Reference, ...]]]:
    found: dict[str, list[Reference]] = {}
    for reference in inventory.references:
        if kind_of(reference.target) in LOCKABLE:
            found.setdefault(key_of(reference.target), []).append(reference)
    return {key: (listed[0].target, tuple(listed)) for key, listed in found.items()}


def _failure(component: Component) -> Gap | None:
    own = str(component.target)
    return next((gap for gap in component.gaps if gap.subject == own and gap.reason in _NO_ANSWER), None)


def lock_inventory(inventory: Inventory, sources: Sources, old: LockFile | None = None) -> Locked:
    """Lock what is not yet locked; drop what the code no longer names; touch nothing else."""
    return update_lock(inventory, sources, old, ())


def update_lock(
    inventory: Inventory,
    sources: Sources,
    old: LockFile | None,
    refresh: Collection[str] | None = None,
    *,
    redate: bool = False,
) -> Locked:
    """Lock with the given keys (`key_of`) looked up anew; None = all of them.

    What did not change keeps the date on which it was first seen so, unless `redate` is set. What the sources
    cannot answer for now keeps its block, where it has one that fits the code.
    """
    groups = _groups(inventory)
    blocks: dict[str, Mapping[str, Any]] = {}
    kept: list[str] = []
    todo: set[str] = set()
    for key, (target, references) in groups.items():
        block = old.block(target) if old is not None else None
        fits = block is not None and covers(block, target, references, evidence_of(target, references)) is None
        wanted = refresh is None or key in refresh
        if block is None or not fits or wanted or block.get("answered_by") is None:
            todo.add(key)
        else:
            blocks[_name(old, target)] = block
            kept.append(str(target))
    part = replace(
        inventory,
        references=tuple(one for one in inventory.references if key_of(one.target) in todo),
    )
    added: list[str] = []
    changed: list[str] = []
    failed: list[Gap] = []
    for component in resolve(part, replace(sources, lock=None, locked=False, datasets=True), merge=False):
        target, references = groups[key_of(component.target)]
        before = old.block(target) if old is not None else None
        failure = _failure(component)
        if failure is not None:
            failed.append(failure)
            fits = (
                before is not None and covers(before, target, references, evidence_of(target, references)) is None
            )
            if before is not None and fits:
                blocks[_name(old, target)] = before
            continue
        fresh = make_block(component, evidence_of(target, references))
        block = fresh if redate else settled(fresh, before)
        name = str(component.target)
        blocks[name] = block
        if before is None:
            added.append(name)
        elif block != before:
            changed.append(name)
        else:
            kept.append(name)
    now = {key_of(target) for target, _ in groups.values()}
    removed = [] if old is None else [name for name in old.blocks if _fold(old, name) not in now]
    return Locked(
        blocks,
        tuple(sorted(added)),
        tuple(sorted(changed)),
        tuple(sorted(removed)),
        tuple(sorted(kept)),
        tuple(sorted(failed, key=lambda gap: (gap.subject, gap.reason))),
    )


def _fold(old: LockFile, name: str) -> str:
    return name.lower() if old.blocks[name].get("kind") == "model" else name


def _name(old: LockFile | None, target: Target) -> str:
    assert old is not None
    key = key_of(target)
    return next((name for name in old.blocks if _fold(old, name) == key), str(target))
