"""Unsigned in-toto statements about a BOM; signing them is the work of cosign or actions/attest.

`test-result` says what passed and failed, whatever the verdict; `svr` states passing properties, so it exists on a
pass alone; `vsa` is SLSA's verification summary. Predicates: in-toto.io/attestation/test-result/v0.1,
in-toto.io/attestation/svr/v0.2, slsa.dev/verification_summary/v1.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final

from aicheck.core.finding import Finding, Level, PolicyInfo, Status, Verdict
from aicheck.core.report import Report
from aicheck.errors import ConfigError
from aicheck.report import Options
from aicheck.report.plain import dump
from aicheck.report.safety import percent

__all__ = ["PREDICATES", "render", "statement"]

PREDICATES: Final = ("test-result", "svr", "vsa")
_STATEMENT: Final = "https://in-toto.io/Statement/v1"
_VERIFIER: Final = "https://pypi.org/project/aicheck-cli"
_COMMIT: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")

Value = dict[str, Any]


def _policy(policy: PolicyInfo, uri: str | None) -> Value:
    return {"name": policy.name, "uri": uri or policy.path, "digest": {"sha256": policy.sha256}}


def _counts(finding: Finding) -> bool:
    return finding.waiver is None


def _test_result(report: Report, policy: PolicyInfo, options: Options) -> Value:
    failed = {one.rule for one in report.findings if _counts(one) and one.effect is Verdict.FAIL}
    if not failed and report.verdict is Verdict.FAIL:  # a report that does not say what each finding makes of it
        failed = {one.rule for one in report.findings if _counts(one) and one.level is Level.ERROR}
    warned = {one.rule for one in report.findings if _counts(one)} - failed
    every = {rule for rule, _ in policy.rules} | {one.rule for one in report.findings}
    if report.verdict is Verdict.PASS:
        result = "WARNED" if warned else "PASSED"
    else:
        # The predicate knows no third answer; what could not be seen must not read as passed.
        result = "FAILED"
        if report.verdict is Verdict.INCONCLUSIVE:
            unseen = [one for one in report.findings if _counts(one) and one.status is Status.UNKNOWN]
            failed |= {one.rule for one in unseen if one.effect is Verdict.INCONCLUSIVE} or {
                one.rule for one in unseen
            }
            warned -= failed
    return {
        "result": result,
        "configuration": [_policy(policy, options.policy_uri)],
        "passedTests": sorted(every - failed - warned),
        "warnedTests": sorted(warned),
        "failedTests": sorted(failed),
    }


def _svr(report: Report, policy: PolicyInfo, options: Options) -> Value:
    if report.verdict is not Verdict.PASS:
        raise ConfigError(
            "a simple verification result exists for a pass alone",
            hint="write the test-result statement, which carries every outcome",
        )
    found = {one.rule for one in report.findings if _counts(one)}
    passed = sorted({rule for rule, _ in policy.rules} - found)
    return {
        "verifier": {"id": _VERIFIER, "policies": [_policy(policy, options.policy_uri)]},
        "timeCreated": report.created,
        "properties": [
            "AICHECK_POLICY_PASSED",
            *(f"AICHECK_{re.sub('[^A-Z0-9]+', '_', rule.upper())}" for rule in passed),
        ],
    }


def _vsa(report: Report, policy: PolicyInfo, options: Options) -> Value:
    passed = report.verdict is Verdict.PASS
    version = f"@{percent(report.project_version)}" if report.project_version else ""
    return {
        "verifier": {"id": _VERIFIER, "version": {report.tool.name: report.tool.version}},
        "timeVerified": report.created,
        "resourceUri": f"pkg:generic/{percent(report.project)}{version}",
        "policy": {"uri": options.policy_uri or policy.path, "digest": {"sha256": policy.sha256}},
        "verificationResult": "PASSED" if passed else "FAILED",
        # No SLSA level follows from a policy on models: a level of our own, outside SLSA's name space.
        "verifiedLevels": ["AICHECK_POLICY_PASSED"] if passed else [],
    }


def statement(report: Report, options: Options) -> Value:
    """The statement as plain values; its subjects are the BOM by sha256 and, where known, the git commit.

    Raises `ConfigError` for an unknown predicate, a report without a verdict, or `svr` without a pass.
    """
    if options.predicate not in PREDICATES:
        raise ConfigError(f"unknown predicate {options.predicate!r}", hint=f"one of {', '.join(PREDICATES)}")
    if report.verdict is None or report.policy is None:
        raise ConfigError("an in-toto statement needs a verdict", hint="scan with a policy")
    bom = options.bom
    if bom is None:
        from aicheck.report.cyclonedx import render as render_bom

        bom = render_bom(report, options)
    subjects: list[Value] = [{"name": options.bom_name, "digest": {"sha256": hashlib.sha256(bom).hexdigest()}}]
    if report.project_version and _COMMIT.match(report.project_version):
        subjects.append({"name": report.project, "digest": {"gitCommit": report.project_version}})
    kind, make = {
        "test-result": ("https://in-toto.io/attestation/test-result/v0.1", _test_result),
        "svr": ("https://in-toto.io/attestation/svr/v0.2", _svr),
        "vsa": ("https://slsa.dev/verification_summary/v1", _vsa),
    }[options.predicate]
    return {
        "_type": _STATEMENT,
        "subject": subjects,
        "predicateType": kind,
        "predicate": make(report, report.policy, options),
    }


def render(report: Report, options: Options) -> bytes:
    """The statement as JSON."""
    return dump(statement(report, options))
