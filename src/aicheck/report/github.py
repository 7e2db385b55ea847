"""GitHub Actions: annotations as workflow commands, and the step summary.

Ten annotations of a level are drawn per step, a summary may have 1 MiB (docs: "Workflow commands").
"""

from __future__ import annotations

from typing import Final

from aicheck.core.finding import Finding, Level, Status
from aicheck.core.report import Report
from aicheck.report import Options
from aicheck.report.facts import shown_subject
from aicheck.report.markdown import document
from aicheck.report.safety import visible

__all__ = ["SUMMARY_LIMIT", "command", "render", "render_summary"]

SUMMARY_LIMIT: Final = 900_000
_COMMANDS: Final = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}


def _data(text: str) -> str:
    """Escape the message of a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Escape the value of a property of a workflow command."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def command(level: str, message: str, title: str) -> str:
    """Return one workflow command without a place; `level` is `error`, `warning` or `notice`."""
    return f"::{level} title={_property(visible(title, 200))}::{_data(visible(message, 4000))}"


def _command(finding: Finding, options: Options) -> str:
    properties = [f"title={_property(visible(f'aicheck: {finding.rule}', 200))}"]
    if finding.occurrences:
        place = finding.occurrences[0]
        prefix = options.base_path.strip("/")
        path = f"{prefix}/{place.path}" if prefix else place.path
        properties += [
            f"file={_property(visible(path, 1000))}",
            f"line={place.line}",
            f"col={place.column}",
        ]
        if place.end > place.column:
            properties += [f"endLine={place.line}", f"endColumn={place.end}"]
    unknown = " (cannot be told)" if finding.status is Status.UNKNOWN else ""
    lines = [f"{visible(shown_subject(finding.subject), 300)}: {visible(finding.message, 1000)}{unknown}"]
    lines += [f"{visible(label, 40)}: {visible(text, 500)}" for label, text in finding.because[:5]]
    if finding.help:
        lines.append(visible(finding.help, 300))
    message = _data("\n".join(lines))
    return f"::{_COMMANDS[finding.level]} {','.join(properties)}::{message}"


def render(report: Report, options: Options) -> bytes:
    """Workflow commands, new and grave findings first, at most `annotations` of a level; the rest is counted."""
    base = report.baseline
    new = frozenset(base.new_findings) if base is not None else frozenset()
    counted = [one for one in report.findings if one.waiver is None]
    lines = []
    for level in Level:
        of_level = sorted(
            (one for one in counted if one.level is level),
            key=lambda one: (
                base is not None and one.fingerprint not in new,
                one.status is Status.UNKNOWN,
                not one.occurrences,
            ),
        )
        most = max(options.annotations, 1)
        room = most if len(of_level) <= most else most - 1
        lines += [_command(one, options) for one in of_level[:room]]
        if len(of_level) > room:
            more = len(of_level) - room
            lines.append(f"::{_COMMANDS[level]} title=aicheck::{more} more findings: see the step summary")
    return "".join(f"{line}\n" for line in lines).encode()


def render_summary(report: Report, options: Options) -> bytes:  # noqa: ARG001 - every format has this signature
    """Markdown for GITHUB_STEP_SUMMARY, at most 900,000 bytes."""
    findings, models = 1000, 1000
    text = document(report, findings=findings, models=models).encode()
    while len(text) > SUMMARY_LIMIT and (findings > 1 or models > 1):
        findings, models = max(findings // 2, 1), max(models // 2, 1)
        text = document(report, findings=findings, models=models, graph=False).encode()
    return text[:SUMMARY_LIMIT].decode(errors="ignore").encode()
