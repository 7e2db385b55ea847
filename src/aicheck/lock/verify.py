"""A lock or a BOM against the Hub as it is today."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from aicheck.core.component import Component
from aicheck.core.evidence import Gap
from aicheck.core.finding import Verdict
from aicheck.core.frozen import dataclass
from aicheck.core.target import HostedModel, HubDataset, HubModel, RegistryModel
from aicheck.errors import ConfigError
from aicheck.lock.blocks import key_of, requested_revisions
from aicheck.lock.drift import Change, commit_of, drift, stored
from aicheck.resolve import resolve_targets

if TYPE_CHECKING:
    from aicheck.core.reference import Reference
    from aicheck.lock.file import LockFile
    from aicheck.resolve import Sources

__all__ = ["Verified", "as_pinned", "components_of", "verify"]


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
    main: tuple[tuple[str, tuple[Change, ...]], ...] = ()
    """Of what the code pins: how the main branch differs today from the pinned state. It is not what runs."""
    main_counts: bool = False
    """Whether that is a change."""

    @property
    def verdict(self) -> Verdict:
        """FAIL where anything changed, INCONCLUSIVE where anything was not seen."""
        if self.changed or (self.main_counts and self.main):
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


def _question(component: Component) -> HubModel | HubDataset | None:
    """What the Hub is asked for a component: at the one revision that the code pins, else at its main branch."""
    target = component.target
    if isinstance(target, HubModel | HubDataset):
        requested = {text or None for text in component.revision.requested}
        return replace(target, revision=next(iter(requested)) if len(requested) == 1 else None)
    if isinstance(target, HostedModel | RegistryModel) and component.resolved_id is not None:
        return HubModel(component.resolved_id)
    return None


def as_pinned(components: Sequence[Component], references: Iterable[Reference]) -> tuple[Component, ...]:
    """Components of a lock with the revisions that the code asks for now, where they are what was locked.

    A pin that was written after the lock (`aicheck fix`) is no reason to lock anew: it is the locked commit.
    """
    groups: dict[str, list[Reference]] = {}
    for reference in references:
        groups.setdefault(key_of(reference.target), []).append(reference)
    found = []
    for component in components:
        asked = requested_revisions(groups.get(key_of(component.target), ()), component.target)
        held = key_of(component.target) in groups and isinstance(component.target, HubModel | HubDataset)
        if held and asked == {commit_of(component)}:
            found.append(replace(component, revision=replace(component.revision, requested=tuple(asked))))
        else:
            found.append(component)
    return tuple(found)


def _answers(questions: Iterable[HubModel | HubDataset | None], sources: Sources) -> dict[str, Component]:
    asked = {str(target).lower(): target for target in questions if target is not None}
    fresh = replace(sources, lock=None, locked=False, datasets=True)
    return {str(each.target).lower(): each for each in resolve_targets(list(asked.values()), fresh, merge=False)}


def verify(
    components: Sequence[Component],
    sources: Sources,
    ignore: frozenset[str] = frozenset(),
    *,
    main_counts: bool = False,
) -> Verified:
    """Compare components with what the Hub says now; `ignore` names kinds of change that are of no interest.

    What the code pins is compared at the pin, which is what runs, and with today's main branch besides.
    """
    questions = {each.ref: _question(each) for each in components}
    answers = _answers(questions.values(), sources)
    heads = _answers(
        [replace(each, revision=None) for each in questions.values() if each and each.revision is not None],
        sources,
    )
    main: list[tuple[str, tuple[Change, ...]]] = []
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
        head = heads.get(str(question).lower()) if question.revision is not None else None
        if head is not None:
            ahead, unanswered = drift(component, _comparable(component, head))
            ahead = tuple(each for each in ahead if each.kind not in ignore and each not in found)
            if ahead:
                main.append((name, ahead))
            gap = gap or unanswered
        if gap is not None:
            unseen.append((name, gap))
        if kept:
            changed.append((name, kept))
        elif gap is None:
            unchanged.append(name)
    return Verified(
        tuple(unchanged), tuple(changed), tuple(unseen), tuple(other), main=tuple(main), main_counts=main_counts
    )


def _comparable(before: Component, after: Component) -> Component:
    """The answer as if asked for in the code's own words: what the code asks for is not what is verified."""
    if isinstance(before.target, HubModel | HubDataset):
        return replace(after, revision=replace(after.revision, requested=before.revision.requested))
    # A served model shares terms and lineage with the weights behind it; who runs it is not on the Hub.
    return replace(after, developer=before.developer, hosting=before.hosting)
