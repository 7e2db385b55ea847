"""JUnit XML: one test case per rule and component, so that CI servers show aicheck beside the tests.

A violation that fails the policy is a failure, an unknown that leaves it open an error, a waived finding is
skipped; warnings and notes pass with their text as output, unless `--fail-on` makes them count.
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

from aicheck.core.finding import Finding, Level, Status, Verdict
from aicheck.core.report import Report
from aicheck.report import Options
from aicheck.report.facts import shown_subject
from aicheck.report.safety import visible

__all__ = ["render"]


def _text(finding: Finding) -> str:
    lines = [visible(finding.message, 2000)]
    lines.extend(
        f"  at {visible(place.path, 500)}:{place.line}:{place.column}" for place in finding.occurrences[:20]
    )
    lines.extend(f"  {visible(label, 40)}: {visible(text, 1000)}" for label, text in finding.because[:20])
    if finding.policy_location:
        lines.append(f"  policy: {visible(finding.policy_location, 500)}")
    return "\n".join(lines)


def _case(suite: ET.Element, finding: Finding) -> str:
    """Add one test case; returns what it counts as."""
    case = ET.SubElement(
        suite,
        "testcase",
        classname=f"aicheck.{visible(finding.rule, 100)}",
        name=visible(shown_subject(finding.subject), 500) or "project",
        time="0",
    )
    if finding.occurrences:
        case.set("file", visible(finding.occurrences[0].path, 500))
        case.set("line", str(finding.occurrences[0].line))
    message = visible(finding.message, 500)
    if finding.waiver is not None:
        waiver = finding.waiver
        reason = f"waived until {waiver.expires} by {waiver.owner}: {waiver.reason}"
        ET.SubElement(case, "skipped", message=visible(reason, 500))
        return "skipped"
    counts = finding.level is Level.ERROR or finding.effect is not Verdict.PASS
    if counts and finding.status is Status.VIOLATION:
        ET.SubElement(case, "failure", message=message, type=visible(finding.rule, 100)).text = _text(finding)
        return "failures"
    if counts:
        ET.SubElement(case, "error", message=message, type="unknown").text = _text(finding)
        return "errors"
    ET.SubElement(case, "system-out").text = f"{finding.level.value}: {_text(finding)}"
    return ""


def render(report: Report, options: Options) -> bytes:  # noqa: ARG001 - every format has this signature
    """One test suite; rules without a finding are passed test cases of their own."""
    root = ET.Element("testsuites", name="aicheck")
    policy = report.policy.name if report.policy is not None else "no policy"
    suite = ET.SubElement(root, "testsuite", name=visible(f"aicheck {policy}", 200))
    counts = {"failures": 0, "errors": 0, "skipped": 0}
    for finding in report.findings:
        outcome = _case(suite, finding)
        if outcome:
            counts[outcome] += 1
    found = {finding.rule for finding in report.findings}
    rules = sorted({rule for rule, _ in report.policy.rules} - found) if report.policy is not None else []
    for rule in rules:
        ET.SubElement(
            suite, "testcase", classname=f"aicheck.{visible(rule, 100)}", name="all components", time="0"
        )
    for element in (suite, root):
        element.set("tests", str(len(report.findings) + len(rules)))
        for key, number in counts.items():
            element.set(key, str(number))
        element.set("time", "0")
    suite.set("timestamp", report.created.removesuffix("Z"))
    ET.indent(root)
    data: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return data + b"\n"
