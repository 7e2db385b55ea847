"""Evaluate: facts and a policy in, findings and a verdict out. Pure: no clock, no network, no files.

FAIL beats INCONCLUSIVE beats PASS. A finding decides the verdict only where its rule stands at a level that
fails (`fail_on`) and no waiver covers it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from aicheck.core.component import Component
from aicheck.core.evidence import Gap
from aicheck.core.finding import Finding, Level, PolicyInfo, Status, Verdict, WaiverNote
from aicheck.core.frozen import dataclass
from aicheck.core.reference import Inventory, Occurrence, Reference, Use
from aicheck.core.target import Kind
from aicheck.evaluate.policy import Applies, Policy, RuleUse
from aicheck.evaluate.rule import Answer, Context
from aicheck.evaluate.values import glob_any
from aicheck.evaluate.waivers import Waivers, check_waivers

__all__ = ["Evaluation", "evaluate"]

_RANK: Final = {Level.ERROR: 0, Level.WARNING: 1, Level.NOTE: 2}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The answer of one evaluation."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    """Sorted by level, rule, subject, first occurrence; one for each rule, component, file and spelling there."""
    waivers: tuple[WaiverNote, ...]
    info: PolicyInfo


def _selected(component: Component, applies: Applies) -> tuple[Reference, ...] | None:
    """The references that a rule is about; None where the component is not meant at all."""
    references = component.references
    if not references:
        return references  # asked about directly (`aicheck show`), not seen anywhere
    excluded = applies.excluded
    chosen = tuple(r for r in references if r.occurrence.use not in excluded)
    if chosen == references and applies.everywhere:
        return references
    if not applies.everywhere:
        chosen = tuple(
            r
            for r in chosen
            if (not applies.paths or glob_any(applies.paths, (r.occurrence.path,)))
            and not glob_any(applies.exclude_paths, (r.occurrence.path,))
        )
    return chosen or None


def _effect(use: RuleUse, *, certain: bool, fail_on: Level) -> tuple[Level, Verdict]:
    """The level that a finding is shown at, and what it makes of the verdict."""
    failing = _RANK[use.level] <= _RANK[fail_on]
    if certain or use.on_unknown == "fail":
        return use.level, Verdict.FAIL if failing else Verdict.PASS
    if use.on_unknown == "inconclusive":
        return use.level, Verdict.INCONCLUSIVE if failing else Verdict.PASS
    return max(use.level, Level.WARNING, key=_RANK.__getitem__), Verdict.PASS


def _fingerprint(rule: str, status: Status, component: str, path: str, raw: str) -> str:
    text = f"{rule}\0{status.value}\0{component}\0{path}\0{raw}"
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _without_revision(component: Component) -> str:
    """The identity of a component that stays when its revision or its facts change."""
    return str(component.target)


def _grouped(places: Iterable[Occurrence]) -> Iterator[tuple[Occurrence, ...]]:
    """Places by file and spelling, so that a place that goes or comes changes no other finding."""
    groups: dict[tuple[str, str], list[Occurrence]] = {}
    for place in places:
        groups.setdefault((place.path, place.raw), []).append(place)
    for group in groups.values():
        yield tuple(sorted(group, key=lambda place: (place.line, place.column)))


class _Run:
    """One evaluation."""

    def __init__(self, policy: Policy, inventory: Inventory, today: dt.date, fail_on: Level) -> None:
        self.policy = policy
        self.inventory = inventory
        self.fail_on = fail_on
        self.waivers = Waivers(policy, today)
        self.base = Context(today, policy.organisation, inventory)
        self.verdict = Verdict.PASS
        self.findings: list[Finding] = []
        groups: dict[object, int] = {}
        grouped = [(use, groups.setdefault(use.applies.places_key, len(groups))) for use in policy.uses]
        # By kind once: the hash of an enum's member is a call into Python.
        self.by_kind = {kind: [pair for pair in grouped if kind in pair[0].applies.kinds] for kind in Kind}

    def component(self, component: Component) -> None:
        """Ask every rule about one component."""
        contexts: dict[int, Context | None] = {}
        for use, group in self.by_kind[component.kind]:
            if group in contexts:
                context = contexts[group]
            else:
                references = _selected(component, use.applies)
                base = self.base
                context = (
                    None
                    if references is None
                    else Context(base.today, base.organisation, base.inventory, references)
                )
                contexts[group] = context
            if context is None:
                continue
            for answer in use.rule.check(component, use.options, context):
                self.answered(use, answer, component, context.references)

    def answered(
        self, use: RuleUse, answer: Answer, component: Component, references: Sequence[Reference]
    ) -> None:
        """Turn an answer about a component into findings."""
        if not answer.known and use.on_unknown == "ignore":
            return
        places = answer.places if answer.places is not None else tuple(r.occurrence for r in references)
        identity = _without_revision(component)
        for group in list(_grouped(places)) or [()]:
            first = group[0] if group else None
            path, raw = (first.path, first.raw) if first else ("", "")
            finding = self.finding(use, answer, component.ref, component.name, (identity, path, raw), group)
            self.keep(finding, component)

    def project(self, use: RuleUse) -> None:
        """Ask a rule about the project as a whole."""
        if use.rule.project is None:
            return
        for gap, answer in use.rule.project(self.inventory, use.options):
            if not answer.known and use.on_unknown == "ignore":
                continue
            if not _meant(gap, use.applies):
                continue
            place: tuple[Occurrence, ...] = ()
            if gap.path is not None:
                column = gap.column or 1
                place = (Occurrence(gap.path, gap.line or 1, column, column, "", "", use.rule.id, Use.PRESENT),)
            identity = (gap.subject, gap.path or "", gap.reason.value)
            self.keep(self.finding(use, answer, None, gap.path or gap.subject, identity, place), None)

    def finding(
        self,
        use: RuleUse,
        answer: Answer,
        component: str | None,
        subject: str,
        identity: tuple[str, str, str],
        occurrences: tuple[Occurrence, ...],
    ) -> Finding:
        """The finding of an answer at some places; `identity` goes into its fingerprint."""
        level, effect = _effect(use, certain=answer.known, fail_on=self.fail_on)
        status = Status.VIOLATION if answer.known else Status.UNKNOWN
        return Finding(
            rule=use.key,
            level=level,
            status=status,
            message=answer.message,
            component=component,
            subject=subject,
            occurrences=occurrences,
            because=(*answer.because, ("clause", use.cite)) if use.cite else answer.because,
            policy_location=use.location(answer.option),
            help=answer.help or f"aicheck explain {use.key.partition('/')[0]}",
            fingerprint=_fingerprint(use.key, status, *identity),
            effect=effect,
        )

    def keep(self, finding: Finding, component: Component | None) -> None:
        for part in self.waivers.apply(finding, component) if self.policy.waivers else (finding,):
            if part.waiver is not None:
                self.findings.append(replace(part, effect=Verdict.PASS))
                continue
            self.findings.append(part)
            if part.effect is Verdict.FAIL or (
                part.effect is Verdict.INCONCLUSIVE and self.verdict is Verdict.PASS
            ):
                self.verdict = part.effect


def _meant(gap: Gap, applies: Applies) -> bool:
    if gap.path is None:
        return True
    if applies.paths and not glob_any(applies.paths, (gap.path,)):
        return False
    return not glob_any(applies.exclude_paths, (gap.path,))


def _order(finding: Finding) -> tuple[object, ...]:
    first = finding.occurrences[0] if finding.occurrences else None
    place = (first.path, first.line, first.column) if first else ("", 0, 0)
    return (_RANK[finding.level], finding.rule, finding.subject, place, finding.status.value, finding.message)


def evaluate(
    inventory: Inventory,
    components: Iterable[Component],
    policy: Policy,
    *,
    today: dt.date,
    fail_on: Level = Level.ERROR,
) -> Evaluation:
    """Evaluate a policy over resolved components.

    Components without references are evaluated only where nothing was scanned (`aicheck show`): beside a scan
    they are ancestors, which the rules see in the lineage of what descends from them. Raises `ConfigError`
    where a waiver runs longer than the policy allows.
    """
    check_waivers(policy, today)
    run = _Run(policy, inventory, today, fail_on)
    for component in components:
        if component.references or not inventory.references:
            run.component(component)
    for use in policy.uses:
        run.project(use)
    return Evaluation(run.verdict, tuple(sorted(run.findings, key=_order)), run.waivers.notes(), policy.info)
