"""Policies of one rule, for tests of rules and engine."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from pathlib import Path
from typing import Any

from aicheck.core.component import Component
from aicheck.core.evidence import Gap
from aicheck.core.finding import Level
from aicheck.evaluate import Evaluation, Policy, evaluate, load_policy
from tests import builders as b

TODAY = dt.date(2026, 11, 23)


def policy_of(rules: dict[str, Any], **more: Any) -> Policy:
    """A policy from plain data, through a file, as a user's."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "policy.yaml"
        path.write_text(json.dumps({"version": 1, "rules": rules, **more}), encoding="utf-8")
        return load_policy(path)


def rule_of(rule: str, options: dict[str, Any], **more: Any) -> Policy:
    settings = {"level": "error", "on_unknown": "inconclusive", **options}
    return policy_of({rule: settings}, **more)


def ask(policy: Policy, *parts: Component, gaps: tuple[Gap, ...] = (), fail_on: Level = Level.ERROR) -> Evaluation:
    return evaluate(b.inventory(*parts, gaps=gaps), parts, policy, today=TODAY, fail_on=fail_on)
