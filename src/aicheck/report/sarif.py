"""SARIF 2.1.0 for code scanning: what GitHub, DefectDojo and editors read of it.

Limits are GitHub's (docs: "SARIF support for code scanning"): 25,000 results a run of which 5,000 are kept, only
`primaryLocationLineHash` counts as a fingerprint, empty strings are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from aicheck.core.evidence import Gap
from aicheck.core.finding import Finding, Level, Status
from aicheck.core.reference import Occurrence
from aicheck.core.report import Report
from aicheck.report import Options, RulePage
from aicheck.report.facts import shown_subject
from aicheck.report.plain import dump
from aicheck.report.safety import percent, visible, visible_lines

__all__ = ["render"]

_RESULTS: Final = 5000
_NOTIFICATIONS: Final = 1000
_RELATED: Final = 20
_SEVERITY: Final = {Level.ERROR: 8.0, Level.WARNING: 5.0, Level.NOTE: 2.0}
_PROBLEM: Final = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "recommendation"}
_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"

Value = dict[str, Any]


def _message(text: str) -> str:
    """Plain text of a message: brackets are escaped, else `[text](target)` becomes a link."""
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]") or "-"


def _uri(path: str, base: str) -> str:
    prefix = base.strip("/")
    return percent(f"{prefix}/{path}" if prefix else path, safe="/-._~")


def _location(place: Occurrence, options: Options, excerpts: dict[tuple[str, int], str]) -> Value:
    region: Value = {"startLine": place.line, "startColumn": place.column}
    if place.end > place.column:
        region["endColumn"] = place.end
    snippet = excerpts.get((place.path, place.line))
    if snippet:
        region["snippet"] = {"text": visible_lines(snippet)}
    return {
        "physicalLocation": {"artifactLocation": {"uri": _uri(place.path, options.base_path)}, "region": region}
    }


def _fallback(report: Report, finding: Finding, options: Options) -> Value:
    """A file for a finding that stands nowhere: code scanning shows nothing without one."""
    path = ""
    for component in report.components:
        if component.ref == finding.component and component.references:
            place = component.references[0].occurrence
            return {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(place.path, options.base_path)},
                    "region": {"startLine": place.line},
                }
            }
    if report.policy is not None and not report.policy.path.startswith(("/", "..", "<")):
        path = report.policy.path
    elif report.inventory.references:
        path = report.inventory.references[0].occurrence.path
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(path or "README.md", options.base_path)},
            "region": {"startLine": 1},
        }
    }


def _rule(rule: str, level: str, page: RulePage | None) -> Value:
    summary = visible(page.summary) if page is not None and page.summary else f"aicheck rule {visible(rule)}"
    text = (page.page if page is not None else "") or f"See: aicheck explain {visible(rule)}"
    severity = page.security_severity if page is not None and page.security_severity else None
    known = Level(level) if level in set(Level) else Level.WARNING
    return {
        "id": visible(rule),
        "name": "".join(part.capitalize() for part in re.split(r"[^A-Za-z0-9]+", rule)) or "Rule",
        "shortDescription": {"text": summary[:1024]},
        "fullDescription": {"text": summary[:1024]},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": known.value},
        "properties": {
            "tags": ["security", "supply-chain", "ai-bom"],
            "precision": "high",
            "problem.severity": _PROBLEM[known],
            "security-severity": f"{severity if severity is not None else _SEVERITY[known]:.1f}",
        },
    }


def _result(
    report: Report, finding: Finding, number: int, options: Options, excerpts: dict[tuple[str, int], str]
) -> Value:
    unknown = " (cannot be told)" if finding.status is Status.UNKNOWN else ""
    lines = [f"{visible(shown_subject(finding.subject), 500)}: {visible(finding.message, 2000)}{unknown}"]
    lines.extend(f"{visible(label, 40)}: {visible(text, 1000)}" for label, text in finding.because[:20])
    if finding.policy_location:
        lines.append(f"policy: {visible(finding.policy_location, 500)}")
    result: Value = {
        "ruleId": visible(finding.rule),
        "ruleIndex": number,
        "level": finding.level.value,
        "kind": "fail",
        "message": {"text": _message("\n".join(lines))},
        "locations": [
            _location(finding.occurrences[0], options, excerpts)
            if finding.occurrences
            else _fallback(report, finding, options)
        ],
        "partialFingerprints": {
            "primaryLocationLineHash": f"{finding.fingerprint or visible(finding.rule)}:1",
            "aicheckFingerprint/v1": finding.fingerprint or visible(finding.rule),
        },
        "properties": {
            "status": finding.status.value,
            "component": visible(finding.component or "", 1000) or "project",
            "security-severity": f"{_SEVERITY[finding.level]:.1f}",
        },
    }
    if len(finding.occurrences) > 1:
        result["relatedLocations"] = [
            {"id": place_number, **_location(place, options, excerpts), "message": {"text": "also here"}}
            for place_number, place in enumerate(finding.occurrences[1 : 1 + _RELATED], 1)
        ]
    base = report.baseline
    if base is not None:
        result["baselineState"] = "new" if finding.fingerprint in base.new_findings else "unchanged"
    if finding.waiver is not None:
        waiver = finding.waiver
        result["suppressions"] = [
            {
                "kind": "external",
                "status": "accepted",
                "justification": visible(
                    f"{waiver.reason} ({waiver.owner}, until {waiver.expires}, {waiver.state.value})", 1000
                ),
            }
        ]
    return result


def _notification(gap: Gap, options: Options) -> Value:
    text = f"{visible(gap.subject, 500)}: {visible(gap.detail, 1000) or gap.reason.value}"
    entry: Value = {
        "descriptor": {"id": f"gap-{gap.reason.value}"},
        "level": "warning",
        "message": {"text": _message(text)},
    }
    if gap.path:
        region: Value = {"startLine": gap.line or 1}
        if gap.column:
            region["startColumn"] = gap.column
        uri = _uri(gap.path, options.base_path)
        entry["locations"] = [{"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}]
    return entry


_NOTIFICATION: Final = "Something was looked for and could not be seen; an unknown is not a pass."


def _levels(report: Report) -> dict[str, str]:
    """Rule → level, of the policy's rules and of every finding; in order."""
    levels = dict(report.policy.rules) if report.policy is not None else {}
    for finding in report.findings:
        levels.setdefault(finding.rule, finding.level.value)
    return dict(sorted(levels.items()))


def _kept(findings: Iterable[Finding]) -> list[Finding]:
    """At most as many as are shown, those that count first."""
    order = {Level.ERROR: 0, Level.WARNING: 1, Level.NOTE: 2}
    return sorted(findings, key=lambda one: (one.waiver is not None, order[one.level]))[:_RESULTS]


def render(report: Report, options: Options) -> bytes:
    """One run with rules, results, suppressions and notifications."""
    levels = _levels(report)
    numbers = {rule: number for number, rule in enumerate(levels)}
    excerpts = {(path, line): text for path, line, text in report.inventory.excerpts}
    kept = _kept(report.findings)
    notifications = [_notification(gap, options) for gap in report.gaps[:_NOTIFICATIONS]]
    for more, what in (
        (len(report.gaps) - _NOTIFICATIONS, "more things that could not be seen"),
        (len(report.findings) - len(kept), "more findings that code scanning would not keep"),
    ):
        if more > 0:
            notifications.append(
                {
                    "descriptor": {"id": "limit"},
                    "level": "warning",
                    "message": {"text": f"{more} {what}: see the JSON report"},
                }
            )
    reasons = sorted({one["descriptor"]["id"] for one in notifications})
    policy = report.policy.name if report.policy is not None else "none"
    run: Value = {
        "tool": {
            "driver": {
                "name": report.tool.name,
                "version": report.tool.version,
                "semanticVersion": report.tool.version,
                "informationUri": "https://pypi.org/project/aicheck-cli/",
                "rules": [_rule(rule, level, options.page(rule)) for rule, level in levels.items()],
                "notifications": [
                    {
                        "id": reason,
                        "shortDescription": {"text": f"not seen: {reason.removeprefix('gap-')}"},
                        "fullDescription": {"text": _NOTIFICATION},
                        "help": {"text": _NOTIFICATION},
                    }
                    for reason in reasons
                ],
            }
        },
        "automationDetails": {"id": f"aicheck/{percent(visible(policy), safe='-._')}/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": True,
                "endTimeUtc": report.created,
                "toolExecutionNotifications": notifications,
            }
        ],
        "results": [_result(report, finding, numbers[finding.rule], options, excerpts) for finding in kept],
        "properties": {"verdict": report.verdict.value if report.verdict is not None else "none"},
    }
    return dump({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})
