"""Rule by rule: no fact that is not seen, no look-up that failed and no file that was skipped clears a component.

Taken are the rules' own cases of what is bad or not known. Of each, every fact at any depth is lost in turn.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from aicheck.core.evidence import Absent, Disputed, Gap, GapReason, Known
from aicheck.core.finding import Verdict
from aicheck.evaluate import evaluate
from aicheck.evaluate.registry import RULES
from tests import builders as b
from tests.evaluate.helpers import ask, policy_of, rule_of
from tests.evaluate.matrix import CASES

BAD = [(rule, options, part) for rule, options, part, verdict in (each.values for each in CASES) if verdict is not Verdict.PASS]  # fmt: skip
LOST = (GapReason.NOT_STATED, GapReason.OFFLINE, GapReason.UNREACHABLE, GapReason.INVALID_ANSWER)
UNREAD = (GapReason.UNREADABLE, GapReason.UNPARSABLE, GapReason.TOO_LARGE, GapReason.TOO_DEEP)
TODAY = date(2026, 11, 23)


def _less(value: Any, where: str = "") -> Iterator[tuple[str, Any]]:
    """The same value with one of its facts not seen, for every fact in it, at any depth."""
    if isinstance(value, Known | Disputed | Absent) and where:
        for reason in LOST:
            yield f"{where}: {reason.value}", b.not_seen(where, reason)
        if isinstance(value, Known):
            for name, inner in _less(value.value, where + "."):
                yield name, dataclasses.replace(value, value=inner)
        return
    if isinstance(value, tuple):
        for index, part in enumerate(value):
            for name, inner in _less(part, f"{where}[{index}]"):
                yield name, (*value[:index], inner, *value[index + 1 :])
        return
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            for name, inner in _less(getattr(value, field.name), f"{where}{field.name}"):
                yield name, dataclasses.replace(value, **{field.name: inner})


def test_every_rule_has_such_cases() -> None:
    assert {rule for rule, _, _ in BAD} == set(RULES)
    assert sum(len(list(_less(part))) for _, _, part in BAD) > 4_000


@pytest.mark.parametrize("rule", sorted(RULES))
def test_no_lost_fact_clears(rule: str) -> None:
    cleared = [
        (options, part.ref, what)
        for name, options, part in BAD
        if name == rule
        for what, less in _less(part)
        if ask(rule_of(rule, {**options, "on_unknown": "inconclusive"}), less).verdict is Verdict.PASS
    ]
    # The policy says itself that what nobody states of a trusted developer's closed model is fine; a failed look-up is not.
    own_word = [
        each for each in cleared if "trusted_closed_developers" in each[0] and each[2] == "stands_for: not-stated"
    ]
    assert [each for each in cleared if each not in own_word] == []


@pytest.mark.parametrize("reason", UNREAD)
@pytest.mark.parametrize("rule", sorted(RULES))
def test_no_skipped_file_clears(rule: str, reason: GapReason) -> None:
    """The file that names a component is not read: the component is gone, and the gap stands in its place."""
    whole = {"level": "error", "on_unknown": "inconclusive"}
    for name, options, _ in BAD:
        if name == rule:
            policy = policy_of({rule: {**whole, **options}} | {"reference-resolvable": whole})
            gap = Gap("bad.py", reason, "", "bad.py")
            assert evaluate(b.inventory(gaps=(gap,)), (), policy, today=TODAY).verdict is Verdict.INCONCLUSIVE, (
                options
            )
            company = b.model()
            assert ask(policy, company, gaps=(gap,)).verdict is not Verdict.PASS, options


@pytest.mark.parametrize("rule", sorted(RULES))
def test_no_company_clears(rule: str) -> None:
    """Beside a component that is fine, before or after it, the verdict of a bad one stands."""
    for name, options, part in BAD:
        if name == rule and part.references:  # without a place it is an ancestor, which its descendants answer for
            policy = rule_of(rule, {**options, "on_unknown": "inconclusive"})
            alone = ask(policy, part).verdict
            fine = b.library("pkg:pypi/numpy@2.0.0")
            for parts in ((fine, part), (part, fine)):
                assert ask(policy, *parts).verdict in {alone, Verdict.FAIL}, options
