"""Markdown for pull requests and wikis, with the lineage as a Mermaid graph."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from aicheck.core.component import Component
from aicheck.core.evidence import value_of
from aicheck.core.finding import Level, Status
from aicheck.core.report import Report
from aicheck.report import Options
from aicheck.report.facts import (
    MODEL_KINDS,
    license_text,
    organization_text,
    origin_text,
    shown_name,
    shown_subject,
)
from aicheck.report.safety import clip, visible
from aicheck.report.text_findings import Block, blocks_of, count

__all__ = ["code", "document", "escape", "render"]

_FINDINGS: Final = 200
_MODELS: Final = 300
_GAPS: Final = 100
_NODES: Final = 60
_MARKS: Final = {Level.ERROR: "❌", Level.WARNING: "⚠️", Level.NOTE: "ℹ️"}  # noqa: RUF001 - the sign GitHub shows
# Hyphens and round brackets mean nothing within a line where square ones do not; left alone, the text can be read.
_SPECIAL: Final = re.compile(r"[\\`*_{}\[\]#+!|<>&@~$:.^]|^[-(]")


def escape(text: str, limit: int = 500) -> str:
    """Prose that stays prose: no markup, HTML, link, mention or issue reference comes of it.

    Character references rather than backslashes: they also stop automatic links and mentions.
    """
    safe = visible(text, limit)
    return _SPECIAL.sub(lambda match: f"&#{ord(match.group())};", safe)


def code(text: str, limit: int = 200) -> str:
    """A code span; nothing in it is markup, and a pipe does not end a table's cell."""
    safe = visible(text, limit).replace("|", "\\|")
    if not safe.strip():
        return "&nbsp;"
    longest = max((len(run) for run in re.findall("`+", safe)), default=0)
    fence = "`" * (longest + 1)
    blank = " " if safe.startswith("`") or safe.endswith("`") else ""
    return f"{fence}{blank}{safe}{blank}{fence}"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines.extend("| " + " | ".join(row) + " |" for row in rows)
    return [*lines, ""]


def _label(text: str) -> str:
    """A quoted Mermaid label: entities of its own kind (`#quot;`), no markup."""
    safe = clip(visible(text), 60)
    return '"' + re.sub(r"[^A-Za-z0-9 ./()\-_:,]", lambda match: f"#{ord(match.group())};", safe) + '"'


def mermaid(components: Sequence[Component]) -> list[str]:
    """A flow chart from roots to the models in use; [] where there is no lineage."""
    numbers: dict[str, int] = {}
    lines: list[str] = []

    def node(name: str, text: str) -> str:
        if name not in numbers:
            numbers[name] = len(numbers)
            lines.append(f"  n{numbers[name]}[{_label(text)}]")
        return f"n{numbers[name]}"

    edges: dict[tuple[str, str, str, bool], None] = {}
    for component in components:
        if not component.lineage.ancestors or len(numbers) >= _NODES:
            continue
        name = component.resolved_id or component.name
        node(name, f"{name} ({organization_text(component.developer)})")
        for ancestor in component.lineage.ancestors[:_NODES]:
            parent = node(ancestor.id, f"{ancestor.id} ({organization_text(ancestor.developer)})")
            child = node(ancestor.child, ancestor.child)
            edges[parent, child, ancestor.relation.value, ancestor.declared] = None
    if not edges:
        return []
    for parent, child, relation, declared in edges:
        lines.append(f"  {parent} {'--' if declared else '-.'} {relation} {'-->' if declared else '.->'} {child}")
    return ["```mermaid", "flowchart LR", *lines, "```", ""]


def _finding_row(block: Block) -> list[str]:
    finding, places = block.first, block.places
    where = code(f"{places[0].path}:{places[0].line}") if places else ""
    more = f" +{len(places) - 1}" if len(places) > 1 else ""
    unknown = " (cannot be told)" if finding.status is Status.UNKNOWN else ""
    return [
        _MARKS[finding.level] + (" new" if block.new else ""),
        code(finding.rule),
        code(shown_subject(finding.subject)),
        escape(finding.message) + unknown,
        where + more,
    ]


def _waived(report: Report) -> list[str]:
    rows = [
        [
            code(one.rule),
            code(shown_subject(one.subject)),
            escape(one.waiver.reason),
            escape(one.waiver.owner),
            escape(f"{one.waiver.expires} ({one.waiver.state.value})"),
        ]
        for one in report.findings
        if one.waiver is not None
    ]
    return ["### Waived", "", *_table(["rule", "model", "reason", "owner", "until"], rows)] if rows else []


def document(report: Report, *, findings: int = _FINDINGS, models: int = _MODELS, graph: bool = True) -> str:
    """The whole report as Markdown with at most so many findings and models."""
    counted = [one for one in report.findings if one.waiver is None]
    levels = Counter(one.level for one in counted)
    counts = ", ".join(count(levels[level], level.value) for level in Level if levels[level]) or "no findings"
    verdict = report.verdict.value.upper() if report.verdict is not None else "NO VERDICT"
    sign = {"PASS": "✅", "FAIL": "❌", "INCONCLUSIVE": "❔"}.get(verdict, "")
    policy = f" · policy {code(report.policy.name)}" if report.policy is not None else ""
    lines = [
        f"## {sign} aicheck: {verdict}".replace("  ", " "),
        "",
        f"{counts}{policy} · {code(report.project)}",
        "",
    ]
    base = report.baseline
    if base is not None:
        lines += [
            f"Since {code(base.name)}: {len(base.new_findings)} new and {len(base.resolved_findings)} resolved.",
            f"Models: {len(base.added)} added, {len(base.removed)} removed, {len(base.changed)} changed.",
            "",
        ]
    if counted:
        lines += ["### Findings", ""]
        blocks = blocks_of(report)  # what is said several times of one component is one row
        rows = [_finding_row(one) for one in blocks[:findings]]
        lines += _table(["", "rule", "model", "finding", "where"], rows)
        if len(blocks) > findings:
            lines += [f"… and {len(blocks) - findings} more.", ""]
    lines += _waived(report)
    shown = [one for one in report.components if one.kind in MODEL_KINDS]
    if shown:
        lines += ["### Models", ""]
        rows = [
            [
                code(shown_name(one)),
                escape(organization_text(one.developer)),
                escape(origin_text(one)),
                escape(license_text(one.license)),
                str(len(one.references)),
            ]
            for one in shown[:models]
        ]
        lines += _table(["model", "developer", "origin", "licence", "references"], rows)
        if len(shown) > models:
            lines += [f"… and {len(shown) - models} more.", ""]
    chart = mermaid(shown) if graph else []
    if chart:
        lines += ["### Lineage", "", *chart]
    lines += _services(report)
    if report.gaps:
        lines += ["### Not seen", ""]
        lines += [
            f"- {gap.reason.value}: {code(shown_subject(gap.subject))}"
            + (f" {escape(gap.detail)}" if gap.detail else "")
            for gap in report.gaps[:_GAPS]
        ]
        if len(report.gaps) > _GAPS:
            lines.append(f"- … and {len(report.gaps) - _GAPS} more")
        lines.append("")
    lines.append(f"<sub>{escape(report.tool.name)} {escape(report.tool.version)}, {escape(report.created)}</sub>")
    return "\n".join(lines) + "\n"


def _services(report: Report) -> list[str]:
    rows = []
    for component in report.components:
        hosting = value_of(component.hosting)
        if hosting is None or hosting.local:
            continue
        rows.append(
            (
                code(hosting.host or component.name),
                escape(hosting.operator or hosting.provider_name or "unknown")
                + (f" ({escape(hosting.operator_country)})" if hosting.operator_country else ""),
                escape(", ".join(hosting.processing_countries) or "not stated"),
            )
        )
    rows = sorted(set(rows))
    return ["### Where data goes", "", *_table(["host", "operator", "processed in"], rows)] if rows else []


def render(report: Report, options: Options) -> bytes:  # noqa: ARG001 - every format has this signature
    """GitHub-flavoured Markdown."""
    return document(report).encode()
