"""CSV: one row per component, for spreadsheets; cells never start a formula."""

from __future__ import annotations

import csv
import io
from collections import Counter
from typing import Final

from aicheck.core.component import Component
from aicheck.core.evidence import value_of
from aicheck.core.report import Report
from aicheck.report import Options
from aicheck.report.facts import fact_state, license_text, root_countries, roots
from aicheck.report.safety import visible

__all__ = ["COLUMNS", "guard", "render"]

_CELL: Final = 2000
# Spreadsheets take these, half or full width, as the beginning of a formula (OWASP: "CSV Injection").
_FORMULA: Final = ("=", "+", "-", "@", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20")

COLUMNS: Final = (
    "kind",
    "name",
    "ref",
    "availability",
    "publisher",
    "publisher_country",
    "developer",
    "developer_country",
    "roots",
    "root_countries",
    "lineage_complete",
    "license",
    "license_category",
    "commercial_use",
    "revision",
    "pinned",
    "formats",
    "executable_formats",
    "operator",
    "operator_country",
    "processing_countries",
    "findings",
    "waived",
    "gaps",
    "references",
    "first_place",
    "as_of",
)


def guard(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula and that stays on one line."""
    text = visible(cell, _CELL)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text


def _flag(*, value: bool) -> str:
    return "yes" if value else "no"


def _row(component: Component, findings: Counter[str], waived: Counter[str]) -> list[str]:
    publisher, developer = value_of(component.publisher), value_of(component.developer)
    terms, weights, hosting = value_of(component.license), value_of(component.weights), value_of(component.hosting)
    first = component.references[0].occurrence if component.references else None
    formats = weights.formats if weights is not None else ()
    return [
        component.kind.value,
        component.resolved_id or component.name,
        component.ref,
        component.availability or "",
        publisher.name if publisher else fact_state(component.publisher),
        (publisher.country or "") if publisher else "",
        developer.name if developer else fact_state(component.developer),
        (developer.country or "") if developer else "",
        "; ".join(roots(component)),
        "; ".join(root_countries(component)),
        _flag(value=fact_state(component.lineage.complete) == "known"),
        license_text(component.license),
        (terms.category or "") if terms else "",
        (terms.commercial_use or "") if terms else "",
        value_of(component.revision.commit) or "",
        _flag(value=component.revision.pinned),
        "; ".join(one.id for one in formats),
        "; ".join(one.id for one in formats if one.safety.value == "executable"),
        (hosting.operator or "") if hosting else "",
        (hosting.operator_country or "") if hosting else "",
        "; ".join(hosting.processing_countries) if hosting else "",
        str(findings[component.ref]),
        str(waived[component.ref]),
        "; ".join(sorted({gap.reason.value for gap in component.gaps})),
        str(len(component.references)),
        f"{first.path}:{first.line}:{first.column}" if first else "",
        component.as_of or "",
    ]


def render(report: Report, options: Options) -> bytes:  # noqa: ARG001 - every format has this signature
    """Comma-separated UTF-8 with a header line, as RFC 4180 has it (CRLF)."""
    findings = Counter(one.component or "" for one in report.findings if one.waiver is None)
    waived = Counter(one.component or "" for one in report.findings if one.waiver is not None)
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for component in report.components:
        writer.writerow([guard(cell) for cell in _row(component, findings, waived)])
    return stream.getvalue().encode()
