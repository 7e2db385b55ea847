"""SARIF, JUnit, CSV, Markdown, GitHub and in-toto: what their readers rely on."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from aicheck.core.finding import Level, Status, Verdict
from aicheck.errors import ConfigError
from aicheck.report import RulePage, render
from aicheck.report.csv_ import COLUMNS, guard
from aicheck.report.github import SUMMARY_LIMIT
from tests.report.samples import empty_report, only_models, sample_report


def sarif(report, **options):
    return json.loads(render(report, "sarif", **options))["runs"][0]


def test_sarif_has_what_code_scanning_asks_for() -> None:
    pages = {
        "origin-allowed": RulePage("origin-allowed", "Origins that the policy allows.", "# Why\n\nBecause.", 9.1)
    }
    run = sarif(sample_report(), rules=pages)
    rules = {one["id"]: one for one in run["tool"]["driver"]["rules"]}
    assert rules["origin-allowed"]["help"]["markdown"] == "# Why\n\nBecause."
    assert rules["origin-allowed"]["properties"]["security-severity"] == "9.1"
    assert set(rules) == {"origin-allowed", "weights-safe", "provider-allowed", "inventory-complete"}
    first = run["results"][0]
    assert first["ruleIndex"] == [one["id"] for one in run["tool"]["driver"]["rules"]].index(first["ruleId"])
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "services/rag/app.py"
    assert place["region"]["startLine"] == 14
    assert place["region"]["startColumn"] == 35
    assert first["partialFingerprints"]["primaryLocationLineHash"] == "0123456789abcdef0123456789abcdef:1"
    assert first["baselineState"] == "new"
    waived = next(one for one in run["results"] if one["ruleId"] == "weights-safe")
    assert waived["suppressions"][0]["status"] == "accepted"
    assert "loaded with use_safetensors" in waived["suppressions"][0]["justification"]
    nowhere = next(one for one in run["results"] if one["ruleId"] == "inventory-complete")
    assert nowhere["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "policies/us-dod.yaml"
    notes = run["invocations"][0]["toolExecutionNotifications"]
    assert any("broken.yaml" in one["message"]["text"] for one in notes)


def _empty_strings(value, path="") -> list[str]:
    if isinstance(value, dict):
        return [found for key, item in value.items() for found in _empty_strings(item, f"{path}/{key}")]
    if isinstance(value, list):
        return [found for number, item in enumerate(value) for found in _empty_strings(item, f"{path}/{number}")]
    return [path] if value == "" else []


@pytest.mark.parametrize("report", [sample_report(), empty_report()])
def test_sarif_has_no_empty_string(report) -> None:
    assert _empty_strings(sarif(report)) == []


def test_sarif_fingerprints_do_not_move_with_lines() -> None:
    report = sample_report()
    moved = replace(
        report,
        findings=tuple(
            replace(one, occurrences=tuple(replace(place, line=place.line + 7) for place in one.occurrences))
            for one in report.findings
        ),
    )
    before = [one["partialFingerprints"] for one in sarif(report)["results"]]
    assert before == [one["partialFingerprints"] for one in sarif(moved)["results"]]


def test_sarif_limits_are_said() -> None:
    report = sample_report()
    many = tuple(replace(report.findings[0], fingerprint=f"{number:032x}") for number in range(6000))
    run = sarif(replace(report, findings=many))
    assert len(run["results"]) == 5000
    notes = run["invocations"][0]["toolExecutionNotifications"]
    assert "1000 more findings" in notes[-1]["message"]["text"]


def test_sarif_paths() -> None:
    report = sample_report()
    finding = report.findings[0]
    place = replace(finding.occurrences[0], path="a b/ü#1.py")
    run = sarif(replace(report, findings=(replace(finding, occurrences=(place,)),)), base_path="services/x/")
    uri = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "services/x/a%20b/%C3%BC%231.py"


def test_sarif_message_makes_no_links() -> None:
    report = sample_report()
    finding = replace(report.findings[0], message="[click](http://evil)")
    text = sarif(replace(report, findings=(finding,)))["results"][0]["message"]["text"]
    assert "\\[click\\](http://evil)" in text


def test_junit() -> None:
    root = ET.fromstring(render(sample_report(), "junit"))
    suite = root.find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors"), suite.get("skipped")) == (
        "4",
        "1",
        "0",
        "1",
    )
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert "services/rag/app.py:14:35" in (failure.text or "")
    clean = ET.fromstring(render(empty_report(), "junit")).find("testsuite")
    assert clean is not None
    assert clean.get("failures") == "0"
    assert [case.get("classname") for case in clean] == [
        "aicheck.origin-allowed",
        "aicheck.provider-allowed",
        "aicheck.weights-safe",
    ]


def test_csv() -> None:
    rows = list(csv.DictReader(io.StringIO(render(sample_report(), "csv").decode(), newline="")))
    assert tuple(rows[0]) == COLUMNS
    model = next(row for row in rows if row["name"] == "nvidia/OpenReasoning-Nemotron-7B")
    assert model["developer_country"] == "US"
    assert model["root_countries"] == "CN"
    assert model["license"].startswith("disputed: Apache-2.0")
    assert (model["findings"], model["waived"]) == ("1", "1")
    assert model["executable_formats"] == "pytorch-pickle"
    assert model["first_place"] == "services/rag/app.py:14:35"


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "＝1", "|cmd"])
def test_csv_guards_formulas(cell: str) -> None:
    assert guard(cell)[0] in "'\\"


def test_markdown() -> None:
    text = render(sample_report(), "markdown").decode()
    assert text.startswith("## ❌ aicheck: FAIL")
    assert "| ❌ new | `origin-allowed` | `nvidia/OpenReasoning-Nemotron-7B` |" in text
    assert "```mermaid\nflowchart LR\n" in text
    assert "-- finetune -->" in text
    assert "### Where data goes" in text
    assert "loaded with use&#95;safetensors" in text


def test_github_annotations() -> None:
    lines = render(sample_report(), "github").decode().splitlines()
    assert lines[0].startswith(
        "::error title=aicheck%3A origin-allowed,file=services/rag/app.py,line=14,col=35,endLine=14,endColumn=67::"
    )
    assert len(lines) == 3
    many = only_models(90)
    drawn = render(many, "github").decode().splitlines()
    assert len(drawn) == 10
    assert drawn[-1] == "::error title=aicheck::21 more findings: see the step summary"


def test_github_new_findings_first() -> None:
    report = only_models(90)
    last = report.findings[-1]
    base = sample_report().baseline
    assert base is not None
    ranked = render(replace(report, baseline=replace(base, new_findings=(last.fingerprint,))), "github").decode()
    assert last.subject in ranked.splitlines()[0]


def test_summary_stays_below_the_limit() -> None:
    report = only_models(3000)
    long = tuple(replace(one, message="x" * 2000) for one in report.findings)
    data = render(replace(report, findings=long), "github-summary")
    assert len(data) <= SUMMARY_LIMIT
    assert data.decode().startswith("## ❌ aicheck: FAIL")


def intoto(report, **options):
    return json.loads(render(report, "intoto", **options))


def test_intoto_test_result() -> None:
    report = sample_report()
    bom = render(report, "cyclonedx")
    document = intoto(report, bom=bom)
    assert document["_type"] == "https://in-toto.io/Statement/v1"
    assert document == intoto(report)
    assert document["subject"][1]["digest"] == {"gitCommit": report.project_version}
    predicate = document["predicate"]
    assert predicate["result"] == "FAILED"
    assert predicate["failedTests"] == ["origin-allowed"]
    assert predicate["passedTests"] == ["weights-safe"]
    assert predicate["configuration"][0]["digest"] == {"sha256": "e" * 64}


def test_intoto_inconclusive_never_passes() -> None:
    report = replace(sample_report(), verdict=Verdict.INCONCLUSIVE, findings=sample_report().findings[2:])
    predicate = intoto(report)["predicate"]
    assert predicate["result"] == "FAILED"
    assert "provider-allowed" in predicate["failedTests"]
    assert intoto(report, predicate="vsa")["predicate"]["verificationResult"] == "FAILED"


def test_intoto_svr_and_vsa_on_pass() -> None:
    svr = intoto(empty_report(), predicate="svr")
    assert svr["predicateType"] == "https://in-toto.io/attestation/svr/v0.2"
    assert svr["predicate"]["properties"][:2] == ["AICHECK_POLICY_PASSED", "AICHECK_ORIGIN_ALLOWED"]
    vsa = intoto(empty_report(), predicate="vsa")["predicate"]
    assert (vsa["verificationResult"], vsa["verifiedLevels"]) == ("PASSED", ["AICHECK_POLICY_PASSED"])
    with pytest.raises(ConfigError, match="for a pass alone"):
        render(sample_report(), "intoto", predicate="svr")


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ConfigError, match="unknown format 'pdf' - one of text, json"):
        render(sample_report(), "pdf")
    with pytest.raises(ConfigError, match="unknown report option"):
        render(sample_report(), "text", colour=True)
    with pytest.raises(ConfigError, match="unknown predicate"):
        render(sample_report(), "intoto", predicate="x")


def test_mermaid_labels_are_entities() -> None:
    from aicheck.report.markdown import mermaid

    report = sample_report()
    part = next(one for one in report.components if one.lineage.ancestors)
    evil = replace(part.lineage.ancestors[0], id='a"]; click n0 "javascript:x')
    chart = mermaid([replace(part, lineage=replace(part.lineage, ancestors=(evil,)))])
    labels = [line for line in chart if "[" in line]
    assert all(re.fullmatch(r'  n\d+\["[^"<>]*"\]', line) for line in labels), labels


def test_a_rule_under_another_name_has_its_page_in_sarif() -> None:
    report = sample_report()
    variant = replace(report.findings[0], rule="origin-allowed/eu-2")
    page = RulePage("origin-allowed", "Origins that are allowed.", "# origin-allowed\n\nWhy it matters.")
    document = json.loads(render(replace(report, findings=(variant,)), "sarif", rules={"origin-allowed": page}))
    rule = next(
        one for one in document["runs"][0]["tool"]["driver"]["rules"] if one["id"] == "origin-allowed/eu-2"
    )
    assert rule["name"] == "OriginAllowedEu2"
    assert rule["shortDescription"]["text"] == "Origins that are allowed."
    assert "Why it matters." in rule["help"]["markdown"]


def test_markdown_says_once_what_is_said_at_several_places() -> None:
    report = sample_report()
    error = next(one for one in report.findings if one.level is Level.ERROR and one.waiver is None)
    place = replace(error.occurrences[0], path="other.py", line=7)
    again = replace(error, occurrences=(place,), fingerprint="f" * 32)
    text = render(replace(report, findings=(error, again), baseline=None), "markdown").decode()
    rows = [line for line in text.splitlines() if line.startswith("| ❌")]
    assert len(rows) == 1
    assert rows[0].endswith("+2 |")
    assert "2 errors" in text


@pytest.mark.parametrize(
    ("level", "effect", "status", "tag"),
    [
        (Level.WARNING, Verdict.FAIL, Status.VIOLATION, "failure"),
        (Level.WARNING, Verdict.INCONCLUSIVE, Status.UNKNOWN, "error"),
        (Level.WARNING, Verdict.PASS, Status.VIOLATION, "system-out"),
        (Level.ERROR, Verdict.FAIL, Status.VIOLATION, "failure"),
    ],
)
def test_junit_fails_what_fails_the_policy(level: Level, effect: Verdict, status: Status, tag: str) -> None:
    report = sample_report()
    one = replace(report.findings[0], level=level, effect=effect, status=status, waiver=None)
    root = ET.fromstring(render(replace(report, findings=(one,)), "junit"))
    case = root.find(f".//testcase[@classname='aicheck.{one.rule}']")
    assert case is not None
    assert [child.tag for child in case] == [tag]


def test_a_warning_that_fails_is_a_failed_test() -> None:
    report = sample_report()
    one = replace(report.findings[0], level=Level.WARNING, effect=Verdict.FAIL, waiver=None)
    predicate = json.loads(render(replace(report, findings=(one,)), "intoto"))["predicate"]
    assert predicate["failedTests"] == [one.rule]
    assert one.rule not in predicate["warnedTests"]
