"""A lock or a BOM against the Hub as it is today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aicheck.core.component import Component
from aicheck.core.evidence import Gap
from aicheck.core.finding import Verdict
from aicheck.core.target import HostedModel, HubModel, RegistryModel
from aicheck.errors import ConfigError
from aicheck.lock.drift import Change, drift, stored
from aicheck.resolve import resolve_targets

if TYPE_CHECKING:
    from aicheck.lock.file import LockFile
    from aicheck.resolve import Sources

__all__ = ["Verified", "components_of", "verify"]


@dataclass(frozen=True, slots=True)
class Verified:
    """The outcome of one comparison."""

    unchanged: tuple[str, ...]
    """Canonical spellings of the targets that are what they were."""
    changed: tuple[tuple[str, tuple[Change, ...]], ...]
    unseen: tuple[tuple[str, Gap], ...]
    """Could not be compared now."""
    other: tuple[str, ...]
    """Not on the Hub: nothing to compare."""

    @property
    def verdict(self) -> Verdict:
        """FAIL where anything changed, INCONCLUSIVE where anything was not seen."""
        if self.changed:
            return Verdict.FAIL
        return Verdict.INCONCLUSIVE if self.unseen else Verdict.PASS


def components_of(lock: LockFile) -> tuple[Component, ...]:
    """Every component of a lock as it was when it was locked. Raises `ConfigError` where one is damaged."""
    found = []
    for name, block in lock.blocks.items():
        try:
            found.append(stored(block))
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise ConfigError(
                f"damaged lock: {type(error).__name__}: {error}", path=lock.path, line=lock.line(name), key=name
            ) from error
    return tuple(found)


def _question(component: Component) -> HubModel | None:
    """What the Hub is asked for a component: at the one revision that the code pins, else at its main branch."""
    target = component.target
    if isinstance(target, HubModel):
        requested = {text or None for text in component.revision.requested}
        return replace(target, revision=next(iter(requested)) if len(requested) == 1 else None)
    if isinstance(target, HostedModel | RegistryModel) and component.resolved_id is not None:
        return HubModel(component.resolved_id)
    return None


def verify(components: Sequence[Component], sources: Sources, ignore: frozenset[str] = frozenset()) -> Verified:
    """Compare components with what the Hub says now; `ignore` names kinds of change that are of no interest."""
    questions = {each.ref: _question(each) for each in components}
    asked = {str(target): target for target in questions.values() if target is not None}
    answers = {
        str(each.target): each
        for each in resolve_targets(list(asked.values()), replace(sources, lock=None, locked=False), merge=False)
    }
    unchanged: list[str] = []
    changed: list[tuple[str, tuple[Change, ...]]] = []
    unseen: list[tuple[str, Gap]] = []
    other: list[str] = []
    for component in sorted(components, key=lambda each: str(each.target)):
        name = str(component.target)
        question = questions[component.ref]
        if question is None:
            other.append(name)
            continue
        found, gap = drift(component, _comparable(component, answers[str(question).lower()]))
        kept = tuple(change for change in found if change.kind not in ignore)
        if gap is not None:
            unseen.append((name, gap))
        if kept:
            changed.append((name, kept))
        elif gap is None:
            unchanged.append(name)
    return Verified(tuple(unchanged), tuple(changed), tuple(unseen), tuple(other))


def _comparable(before: Component, after: Component) -> Component:
    """The answer as if asked for in the code's own words: what the code asks for is not what is verified."""
    if isinstance(before.target, HubModel):
        return replace(after, revision=replace(after.revision, requested=before.revision.requested))
    # A served model shares terms and lineage with the weights behind it; who runs it is not on the Hub.
    return replace(after, developer=before.developer, hosting=before.hosting)
