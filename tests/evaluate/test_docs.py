"""The policy guide's examples are policies, and it names every pack and operator."""

import re
from pathlib import Path

import pytest

from aicheck.evaluate import load_policy, pack_names
from aicheck.evaluate.cases import run_cases
from aicheck.evaluate.conditions import OPERATORS

GUIDE = Path(__file__).parents[2] / "docs" / "policies.md"
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_examples_load_and_pass(block, tmp_path):
    path = tmp_path / "policy.yaml"
    path.write_text(block if "version: 1" in block else f"version: 1\n{block}", encoding="utf-8")
    policy = load_policy(path)
    assert [(r.name, r.differences) for r in run_cases(policy) if not r.passed] == []


def test_the_guide_names_every_pack_and_operator():
    text = GUIDE.read_text(encoding="utf-8")
    assert len(BLOCKS) == 2
    for name in (*pack_names(), *OPERATORS):
        assert f"`{name}`" in text, name
