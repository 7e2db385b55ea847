"""`aicheck policy …` and `aicheck explain`."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from aicheck.cli import explain, policy
from aicheck.evaluate import pack_names
from aicheck.evaluate.registry import RULES


def run(*args):
    return CliRunner().invoke(policy.command, list(args))


def test_list():
    result = run("list")
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.output.splitlines()] == list(pack_names())
    rows = json.loads(run("list", "-f", "json").output)["policies"]
    assert [row["name"] for row in rows] == list(pack_names())
    assert all(row["summary"] and row["rules"] for row in rows)


def test_check_every_pack():
    result = run("check", *pack_names())
    assert result.exit_code == 0
    assert result.output.count(": ok") == len(pack_names())


def test_check_names_every_wrong_policy(tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text("version: 1\nrulez: {}\n")
    result = run("check", str(bad), "baseline", "-f", "json")
    assert result.exit_code == 2
    first, second = json.loads(result.output)["policies"]
    assert (first["ok"], first["line"], first["column"]) == (False, 2, 1)
    assert first["hint"] == "did you mean 'rules'?"
    assert second["ok"]
    text = run("check", str(bad))
    assert text.exit_code == 2
    assert f"{bad.name}:2:1: unknown key 'rulez' - did you mean 'rules'?" in text.output


def test_check_knows_waivers_that_run_too_long(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795392000")
    path = tmp_path / "p.yaml"
    path.write_text(
        "version: 1\nmax_waiver_days: 10\nrules:\n  weights-safe: {level: error, on_unknown: fail}\nwaivers:\n"
        "  - {rule: weights-safe, purl: 'pkg:*', reason: r, owner: o, expires: 2099-01-01}\n"
    )
    result = run("check", str(path))
    assert result.exit_code == 2
    assert ":6:5: the waiver expires in" in result.output


def test_test_passes_and_fails(tmp_path):
    assert run("test", "baseline", "strict").exit_code == 0
    path = tmp_path / "p.yaml"
    path.write_text(
        "version: 1\nrules:\n  data-age: {level: error, on_unknown: fail, max_days: 1}\n"
        "test:\n  - name: wrong\n    given: [{target: 'hf:a/b'}]\n    expect: {verdict: pass, violations: [data-age]}\n"
    )
    result = run("test", str(path))
    assert result.exit_code == 1
    assert f"FAILED {path}: wrong" in result.output
    assert f"{path.name}:5: expected the verdict pass, found fail" in result.output
    assert "expected violations of: data-age" in result.output
    parsed = json.loads(run("test", str(path), "-f", "json").output)
    assert parsed["passed"] is False
    assert parsed["cases"][0]["findings"][0]["rule"] == "data-age"


@pytest.mark.parametrize(
    ("given", "part"),
    [
        ("{target: nonsense}", "not a target"),
        ("{target: 'hf:a/b', developer: {naem: x}}", "unknown key 'naem'"),
        ("{target: 'hf:a/b', developer: {country: CN}}", "not complete"),
        ("{target: 'hf:a/b', license: {unseen: never}}", "no reason of a gap"),
        ("{target: 'hf:a/b', license: {disputed: [MIT]}}", "at least two sides"),
        ("{target: 'hf:a/b', colour: red}", "unknown key 'colour'"),
    ],
)
def test_wrong_cases_are_config_errors(tmp_path, given, part):
    path = tmp_path / "p.yaml"
    path.write_text(f"version: 1\ntest:\n  - name: x\n    given: [{given}]\n    expect: {{}}\n")
    done = subprocess.run(
        [sys.executable, "-m", "aicheck", "policy", "test", str(path)], capture_output=True, text=True, check=False
    )
    if "No module named aicheck.__main__" in done.stderr:
        done = subprocess.run(
            [sys.executable, "-c", "from aicheck.cli import main; main()", "policy", "test", str(path)],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert f"{path.name}:4:" in done.stderr
    assert part in done.stderr
    assert "Traceback" not in done.stderr


def test_show_is_a_policy_again(tmp_path):
    text = run("show", "strict").output
    assert "# strict, merged from policies/baseline.yaml, policies/strict.yaml" in text
    again = tmp_path / "again.yaml"
    again.write_text(text)
    one = json.loads(run("show", "strict", "-f", "json").output)
    two = json.loads(run("show", str(again), "-f", "json").output)
    assert one["sha256"] == two["sha256"]
    assert one["policy"] == two["policy"]


def test_explain():
    runner = CliRunner()
    listed = runner.invoke(explain.command, []).output
    assert [line.split()[0] for line in listed.splitlines()] == list(RULES)
    page = runner.invoke(explain.command, ["origin-allowed/tier-2"]).output
    assert page.startswith("# origin-allowed\n")
    row = json.loads(runner.invoke(explain.command, ["origin-allowed", "-f", "json"]).output)
    assert "deny_countries" in {option["name"] for option in row["options"]}
    wrong = runner.invoke(explain.command, ["orign-allowed"])
    assert "did you mean 'origin-allowed'?" in str(wrong.exception)
