"""The shipped packs: well formed, cited, tested by themselves, and saying what they promise."""

import pytest

from aicheck.core.finding import Status, Verdict
from aicheck.evaluate import load_policy, pack_names
from aicheck.evaluate.cases import run_cases
from aicheck.resources import policies_dir

PACKS = (
    "air-gapped",
    "baseline",
    "commercial-product",
    "eu-ai-act-gpai",
    "self-hosted-only",
    "strict",
    "supply-chain-hardening",
    "us-dod-contractor",
    "us-federal-vendor",
    "us-section-1260h",
    "us-state-government",
)


def test_all_packs_ship():
    assert pack_names() == PACKS


@pytest.mark.parametrize("name", PACKS)
def test_pack_passes_its_own_cases(name):
    policy = load_policy(name)
    assert policy.info.name == name
    assert policy.info.summary
    results = run_cases(policy)
    assert [(r.name, r.differences) for r in results if not r.passed] == []
    verdicts = {result.evaluation.verdict for result in results}
    assert Verdict.PASS in verdicts, "a pack that nothing passes is no gate"
    assert Verdict.FAIL in verdicts, "a pack that nothing fails is no gate"


@pytest.mark.parametrize("name", PACKS)
def test_pack_is_cited_and_disclaimed(name):
    text = (policies_dir() / f"{name}.yaml").read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=../schemas/policy.schema.json\n")
    assert "Not legal advice" in text
    head = text.partition("\nversion:")[0].lower()
    assert any(word in head for word in ("practice", "law", "proposed"))


@pytest.mark.parametrize("name", PACKS)
def test_every_rule_that_fails_speaks_in_a_case(name):
    """A rule at error that no case ever makes speak could be misspelt into silence."""
    policy = load_policy(name)
    spoken = {f.rule for result in run_cases(policy) for f in result.evaluation.findings}
    errors = {use.key for use in policy.uses if use.level.value == "error"}
    assert errors - spoken == set()


def test_a_violation_in_a_pack_names_its_place():
    policy = load_policy("us-dod-contractor")
    found = [
        f
        for result in run_cases(policy)
        for f in result.evaluation.findings
        if f.rule == "origin-allowed/s1532" and f.status is Status.VIOLATION
    ]
    assert found
    for finding in found:
        path, _, rest = finding.policy_location.partition(":")
        line, _, option = rest.partition("  ")
        assert path == "policies/us-dod-contractor.yaml"
        assert option == "origin-allowed/s1532.deny_entities"
        text = (policies_dir() / "us-dod-contractor.yaml").read_text().splitlines()[int(line) - 1]
        assert "deny_entities" in text
        assert ("clause", "FY2026 NDAA s.1532(a)(3)(A)") in finding.because
