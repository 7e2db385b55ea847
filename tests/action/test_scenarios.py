"""What the Action says of changes, step by step, with real bash and real git."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.action.conftest import Gate
from tests.action.runner import Result

MakeGate = Callable[..., Gate]

POLICY = """\
version: 1
name: acme
rules:
  origin-allowed:
    level: error
    on_unknown: ignore
    scope: [developer, any-ancestor]
    deny_countries: [CN]
"""
SETTINGS = 'policy = "policy.yaml"\n'
GUARDED = {"aicheck.toml": SETTINGS, "policy.yaml": POLICY}
GOOD = 'from transformers import AutoModel\nmodel = AutoModel.from_pretrained("microsoft/phi-4")\n'
BAD = 'from transformers import AutoModel\nmodel = AutoModel.from_pretrained("Qwen/Qwen2.5-7B-Instruct")\n'
HIDDEN = (
    'from transformers import AutoModel\nmodel = AutoModel.from_pretrained("nvidia/OpenReasoning-Nemotron-7B")\n'
)


def says(result: Result, verdict: str, code: int, *, new: int | None = None, total: int | None = None) -> None:
    assert result.outputs["verdict"] == verdict, result.log
    assert result.outputs["exit-code"] == str(code), result.log
    assert result.steps[-1].code == code, result.log
    assert result.steps[1].code == 0, "the scan step ends 0 whatever the verdict"
    if new is not None:
        assert result.outputs["new-violations"] == str(new), result.log
    if total is not None:
        assert result.outputs["total-violations"] == str(total), result.log


def test_a_bad_model_is_added(gate: MakeGate) -> None:
    made = gate({**GUARDED, "app.py": GOOD}, {"other.py": HIDDEN})
    made.real = True
    result = made.pull_request()
    says(result, "fail", 1, new=1, total=1)
    assert "::error" in result.log
    assert "other.py" in result.log
    assert "origin-allowed" in result.summary


def test_every_report_is_written_on_failure(gate: MakeGate) -> None:
    result = gate({**GUARDED, "app.py": GOOD}, {"other.py": BAD}).pull_request()
    for name in ("bom", "sarif", "html", "json"):
        text = Path(result.outputs[name]).read_text()
        assert len(text) > 100, name
        assert str(Path(result.outputs["bom"]).parents[1]) not in text, "no path of the runner in a report"
    bom = json.loads(Path(result.outputs["bom"]).read_text())
    assert bom["bomFormat"] == "CycloneDX"
    sarif = json.loads(Path(result.outputs["sarif"]).read_text())
    (found,) = [r for r in sarif["runs"][0]["results"] if r["level"] == "error"]
    assert found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "other.py"


def test_a_bad_model_is_removed(gate: MakeGate) -> None:
    says(gate({**GUARDED, "app.py": BAD}, {"app.py": GOOD}).pull_request(), "pass", 0, new=0, total=0)


def test_a_bad_model_of_the_base_is_not_this_changes_fault(gate: MakeGate) -> None:
    result = gate({**GUARDED, "app.py": BAD}, {"notes.txt": "hello\n"}).pull_request()
    says(result, "pass", 0, new=0, total=1)
    assert "Qwen" in result.summary, "it is shown all the same"


def test_the_whole_tree_is_judged_when_asked_for(gate: MakeGate) -> None:
    result = gate({**GUARDED, "app.py": BAD}, {"notes.txt": "hello\n"}).pull_request(new_only="false")
    says(result, "fail", 1, total=1)


def test_moved_lines_are_not_new(gate: MakeGate) -> None:
    result = gate({**GUARDED, "app.py": BAD}, {"app.py": "# one\n# two\n\n" + BAD}).pull_request()
    says(result, "pass", 0, new=0, total=1)


def test_a_second_use_in_another_file_is_new(gate: MakeGate) -> None:
    says(gate({**GUARDED, "app.py": BAD}, {"more.py": BAD}).pull_request(), "fail", 1, new=1, total=2)


def test_a_waiver_in_the_same_change_does_not_count(gate: MakeGate) -> None:
    waiver = POLICY + (
        "waivers:\n  - rule: origin-allowed\n    purl: pkg:huggingface/Qwen/*\n    reason: we like it\n"
        "    owner: me\n    expires: 2026-12-31\n"
    )
    result = gate({**GUARDED, "app.py": GOOD}, {"policy.yaml": waiver, "app.py": BAD}).pull_request()
    says(result, "fail", 1, new=1)
    assert (
        "::notice title=aicheck::this change also changes the configuration of the gate (policy.yaml)"
        in result.log
    )
    assert "also changes the configuration" in result.summary


def test_a_policy_that_is_loosened_in_the_same_change_does_not_count(gate: MakeGate) -> None:
    loose = {"aicheck.toml": 'policy = "baseline"\nfail-on = "never"\n', "app.py": BAD}
    says(gate({**GUARDED, "app.py": GOOD}, loose).pull_request(), "fail", 1, new=1)


def test_a_deleted_policy_does_not_count(gate: MakeGate) -> None:
    gone = {"aicheck.toml": None, "policy.yaml": None, "app.py": BAD}
    says(gate({**GUARDED, "app.py": GOOD}, gone).pull_request(), "fail", 1, new=1)


def test_a_policy_that_the_base_does_not_have_is_refused(gate: MakeGate) -> None:
    result = gate({"app.py": GOOD}, {"new.yaml": POLICY}).pull_request(policy="new.yaml")
    says(result, "error", 2)
    assert "not in the base revision" in result.log


def test_policies_that_extend_others_come_from_the_base_whole(gate: MakeGate) -> None:
    base = {
        "aicheck.toml": 'policy = "rules/team.yaml"\n',
        "rules/team.yaml": "version: 1\nname: team\nextends: [shared/origin.yaml]\n",
        "rules/shared/origin.yaml": POLICY,
    }
    loose = {"rules/shared/origin.yaml": POLICY.replace("[CN]", "[KP]"), "app.py": BAD}
    says(gate({**base, "app.py": GOOD}, loose).pull_request(), "fail", 1, new=1)


def test_two_configurations_in_one_repository(gate: MakeGate) -> None:
    base = {
        "free/aicheck.toml": 'policy = "baseline"\n',
        "strict/aicheck.toml": SETTINGS,
        "strict/policy.yaml": POLICY,
    }
    made = gate(base, {"free/app.py": BAD})
    says(made.pull_request(path="free\nstrict"), "pass", 0, new=0)
    made.repository.checkout("change")
    made.repository.commit({"strict/app.py": BAD})
    result = made.pull_request(path="free\nstrict")
    says(result, "fail", 1, new=1)
    assert len(result.outputs["sarif"].splitlines()) == 2
    sarif = json.loads(Path(result.outputs["sarif"].splitlines()[1]).read_text())
    place = sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place["uri"] == "strict/app.py", "relative to the repository, not to the scanned path"


def test_merge_group(gate: MakeGate) -> None:
    made = gate({**GUARDED, "app.py": GOOD}, {"app.py": BAD})
    base = made.repository.git("rev-parse", "main")
    made.repository.checkout("change")
    result = made.run("merge_group", {"merge_group": {"base_sha": base, "base_ref": "refs/heads/main"}})
    says(result, "fail", 1, new=1)


def test_push(gate: MakeGate) -> None:
    made = gate({**GUARDED, "app.py": BAD}, {"more.txt": "x"})
    before = made.repository.git("rev-parse", "main")
    made.repository.checkout("change")
    says(made.run("push", {"before": before, "ref": "refs/heads/change"}), "pass", 0, new=0, total=1)
    first = made.run("push", {"before": "0" * 40, "ref": "refs/heads/main", "created": True})
    says(first, "fail", 1, total=1)
    assert "whole tree" in first.summary


@pytest.mark.parametrize("event", ["schedule", "workflow_dispatch"])
def test_events_without_a_base_judge_the_whole_tree(gate: MakeGate, event: str) -> None:
    made = gate({**GUARDED, "app.py": BAD})
    says(made.run(event, {}), "fail", 1, total=1)


def test_a_shallow_checkout_says_which_depth_is_missing(gate: MakeGate, tmp_path: Path) -> None:
    made = gate({**GUARDED, "app.py": GOOD}, {"app.py": BAD})
    made.repository.git("checkout", "-q", "-B", "merge", "main")
    made.repository.merge("change")
    base, head = (made.repository.git("rev-parse", name) for name in ("main", "change"))
    made.repository = made.repository.clone(tmp_path / "shallow", "--depth", "1", "--branch", "merge")
    payload = {"pull_request": {"number": 7, "base": {"sha": base}, "head": {"sha": head}}}
    result = made.run("pull_request", payload)
    says(result, "error", 2)
    assert "fetch-depth: 2" in result.log
    assert "fetch-depth: 2" in result.summary


def test_pull_request_target_is_refused(gate: MakeGate) -> None:
    says(gate({**GUARDED, "app.py": GOOD}).run("pull_request_target", {}), "error", 2)


def test_a_broken_policy_in_the_base_cannot_pass(gate: MakeGate) -> None:
    result = gate({**GUARDED, "policy.yaml": "version: 1\nruels: {}\n", "app.py": GOOD}, {"x": "y"}).pull_request()
    says(result, "error", 2)
    assert "ruels" in result.log


def test_unseen_is_inconclusive(gate: MakeGate) -> None:
    strict = POLICY.replace("on_unknown: ignore", "on_unknown: inconclusive")
    base = {"aicheck.toml": SETTINGS, "policy.yaml": strict, "app.py": GOOD}
    unknown = GOOD.replace("microsoft/phi-4", "nobody-anywhere/unheard-of-7b")
    says(gate(base, {"more.py": unknown}).pull_request(), "inconclusive", 3, new=0)


def test_three_hundred_findings(gate: MakeGate) -> None:
    lines = "".join(f'm{n} = AutoModel.from_pretrained("Qwen/Qwen2.5-7B-Instruct")\n' for n in range(3))
    many = {f"part{n}.py": "from transformers import AutoModel\n" + lines for n in range(300)}
    result = gate({**GUARDED, "app.py": GOOD}, many).pull_request()
    says(result, "fail", 1, new=300, total=300)
    errors = [line for line in result.log.splitlines() if line.startswith("::error")]
    assert len(errors) <= 10
    assert len(result.summary.encode()) <= 900_000


def test_wrong_inputs_say_which(gate: MakeGate) -> None:
    made = gate({**GUARDED, "app.py": GOOD}, {"x": "y"})
    for name, value, message in (
        ("offline", "perhaps", "input offline"),
        ("path", "../elsewhere", "not inside the checkout"),
        ("fail-on", "sometimes", "fail_on"),
        ("base", "0123456789", "not in the checkout"),
        ("config", "nowhere.toml", "not in the base revision"),
    ):
        result = made.pull_request(**{name: value})
        says(result, "error", 2)
        assert message in result.log.replace("fail-on", "fail_on"), result.log


def test_fail_on_never_reports_and_passes(gate: MakeGate) -> None:
    says(gate({**GUARDED, "app.py": GOOD}, {"app.py": BAD}).pull_request(fail_on="never"), "pass", 0)


def inputs_of_action() -> dict[str, Any]:
    import yaml

    from tests.action.runner import ROOT

    return yaml.safe_load((ROOT / "action.yml").read_text())


def test_every_input_and_output_is_documented() -> None:
    from tests.action.runner import ROOT

    page = (ROOT / "docs" / "action.md").read_text()
    action = inputs_of_action()
    for name in (*action["inputs"], *action["outputs"]):
        assert f"`{name}`" in page, name
