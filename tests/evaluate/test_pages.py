"""Every rule has a page, its options are on it, and its examples run."""

import re

import pytest

from aicheck.evaluate.cases import run_cases
from aicheck.evaluate.policy import load_policy
from aicheck.evaluate.registry import RULES, page
from aicheck.resources import schemas_dir

SECTIONS = ["## Why it matters", "## Example", "## How to fix", "## Options"]


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_page_has_its_sections_and_options(rule):
    text = page(rule.id)
    assert text is not None
    assert text.startswith(f"# {rule.id}\n")
    assert [line for line in text.splitlines() if line.startswith("## ")] == SECTIONS
    documented = re.findall(r"^\| `([a-z_]+)` \|", text, re.MULTILINE)
    assert documented == [option.name for option in rule.options]


@pytest.mark.parametrize("rule", RULES)
def test_examples_run(rule, tmp_path):
    blocks = re.findall(r"^```yaml\n(.*?)^```$", page(rule), re.MULTILINE | re.DOTALL)
    assert blocks
    for index, block in enumerate(blocks):
        path = tmp_path / f"example-{index}.yaml"
        path.write_text(block, encoding="utf-8")
        policy = load_policy(path)
        assert any(use.rule.id == rule for use in policy.uses)
        results = run_cases(policy)
        assert len(results) >= 2
        assert [(r.name, r.differences) for r in results if not r.passed] == []


def test_module_page_and_rule_have_one_name():
    folder = schemas_dir().parent / "src" / "aicheck" / "evaluate" / "rules"
    if not folder.is_dir():  # an installed wheel
        pytest.skip("not a checkout")
    modules = {path.stem.replace("_", "-") for path in folder.glob("*.py") if path.stem != "__init__"}
    pages = {path.stem for path in folder.glob("*.md")}
    assert modules == pages == set(RULES)


def test_a_use_of_a_rule_has_the_rules_page():
    assert page("origin-allowed/tier-2") == page("origin-allowed")
    assert page("no-such-rule") is None
