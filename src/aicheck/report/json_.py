"""The JSON report: everything that a scan knows, in the shape of `schemas/report.schema.json`.

A fact's plain value stands under its key, its claims beside it under `claims`, its state (`known`, `absent`,
`unseen`, `disputed`) under `states`, and for what was not seen the reason under `unseen`. `read_json` reads the
document back without loss.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any, Final

from aicheck.core.component import Ancestor, Component, DataSource, License, Lineage, Organization, Weights
from aicheck.core.evidence import Absent, Claim, Disputed, Fact, Gap, Known
from aicheck.core.finding import Finding, PolicyInfo
from aicheck.core.reference import Occurrence, Reference
from aicheck.core.report import Report
from aicheck.core.target import HubDataset, HubModel, Target, kind_of
from aicheck.report import Options
from aicheck.report.facts import weights_countries
from aicheck.report.plain import dump, plain

__all__ = [
    "SCHEMA_VERSION",
    "claim_dict",
    "component_dict",
    "finding_dict",
    "gap_dict",
    "reference_dict",
    "render",
    "report_dict",
]

SCHEMA_VERSION: Final = "1.0"

_NO_ORGANIZATION: Final[dict[str, Any]] = {
    **dict.fromkeys((item.name for item in fields(Organization) if item.name != "name"), None),
    "organization": None,
    "lists": [],
    "note": "",
}
_NO_LICENSE: Final[dict[str, Any]] = {
    **dict.fromkeys((item.name for item in fields(License)), None),
    "name": "",
    "thresholds": [],
    "territory_exclusions": [],
    "note": "",
}
_NO_WEIGHTS: Final[dict[str, Any]] = plain(Weights((), ()))


def claim_dict(claim: Claim[Any], encode: Callable[[Any], Any] = plain) -> dict[str, Any]:
    """One claim as `{value, source, confidence, locator, seen, note}`."""
    return {
        "value": encode(claim.value),
        "source": claim.source.value,
        "confidence": claim.confidence,
        "locator": claim.locator,
        "seen": claim.seen,
        "note": claim.note,
    }


class _Facts:
    """Collects the facts of one object: the value is returned, the rest goes beside it."""

    __slots__ = ("claims", "states", "unseen")

    def __init__(self) -> None:
        self.claims: dict[str, list[dict[str, Any]]] = {}
        self.states: dict[str, str] = {}
        self.unseen: dict[str, dict[str, Any]] = {}

    def take(self, key: str, fact: Fact[Any], empty: Any = None, absent: Any = None) -> Any:
        if isinstance(fact, Known):
            self.states[key] = "known"
            self.claims[key] = [claim_dict(claim) for claim in fact.claims]
            return plain(fact.value)
        if isinstance(fact, Absent):
            self.states[key] = "absent"
            self.claims[key] = [claim_dict(claim) for claim in fact.claims]
            return empty if absent is None else absent
        if isinstance(fact, Disputed):
            self.states[key] = "disputed"
            self.claims[key] = [claim_dict(claim) for claim in fact.claims]
            return empty
        self.states[key] = "unseen"
        self.unseen[key] = gap_dict(fact.gap)
        return empty

    def beside(self) -> dict[str, Any]:
        result: dict[str, Any] = {"claims": self.claims, "states": self.states}
        if self.unseen:
            result["unseen"] = self.unseen
        return result


def gap_dict(gap: Gap) -> dict[str, Any]:
    """One gap as `{subject, reason, detail, path, line, column}`."""
    return {
        "subject": gap.subject,
        "reason": gap.reason.value,
        "detail": gap.detail,
        "path": gap.path,
        "line": gap.line,
        "column": gap.column,
    }


def _identity(target: Target) -> dict[str, str]:
    """The fields of the target, so that it can be read back exactly."""
    return {item.name: value for item in fields(target) if (value := getattr(target, item.name)) is not None}


def _place(occurrence: Occurrence) -> dict[str, Any]:
    return {
        "path": occurrence.path,
        "line": occurrence.line,
        "column": occurrence.column,
        "end": occurrence.end,
        "raw": occurrence.raw,
        "symbol": occurrence.symbol,
        "detector": occurrence.detector,
        "use": occurrence.use.value,
    }


def reference_dict(reference: Reference) -> dict[str, Any]:
    """One sighting."""
    place = reference.occurrence
    return {
        "path": place.path,
        "line": place.line,
        "column": place.column,
        "end": place.end,
        "raw": place.raw,
        "target": str(reference.target),
        "kind": kind_of(reference.target).value,
        "use": place.use.value,
        "confidence": reference.confidence,
        "detector": place.detector,
        "symbol": place.symbol,
        "attributes": dict(reference.attributes),
        "identity": _identity(reference.target),
    }


def _ancestor(ancestor: Ancestor) -> dict[str, Any]:
    facts = _Facts()
    facts.claims["id"] = [claim_dict(claim) for claim in ancestor.claims]
    return {
        "id": ancestor.id,
        "relation": ancestor.relation.value,
        "child": ancestor.child,
        "depth": ancestor.depth,
        "declared": ancestor.declared,
        "card_seen": ancestor.card_seen,
        "confidence": ancestor.confidence,
        "developer": facts.take("developer", ancestor.developer, _NO_ORGANIZATION),
        "license": facts.take("license", ancestor.license, _NO_LICENSE),
        "root": ancestor.root,
        "commit": ancestor.commit,
        **facts.beside(),
    }


def _data_source(source: DataSource) -> dict[str, Any]:
    facts = _Facts()
    facts.claims["id"] = [claim_dict(claim) for claim in source.claims]
    return {
        "id": source.id,
        "kind": source.kind,
        "developer": facts.take("developer", source.developer, _NO_ORGANIZATION),
        **facts.beside(),
    }


def _lineage(component: Component, lineage: Lineage) -> dict[str, Any]:
    facts = _Facts()
    complete = facts.take("complete", lineage.complete, empty=False)
    roots = [(ancestor.id, ancestor.developer) for ancestor in lineage.ancestors if ancestor.root]
    if not lineage.ancestors and complete is True:
        # Trained from scratch: the model is its own root.
        roots = [(component.resolved_id or component.name, component.developer)]
    countries = {fact.value.country for _, fact in roots if isinstance(fact, Known)}
    return {
        "ancestors": [_ancestor(ancestor) for ancestor in lineage.ancestors],
        "roots": [name for name, _ in roots],
        "root_countries": sorted(country for country in countries if country),
        "countries": list(weights_countries(component)),
        "data": [_data_source(source) for source in lineage.data],
        "complete": complete,
        "concealed": lineage.concealed,
        **facts.beside(),
    }


def component_dict(component: Component) -> dict[str, Any]:
    """One component with all its facts; its references are listed once, at the top of the report.

    `revision` is the commit that was resolved; what was asked for is `requested_revisions` and `pinned`.
    """
    facts = _Facts()
    target = component.target
    nobody = dict(_NO_ORGANIZATION)
    if isinstance(target, HubModel | HubDataset) and "/" in target.repo_id:
        nobody["namespace"] = (component.resolved_id or target.repo_id).partition("/")[0]
    result: dict[str, Any] = {
        "ref": component.ref,
        "target": str(target),
        "kind": component.kind.value,
        "name": component.name,
        "id": component.resolved_id or component.name,
        "purl": component.purl,
        "version": component.version,
        "resolved_id": component.resolved_id,
        "availability": component.availability,
        "publisher": facts.take("publisher", component.publisher, nobody),
        "developer": facts.take("developer", component.developer, _NO_ORGANIZATION),
        "lineage": _lineage(component, component.lineage),
        "license": facts.take("license", component.license, _NO_LICENSE),
        "revision": facts.take("revision", component.revision.commit),
        "requested_revisions": list(component.revision.requested),
        "pinned": component.revision.pinned,
        "weights": facts.take("weights", component.weights, _NO_WEIGHTS),
        "hosting": facts.take("hosting", component.hosting),
        "card": plain(component.card),
        "stands_for": None,
    }
    if component.stands_for is not None:
        result["stands_for"] = facts.take("stands_for", component.stands_for)
    result.update(facts.beside())
    result["gaps"] = [gap_dict(gap) for gap in component.gaps]
    result["as_of"] = component.as_of
    result["answered_by"] = component.answered_by
    result["identity"] = _identity(target)
    return result


def finding_dict(finding: Finding) -> dict[str, Any]:
    """One finding with its places and evidence lines."""
    return {
        "rule": finding.rule,
        "level": finding.level.value,
        "status": finding.status.value,
        "message": finding.message,
        "component": finding.component,
        "subject": finding.subject,
        "occurrences": [_place(place) for place in finding.occurrences],
        "because": [{"label": label, "text": text} for label, text in finding.because],
        "policy_location": finding.policy_location,
        "help": finding.help,
        "waiver": None if finding.waiver is None else plain(finding.waiver),
        "fingerprint": finding.fingerprint,
        "effect": finding.effect.value,
    }


def _policy(policy: PolicyInfo | None) -> dict[str, Any] | None:
    if policy is None:
        return None
    return {
        "name": policy.name,
        "sha256": policy.sha256,
        "path": policy.path,
        "sources": list(policy.sources),
        "rules": [{"id": rule, "level": level} for rule, level in policy.rules],
        "summary": policy.summary,
    }


def report_dict(report: Report) -> dict[str, Any]:
    """The whole document as plain values."""
    # A reference belongs to the component that lists it; equal references are one object in most scans.
    index = {reference: number for number, reference in enumerate(report.inventory.references)}
    references = [reference_dict(reference) for reference in report.inventory.references]
    components = []
    for component in report.components:
        entry = component_dict(component)
        numbers = []
        for reference in component.references:
            number = index.get(reference)
            if number is None:
                number = index[reference] = len(references)
                references.append(reference_dict(reference))
            numbers.append(number)
            references[number]["component"] = component.ref
        entry["references"] = numbers
        components.append(entry)
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": plain(report.tool),
        "created": report.created,
        "project": report.project,
        "project_version": report.project_version,
        "root": report.inventory.root,
        "verdict": None if report.verdict is None else report.verdict.value,
        "policy": _policy(report.policy),
        "findings": [finding_dict(finding) for finding in report.findings],
        "components": components,
        "references": references,
        "references_total": len(report.inventory.references),
        "gaps": [gap_dict(gap) for gap in report.gaps],
        "discovery_gaps": [gap_dict(gap) for gap in report.inventory.gaps],
        "waivers": [plain(waiver) for waiver in report.waivers],
        "sources": plain(report.sources),
        "baseline": None if report.baseline is None else plain(report.baseline),
        "stats": plain(report.inventory.stats),
        "excerpts": [{"path": path, "line": line, "text": text} for path, line, text in report.inventory.excerpts],
        "roots": list(report.roots),
    }


def render_compact(report: Report) -> bytes:
    """The JSON report on one line, for machines alone."""
    return dump(report_dict(report), indent=False)


def render(report: Report, options: Options) -> bytes:  # noqa: ARG001 - every format has this signature
    """The JSON report as indented UTF-8."""
    return dump(report_dict(report))
