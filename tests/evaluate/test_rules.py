"""Every rule x {known good, known bad, unseen, disputed, absent} x on_unknown."""

import pytest

from aicheck.core.component import LicenseThreshold
from aicheck.core.evidence import Gap, GapReason
from aicheck.core.finding import Level, Status
from aicheck.core.reference import Use
from aicheck.core.target import HubModel
from aicheck.evaluate.registry import RULES
from tests import builders as b
from tests.evaluate.helpers import ask, rule_of
from tests.evaluate.matrix import CASES, CN, COMMIT, MATRIX, NC, ON_UNKNOWN, ORIGIN, F, I, P, at, step


def test_every_rule_is_in_the_matrix():
    assert {rule for rule, _ in MATRIX} == set(RULES)
    for rule in RULES:
        verdicts = {v for (r, _), (_, cases) in MATRIX.items() if r == rule for _, v in cases.values()}
        assert verdicts == {P, F, I}, rule


@pytest.mark.parametrize("on_unknown", ON_UNKNOWN)
@pytest.mark.parametrize(("rule", "options", "part", "verdict"), CASES)
def test_matrix(rule, options, part, verdict, on_unknown):
    result = ask(rule_of(rule, {**options, "on_unknown": on_unknown}), part)
    expected = ON_UNKNOWN[on_unknown] if verdict is I else verdict
    assert result.verdict is expected
    statuses = {finding.status for finding in result.findings}
    if verdict is P:
        assert statuses == set()
    elif verdict is F:
        assert Status.VIOLATION in statuses
    else:
        assert statuses == (set() if on_unknown == "ignore" else {Status.UNKNOWN})
    for finding in result.findings:
        assert finding.message[0] not in " ."
        assert not finding.message.endswith(".")
        assert finding.rule == rule
        assert finding.component == part.ref
        assert finding.policy_location.split(":")[0].endswith("policy.yaml")
        assert finding.help
        assert len(finding.fingerprint) == 32
        if finding.status is Status.UNKNOWN:
            level = {"fail": Level.ERROR, "inconclusive": Level.ERROR, "warn": Level.WARNING}[on_unknown]
            assert finding.level is level


class TestWeightsSafePlaces:
    TWIN = b.weights(b.PICKLE, b.SAFETENSORS)

    @pytest.mark.parametrize(
        "attributes", [{"use_safetensors": "False"}, {"filename": "pytorch_model.bin"}, {"filename": "x.ckpt"}]
    )
    def test_asking_for_the_unsafe_twin(self, attributes):
        target = HubModel("a/b")
        fine = b.reference(target, "fine.py")
        asking = b.reference(target, "asking.py", **attributes)
        part = b.at(b.model("a/b", weights=self.TWIN), fine, asking)
        result = ask(rule_of("weights-safe", {}), part)
        assert [f.occurrences[0].path for f in result.findings] == ["asking.py"]

    def test_denied_twin(self):
        part = b.model("a/b", weights=self.TWIN)
        assert ask(rule_of("weights-safe", {"when_safe_exists": "deny"}), part).verdict is F

    def test_accepted_and_refused_formats(self):
        pickle = b.model(weights=b.weights(b.PICKLE))
        assert ask(rule_of("weights-safe", {"allow_formats": ["pytorch-pickle"]}), pickle).verdict is P
        assert ask(rule_of("weights-safe", {"deny_formats": ["safetensors"]}), b.model()).verdict is F


class TestTerms:
    LIMIT = b.licence(
        "L",
        category="open-weights-restricted",
        commercial_use="yes-with-conditions",
        thresholds=(LicenseThreshold("monthly-active-users", 100.0, "users"),),
        territory_exclusions=("EU", "KR"),
    )

    def verdict(self, options, organisation):
        policy = rule_of("license-allowed", {"allow": ["L"], **options}, organisation=organisation)
        return ask(policy, b.model(license=self.LIMIT)).verdict

    def test_thresholds(self):
        assert self.verdict({}, {"metrics": {"monthly-active-users": 101}}) is F
        assert self.verdict({}, {"metrics": {"monthly-active-users": 100}}) is P
        assert self.verdict({}, {}) is P
        assert self.verdict({"check_thresholds": True}, {}) is I
        assert self.verdict({"check_thresholds": False}, {"metrics": {"monthly-active-users": 101}}) is P

    @pytest.mark.parametrize(
        ("territory", "verdict"),
        [(["DE"], F), (["EU"], F), (["KR"], F), (["US"], P), (["GB", "US"], P), (["US", "FR"], F)],
    )
    def test_territory(self, territory, verdict):
        assert self.verdict({}, {"territory": territory}) is verdict

    def test_territory_not_stated(self):
        assert self.verdict({}, {}) is P
        assert self.verdict({"check_territory": True}, {}) is I
        assert self.verdict({"check_territory": False}, {"territory": ["DE"]}) is P

    def test_money_in_another_currency(self):
        limit = LicenseThreshold("annual-revenue", 100.0, "CNY")
        part = b.model(license=b.licence("L", category="proprietary", thresholds=(limit,)))
        for metrics, verdict in (({"annual-revenue": 500}, I), ({"annual-revenue-CNY": 500}, F)):
            options = {"allow": ["L"], "check_thresholds": True}
            assert (
                ask(rule_of("license-allowed", options, organisation={"metrics": metrics}), part).verdict
                is verdict
            )

    def test_an_organisation_that_sells_nothing(self):
        policy = rule_of("license-allowed", {"require_commercial_use": True}, organisation={"commercial": False})
        assert ask(policy, b.model(license=NC)).verdict is P


def test_exempt_entities_and_lists_come_before_exceptions():
    options = {"deny_countries": ["CN"], "except_entities": ["BAAI"]}
    assert ask(rule_of("origin-allowed", options), b.model(developer=b.org("BAAI", "CN"))).verdict is P
    assert ask(rule_of("origin-allowed", options), b.model(developer=b.org("BAAI fans", "CN"))).verdict is F
    allowed = {"allow_entities": ["Google"], "allow_countries": ["DE"]}
    assert ask(rule_of("origin-allowed", allowed), b.model(developer=b.org("Google", "US"))).verdict is P
    assert ask(rule_of("origin-allowed", allowed), b.model(developer=b.org("Google Fans", "US"))).verdict is F


def test_reviewed_remote_code():
    part = at("a/b", trust_remote_code="true")
    pinned = at("a/b", trust_remote_code="true", revision=COMMIT)
    assert ask(rule_of("remote-code-refused", {"allow_models": ["a/*"]}), part).verdict is P
    assert ask(rule_of("remote-code-refused", {"allow_pinned": True}), pinned).verdict is P
    assert ask(rule_of("remote-code-refused", {"allow_pinned": True}), part).verdict is F


def test_registry_tags_are_no_pins():
    kinds = {"applies_to": {"kinds": ["registry-model"]}}
    assert ask(rule_of("revision-pinned", kinds), b.registry()).verdict is F
    digest = b.registry("oci", "nim/llama", f"sha256:{'a' * 64}")
    assert ask(rule_of("revision-pinned", kinds), digest).verdict is P


def test_files_that_could_not_be_read_are_unknown():
    gap = Gap("nb.ipynb", GapReason.UNPARSABLE, path="nb.ipynb", line=7)
    result = ask(rule_of("reference-resolvable", {}), gaps=(gap,))
    assert result.verdict is I
    (finding,) = result.findings
    assert (finding.component, finding.subject) == (None, "nb.ipynb")
    assert (finding.occurrences[0].path, finding.occurrences[0].line) == ("nb.ipynb", 7)
    assert ask(rule_of("reference-resolvable", {"files": False}), gaps=(gap,)).verdict is P
    skipped = rule_of("reference-resolvable", {"applies_to": {"exclude_paths": ["*.ipynb"]}})
    assert ask(skipped, gaps=(gap,)).verdict is P


def test_the_message_and_the_evidence_of_a_descent():
    chain = b.lineage(
        b.ancestor("Qwen/Qwen2.5-7B-Instruct", child="nvidia/OpenReasoning-Nemotron-7B", developer=CN, root=False),
        b.ancestor("Qwen/Qwen2.5-7B", child="Qwen/Qwen2.5-7B-Instruct", developer=CN, depth=2),
    )
    part = b.model("nvidia/OpenReasoning-Nemotron-7B", developer=b.org("NVIDIA", "US"), lineage=chain)
    (finding,) = ask(rule_of("origin-allowed", {**ORIGIN, "cite": "a law"}), part).findings
    assert finding.message == "weights descend from a model developed by Alibaba Cloud (Qwen) in CN"
    assert finding.because == (
        ("lineage", "nvidia/OpenReasoning-Nemotron-7B → Qwen/Qwen2.5-7B-Instruct (Alibaba Cloud (Qwen), CN)"),
        ("evidence", "model card base_model, declared"),
        (
            "lineage",
            (
                "nvidia/OpenReasoning-Nemotron-7B → Qwen/Qwen2.5-7B-Instruct → Qwen/Qwen2.5-7B "
                "(Alibaba Cloud (Qwen), CN)"
            ),
        ),
        ("clause", "a law"),
    )
    assert finding.policy_location.endswith("policy.yaml:1  origin-allowed.deny_countries")
    assert finding.help == "aicheck explain origin-allowed"


def test_an_inferred_ancestor_is_shown_as_inferred():
    part = step(declared=False, confidence=0.9, claims=b.ancestor("x", declared=False, confidence=0.9).claims)
    (finding,) = ask(rule_of("origin-allowed", ORIGIN), part).findings
    assert any("inferred, confidence 0.90" in text for _, text in finding.because)


def test_a_circular_lineage_ends():
    loop = b.lineage(b.ancestor("a/b", child="c/d", developer=CN), b.ancestor("c/d", child="a/b", developer=CN))
    assert ask(rule_of("origin-allowed", ORIGIN), b.model("x/y", lineage=loop)).verdict is F


@pytest.mark.parametrize("use", [Use.DOCUMENTATION, Use.COMMENT])
def test_prose_is_no_use_unless_the_policy_says_so(use):
    target = HubModel("a/b")
    part = b.at(b.model("a/b", developer=CN), b.reference(target, "README.md", use=use))
    assert ask(rule_of("origin-allowed", {"deny_countries": ["CN"]}), part).verdict is P
    named = {"deny_countries": ["CN"], "applies_to": {"uses": [use.value]}}
    assert ask(rule_of("origin-allowed", named), part).verdict is F
