"""From references to components with facts; the only stage that may reach the network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from aicheck.core.component import Component
from aicheck.core.evidence import Gap, GapReason
from aicheck.core.reference import Inventory, Reference, reference_key
from aicheck.core.target import (
    Adapter,
    HostedModel,
    HubDataset,
    HubModel,
    RegistryModel,
    Target,
    WeightsFile,
    kind_of,
)
from aicheck.knowledge.catalog import open_catalog
from aicheck.knowledge.lineage import known_edges
from aicheck.resolve.component import Builder
from aicheck.resolve.environment import offline_by_environment
from aicheck.resolve.records import is_repo_id
from aicheck.resolve.stands import stands_for
from aicheck.resolve.store import LOCKABLE, Sources, Store

if TYPE_CHECKING:
    from aicheck.resolve.hub import Hub, HubSettings

__all__ = ["Hub", "HubSettings", "Sources", "open_sources", "resolve", "resolve_targets", "wanted_ids"]


def __getattr__(name: str) -> object:
    """Load the Hub client where somebody asks for it: a run without network needs none of it."""
    if name in {"Hub", "HubSettings"}:
        from aicheck.resolve import hub  # noqa: PLC0415 - see the docstring

        return getattr(hub, name)
    raise AttributeError(name)


def open_sources(*, offline: bool = False, today: str | None = None, cache: Path | None = None) -> Sources:
    """Open the embedded catalog and, unless `offline` or the environment forbids it, the Hub."""
    day = today or datetime.now(UTC).date().isoformat()
    quiet = offline or offline_by_environment()
    if quiet:
        return Sources(catalog=open_catalog(), today=day)
    from aicheck.resolve.hub import Hub, HubSettings  # noqa: PLC0415 - only a run with network needs it

    hub = Hub(HubSettings.from_environment(), cache=cache)
    return Sources(catalog=open_catalog(), hub=hub, offline=False, today=day)


def resolve(inventory: Inventory, sources: Sources, *, merge: bool = True) -> tuple[Component, ...]:
    """Return one component per target of the inventory, sorted by kind and ref; refs are unique.

    Targets that turn out to be one model (a rename) are one component, unless `merge` is False. Nothing that
    fails here ends the run: it is a gap of the one component that it concerns.
    """
    targets, groups = _grouped(inventory)
    return _resolve(targets, groups, sources, merge=merge)


def wanted_ids(inventory: Inventory, sources: Sources) -> tuple[tuple[str, str | None], ...]:
    """Return the (Hub id, revision) pairs that `resolve` starts from, to fetch those of many at once."""
    targets, groups = _grouped(inventory)
    return tuple(sorted(_wanted(targets, groups, Store(sources)), key=str))


def _grouped(inventory: Inventory) -> tuple[dict[str, Target], dict[str, tuple[Reference, ...]]]:
    """One target per component of the inventory, and the references of each in order."""
    groups: dict[str, list[Reference]] = {}
    targets: dict[str, Target] = {}
    for reference in inventory.references:
        key = _key(reference.target)
        groups.setdefault(key, []).append(reference)
        held = targets.setdefault(key, reference.target)
        if isinstance(held, HubModel) and held.revision is None and isinstance(reference.target, HubModel):
            targets[key] = reference.target
    return targets, {key: tuple(sorted(found, key=reference_key)) for key, found in groups.items()}


def resolve_targets(targets: Sequence[Target], sources: Sources, *, merge: bool = True) -> tuple[Component, ...]:
    """Return the components of targets that no code refers to, as `aicheck show` asks for them."""
    return _resolve({_key(target): target for target in targets}, {}, sources, merge=merge)


def _key(target: Target) -> str:
    # Ids on the Hub differ by case only where one of them is a misspelling: both are one component.
    return str(target).lower() if isinstance(target, HubModel) else str(target)


def _resolve(
    targets: Mapping[str, Target],
    groups: Mapping[str, tuple[Reference, ...]],
    sources: Sources,
    *,
    merge: bool = True,
) -> tuple[Component, ...]:
    store = Store(sources)
    found: list[Component] = []
    open_targets: dict[str, Target] = {}
    for key, target in targets.items():
        locked = sources.lock.component(target, groups.get(key, ())) if sources.lock is not None else None
        if locked is not None:
            found.append(locked)
        else:
            open_targets[key] = target
    builder = Builder(store)
    if sources.locked:
        found.extend(
            _not_locked(target, groups.get(key, ()), sources, store, builder)
            for key, target in open_targets.items()
        )
    else:
        store.load(dict(_wanted(open_targets, groups, store)))
        store.load_datasets(
            {
                target.repo_id: _one_revision(target, groups.get(key, ()))
                for key, target in open_targets.items()
                if isinstance(target, HubDataset)
            }
        )
        found.extend(builder.build(target, groups.get(key, ())) for key, target in open_targets.items())
    return _unique(found) if merge else tuple(found)


def _not_locked(
    target: Target, references: tuple[Reference, ...], sources: Sources, store: Store, builder: Builder
) -> Component:
    """Return what can be said of a target without asking any source: its name, and that the lock lacks it."""
    if kind_of(target) not in LOCKABLE:
        return builder.build(target, references)
    why = sources.lock.why_not(target, references) if sources.lock is not None else "there is no lock"
    gap = Gap(str(target), GapReason.NOT_LOCKED, why)
    if isinstance(target, HubModel):
        store.records[target.repo_id.lower()] = gap
    component = builder.build(target, references)
    others = tuple(each for each in component.gaps if each.reason not in {GapReason.OFFLINE, gap.reason})
    return replace(component, gaps=(gap, *others), answered_by=None, as_of=None)


def _wanted(
    targets: Mapping[str, Target], groups: Mapping[str, tuple[Reference, ...]], store: Store
) -> Iterable[tuple[str, str | None]]:
    """Yield the Hub ids to fetch, each with the one revision that all its references name, if any."""
    for key, target in targets.items():
        if isinstance(target, HubModel):
            yield target.repo_id, _one_revision(target, groups.get(key, ()))
        elif isinstance(target, HostedModel | RegistryModel):
            hub_id = stands_for(target).hub_id_text
            if hub_id is not None:
                yield hub_id, None
            else:
                for edge in known_edges(str(target)):
                    yield edge.parent, None
        elif isinstance(target, WeightsFile | Adapter):
            for reference in groups.get(key, ()):
                for name in ("base", "repo"):
                    for repo in (reference.attribute(name) or "").split(","):
                        if is_repo_id(repo.strip()):
                            yield repo.strip(), None
            sha256 = target.sha256 if isinstance(target, WeightsFile) else None
            if sha256 and store.catalog is not None:
                for repo, _ in store.catalog.by_sha256(sha256)[:1]:
                    yield repo, None


def _one_revision(target: HubModel | HubDataset, references: Sequence[Reference]) -> str | None:
    """The one revision that all references of a repository name; None where they name none, or several."""
    named = {reference.attribute("revision") or _revision(reference) for reference in references}
    if not references:
        named = {target.revision}
    return named.pop() if len(named) == 1 else None


def _revision(reference: Reference) -> str | None:
    return reference.target.revision if isinstance(reference.target, HubModel | HubDataset) else None


def _unique(components: Sequence[Component]) -> tuple[Component, ...]:
    """Sort, and merge components that turned out to be one model under two ids (a rename, a move)."""
    merged: dict[str, Component] = {}
    for component in sorted(
        components, key=lambda component: (component.kind.value, component.ref, str(component.target))
    ):
        held = merged.get(component.ref)
        if held is None:
            merged[component.ref] = component
            continue
        references = tuple(sorted({*held.references, *component.references}, key=reference_key))
        requested = tuple(sorted({*held.revision.requested, *component.revision.requested}))
        revision = replace(
            held.revision, requested=requested, pinned=held.revision.pinned and component.revision.pinned
        )
        merged[component.ref] = replace(
            held,
            references=references,
            revision=revision,
            gaps=tuple(dict.fromkeys((*held.gaps, *component.gaps))),
        )
    return tuple(merged.values())
