"""From facts and a policy to findings and a verdict; pure."""

from __future__ import annotations

from aicheck.evaluate.engine import Evaluation, evaluate
from aicheck.evaluate.facts import facts_of
from aicheck.evaluate.policy import Policy, load_policy, pack_names

__all__ = ["Evaluation", "Policy", "evaluate", "facts_of", "load_policy", "pack_names"]
