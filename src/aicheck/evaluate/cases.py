"""A policy's own test cases: given facts, expected verdict and findings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final

from aicheck.core.finding import Finding, Status
from aicheck.core.frozen import dataclass
from aicheck.evaluate.document import Path
from aicheck.evaluate.engine import Evaluation, evaluate
from aicheck.evaluate.given import given_components, given_inventory
from aicheck.evaluate.policy import Policy

__all__ = ["CaseResult", "run_cases"]

DEFAULT_TODAY: Final = dt.date(2026, 11, 23)
"""So that a case without a date gives the same answer every day."""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What one case gave."""

    name: str
    location: str
    """policy file:line."""
    differences: tuple[str, ...]
    """One sentence each; () where the case passed."""
    evaluation: Evaluation

    @property
    def passed(self) -> bool:
        """Nothing differs from what was expected."""
        return not self.differences


def _keys(findings: Iterable[Finding], status: Status) -> list[str]:
    return sorted({f.rule for f in findings if f.status is status and f.waiver is None})


def _compare(what: str, expected: Sequence[str], found: Sequence[str]) -> list[str]:
    missing = sorted(set(expected) - set(found))
    more = sorted(set(found) - set(expected))
    return [
        *([f"expected {what}: {', '.join(missing)}"] if missing else []),
        *([f"unexpected {what}: {', '.join(more)}"] if more else []),
    ]


def run_cases(policy: Policy) -> tuple[CaseResult, ...]:
    """Run the test cases of a policy; raises `ConfigError` where a case is no case."""
    document = policy.source
    results: list[CaseResult] = []
    if document is None:
        return ()
    for index, case in enumerate(policy.tests):
        place: Path = ("test", index)
        components = given_components(document, (*place, "given"), case["given"])
        try:
            today = dt.date.fromisoformat(case["today"]) if "today" in case else DEFAULT_TODAY
        except ValueError:
            raise document.error(
                f"'{case['today']}' is no date", (*place, "today"), hint="write YYYY-MM-DD"
            ) from None
        inventory = given_inventory(components, case.get("gaps", []))
        evaluation = evaluate(inventory, components, policy, today=today)
        expected, differences = case["expect"], []
        if "verdict" in expected and expected["verdict"] != evaluation.verdict.value:
            differences.append(f"expected the verdict {expected['verdict']}, found {evaluation.verdict.value}")
        if "violations" in expected:
            found = _keys(evaluation.findings, Status.VIOLATION)
            differences += _compare("violations of", expected["violations"], found)
        if "unknown" in expected:
            found = _keys(evaluation.findings, Status.UNKNOWN)
            differences += _compare("unknown answers of", expected["unknown"], found)
        for text in expected.get("messages", []):
            if not any(text in finding.message for finding in evaluation.findings):
                differences.append(f"expected a message with '{text}'")
        line, _ = document.place(place)
        results.append(CaseResult(case["name"], f"{document.path}:{line}", tuple(differences), evaluation))
    return tuple(results)
