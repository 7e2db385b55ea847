"""Why a finding: reference → lineage → claims with their sources → policy line → how to fix, how to waive."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from aicheck.cli.common import wrapped
from aicheck.core.evidence import Absent, Claim, Disputed, Fact, Known, Unseen
from aicheck.core.target import Kind
from aicheck.errors import ConfigError
from aicheck.report.safety import visible

if TYPE_CHECKING:
    from aicheck.core.component import Component
    from aicheck.core.finding import Finding
    from aicheck.core.reference import Occurrence
    from aicheck.core.report import Report

__all__ = ["find", "finding_document", "finding_text", "waiver_block"]

_PREFIX: Final = re.compile(r"[0-9a-f]{4,32}")
_WAIVER_DAYS: Final = 90


def find(report: Report, text: str, path: str, hint: str | None = None) -> tuple[tuple[int, Finding], ...]:
    """Return (number from 1, finding) of all that a number, a fingerprint, a model or a place names.

    Raises `ConfigError` where none does, and where the beginning of a fingerprint names several.
    """
    count = len(report.findings)
    if text.isdigit() and len(text) < 4:  # noqa: PLR2004 - longer ones are beginnings of fingerprints
        number = int(text)
        if 1 <= number <= count:
            return ((number, report.findings[number - 1]),)
        raise ConfigError(f"there is no finding {number}", path=path, hint=f"the report has {count} findings")
    named = tuple(
        (number, finding)
        for number, finding in enumerate(report.findings, 1)
        if _is_of(report, finding, text) or any(_is_at(place, text) for place in finding.occurrences)
    )
    if named:
        return named
    if not _PREFIX.fullmatch(text.lower()):
        raise ConfigError(
            f"'{text}' is neither a rule, nor a finding's number, fingerprint, model or place",
            path=path,
            hint=hint or f"the report has {count} findings; see 'aicheck explain' for the rules",
        )
    found = [
        (number, finding)
        for number, finding in enumerate(report.findings, 1)
        if finding.fingerprint.startswith(text.lower())
    ]
    if not found:
        raise ConfigError(f"no finding has a fingerprint that begins with {text}", path=path)
    if len({finding.fingerprint for _, finding in found}) > 1:
        raise ConfigError(f"{len(found)} findings begin with {text}", path=path, hint="give more digits")
    return (found[0],)


def _is_of(report: Report, finding: Finding, text: str) -> bool:
    names = {finding.subject.lower()}
    component = _component(report, finding)
    if component is not None:
        names |= {component.name.lower(), str(component.target).lower()}
    return text.lower() in names


def _is_at(place: Occurrence, text: str) -> bool:
    path, _, line = text.removeprefix("./").partition(":")
    return place.path == path and (not line or str(place.line) == line.partition(":")[0])


def listing(report: Report, found: Sequence[tuple[int, Finding]]) -> str:
    """Several findings, a line for each, by the number that explains it."""
    lines = [f"{len(found)} findings; aicheck explain NUMBER says more"]
    width = len(str(len(report.findings)))
    for number, finding in found:
        state = " (waived)" if finding.waiver is not None else ""
        said = f"{finding.level.value}[{finding.rule}] {finding.subject}: {finding.message}{state}"
        lines.append(f"{number:>{width}}  {said}")
    return "".join(visible(line) + "\n" for line in lines)


def _component(report: Report, finding: Finding) -> Component | None:
    return next((each for each in report.components if each.ref == finding.component), None)


def waiver_block(finding: Finding, component: Component | None, today: date) -> str:
    """A waiver ready to be put under `waivers:` of the policy; reason and owner are to be filled in."""
    name = finding.subject
    if component is not None:
        name = str(component.target)
        if component.purl and component.kind is Kind.MODEL:
            # Without the commit: the waiver holds for the model, and expires.
            name = component.purl.partition("@")[0]
    lines = [
        f"  - rule: {finding.rule}",
        f"    purl: {_scalar(name)}",
        *([f"    path: {_scalar(finding.occurrences[0].path)}"] if len(_paths(finding)) == 1 else []),
        "    reason: why this is accepted, and the ticket that says so",
        "    owner: who answers for it",
        f"    expires: {(today + timedelta(days=_WAIVER_DAYS)).isoformat()}",
    ]
    return "\n".join(lines)


def _scalar(text: str) -> str:
    plain = re.fullmatch(r"[A-Za-z0-9_./-][\w./:@%+-]*", text)
    return text if plain and not text.endswith(":") else "'" + text.replace("'", "''") + "'"


def _paths(finding: Finding) -> set[str]:
    return {place.path for place in finding.occurrences}


def _how_to_fix(rule: str) -> str:
    from aicheck.evaluate.registry import page

    text = page(rule) or ""
    part = re.search(r"^## How to fix\n+(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return part[1].strip() if part else ""


def _claim(claim: Claim[Any], value: str) -> str:
    seen = f", seen {claim.seen}" if claim.seen else ""
    note = f" - {claim.note}" if claim.note else ""
    return (
        f"{value}  [{claim.source.value}: {claim.locator or 'no place given'}{seen}; {claim.confidence:.2f}]{note}"
    )


def _claims(label: str, fact: Fact[Any], show: Any) -> Iterator[str]:
    if isinstance(fact, Known | Disputed):
        for claim in fact.claims:
            yield f"{label}: {_claim(claim, show(claim.value))}"
    elif isinstance(fact, Absent):
        yield f"{label}: none"
    else:
        assert isinstance(fact, Unseen)
        yield f"{label}: not seen ({fact.gap.reason.value}{': ' + fact.gap.detail if fact.gap.detail else ''})"


def _evidence(component: Component) -> Iterator[str]:
    def who(value: Any) -> str:
        return f"{value.name} ({value.country or 'country not known'})"

    def hosted(value: Any) -> str:
        where = ", ".join(value.processing_countries) or "not stated"
        name = value.operator or value.provider_name or value.host
        return f"{name} ({value.operator_country or 'country not known'}), processed in {where}"

    if not isinstance(component.hosting, Absent):
        yield from _claims("hosted by", component.hosting, hosted)
    served = component.kind in {Kind.ENDPOINT, Kind.HOSTED_MODEL, Kind.REGISTRY_MODEL}
    if component.kind is Kind.ENDPOINT:
        return  # a host has neither developer nor licence
    yield from _claims("developer", component.developer, who)
    yield from _claims("licence", component.license, lambda value: value.expression)
    if not (served and isinstance(component.revision.commit, Unseen)):
        yield from _claims("revision", component.revision.commit, str)
    for ancestor in component.lineage.ancestors:
        said = "declared" if ancestor.declared else "not declared"
        step = f"{ancestor.child} ← {ancestor.id} ({ancestor.relation.value}, {said})"
        for claim in ancestor.claims:
            yield f"lineage: {_claim(claim, step)}"
        yield from _claims(f"developer of {ancestor.id}", ancestor.developer, who)
    for gap in component.gaps:
        yield f"not seen: {gap.subject}: {gap.reason.value}{': ' + gap.detail if gap.detail else ''}"


def finding_text(report: Report, number: int, finding: Finding, today: date, width: int | None = None) -> str:
    """The explanation as text; `width` in columns, None = whole lines."""
    component = _component(report, finding)
    state = "waived" if finding.waiver is not None else finding.effect.value
    lines = [
        f"{finding.level.value}[{finding.rule}] {finding.status.value}: {finding.subject}: {finding.message}",
        f"finding {number} of {len(report.findings)}, fingerprint {finding.fingerprint}, counts as: {state}",
        "",
        "Where",
        *[f"  {place.path}:{place.line}:{place.column}  {place.raw}  ({place.use.value}"
          f"{', ' + place.symbol if place.symbol else ''})" for place in finding.occurrences],
    ]  # fmt: skip
    if not finding.occurrences:
        lines.append("  the project as a whole")
    if finding.because:
        lines += ["", "Why", *[f"  {label}: {text}" for label, text in finding.because]]
    if component is not None:
        lines += ["", "Evidence", *[f"  {line}" for line in _evidence(component)]]
    lines += ["", "Policy", f"  {finding.policy_location}"]
    if finding.waiver is not None:
        note = finding.waiver
        lines.append(f"  waived until {note.expires} by {note.owner}: {note.reason}  ({note.location})")
    fix = [finding.help] if finding.help else []
    fix += _how_to_fix(finding.rule).splitlines()
    if fix:
        lines += ["", "How to fix", *[f"  {line}".rstrip() for line in fix]]
    if finding.waiver is None:
        block = waiver_block(finding, component, today)
        lines += ["", "How to waive (in the policy)", "waivers:", *block.splitlines()]
    shown = (visible(line) for line in lines)
    return "".join(part + "\n" for line in shown for part in wrapped(line, width, 4))


def finding_document(report: Report, number: int, finding: Finding, today: date) -> dict[str, Any]:
    """The explanation as a document."""
    from aicheck.report.json_ import component_dict, finding_dict

    component = _component(report, finding)
    return {
        "number": number,
        "finding": finding_dict(finding),
        "component": component_dict(component) if component is not None else None,
        "evidence": list(_evidence(component)) if component is not None else [],
        "how_to_fix": _how_to_fix(finding.rule),
        "waiver": waiver_block(finding, component, today),
    }
