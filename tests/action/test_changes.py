"""Changes that look like new violations and are none, and the other way round."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from aicheck.cli.app import app
from aicheck.lock.blocks import sealed
from tests.action.conftest import Gate
from tests.action.test_scenarios import BAD, GOOD, GUARDED, POLICY, SETTINGS, says
from tests.ci.gitrepo import Repository
from tests.hub.server import FakeHub, serve

MakeGate = Callable[..., Gate]


def report(result: Any) -> dict[str, Any]:
    return json.loads(Path(result.outputs["json"]).read_text())


def test_a_moved_file_of_an_unchanged_model_is_not_new(gate: MakeGate) -> None:
    made = gate({**GUARDED, "app.py": BAD}, {"app.py": None, "service/main.py": "# moved\n" + BAD})
    result = made.pull_request()
    says(result, "pass", 0, new=0, total=1)
    assert report(result)["baseline"]["resolved_findings"] == []


def test_moved_and_used_once_more_is_new_once(gate: MakeGate) -> None:
    made = gate({**GUARDED, "app.py": BAD}, {"app.py": None, "a.py": BAD, "b.py": BAD})
    says(made.pull_request(), "fail", 1, new=1, total=2)


def test_one_bad_model_does_not_pay_for_another(gate: MakeGate) -> None:
    other = BAD.replace("Qwen2.5-7B-Instruct", "Qwen3-8B")
    says(gate({**GUARDED, "app.py": BAD}, {"app.py": None, "b.py": other}).pull_request(), "fail", 1, new=1)


def test_moved_within_a_waivers_reach_is_waived(gate: MakeGate) -> None:
    waived = POLICY + (
        "waivers:\n  - rule: origin-allowed\n    purl: pkg:huggingface/Qwen/*\n    path: lab/**\n"
        "    reason: only in the laboratory\n    owner: me\n    expires: 2026-12-31\n"
    )
    base = {"aicheck.toml": SETTINGS, "policy.yaml": waived, "lab/app.py": BAD}
    says(gate(base, {"lab/app.py": None, "lab/deep/app.py": BAD}).pull_request(), "pass", 0, new=0)


def test_moved_out_of_a_waivers_reach_is_new(gate: MakeGate) -> None:
    waived = POLICY + (
        "waivers:\n  - rule: origin-allowed\n    purl: pkg:huggingface/Qwen/*\n    path: lab/**\n"
        "    reason: only in the laboratory\n    owner: me\n    expires: 2026-12-31\n"
    )
    base = {"aicheck.toml": SETTINGS, "policy.yaml": waived, "lab/app.py": BAD}
    says(gate(base, {"lab/app.py": None, "app.py": BAD}).pull_request(), "fail", 1, new=1)


def lock_of(directory: Path) -> bytes:
    done = CliRunner().invoke(app, ["lock", str(directory), "--offline"], env={"SOURCE_DATE_EPOCH": "1790000000"})
    assert done.exit_code == 0, done.output
    return (directory / "aicheck.lock").read_bytes()


def forged(lock: bytes) -> bytes:
    """A lock in which every country is another, with the digests made to fit."""
    document = json.loads(lock.replace(b'"CN"', b'"US"'))
    document["components"] = {name: sealed(block) for name, block in document["components"].items()}
    return json.dumps(document, indent=2).encode()


def test_a_lock_that_the_change_forges_is_not_believed(gate: MakeGate, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "app.py").write_text(BAD)
    lock = lock_of(project)
    assert forged(lock) != lock
    made = gate({**GUARDED, "app.py": GOOD}, {"other.py": BAD, "aicheck.lock": forged(lock)})
    result = made.pull_request()
    says(result, "fail", 1, new=1)
    assert "also changes aicheck.lock (adds hf:Qwen/Qwen2.5-7B-Instruct)" in result.log
    says(made.pull_request(locked="true"), "error", 2)


def test_a_lock_changed_without_code_is_said(gate: MakeGate, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "app.py").write_text(BAD)
    lock = lock_of(project)
    base = {**GUARDED, "app.py": BAD, "aicheck.lock": lock}
    made = gate(base, {"aicheck.lock": forged(lock)})
    for inputs in ({}, {"locked": "true"}):
        result = made.pull_request(**inputs)
        says(result, "pass", 0, new=0, total=1)
        assert "changes hf%3AQwen/Qwen2.5-7B-Instruct" in result.log.replace("hf:", "hf%3A")
        assert "also changes aicheck" in result.summary
    made.repository.checkout("change")
    made.repository.commit({"aicheck.lock": "<<<<<<< ours\n"})
    assert "cannot be read" in made.pull_request().log


def test_locked_alone_passes_nothing_that_the_bases_lock_lacks(gate: MakeGate, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "app.py").write_text(GOOD)
    base = {**GUARDED, "app.py": GOOD, "aicheck.lock": lock_of(project)}
    made = gate(base, {"more.py": GOOD.replace("phi-4", "phi-2")})
    says(made.pull_request(locked="true"), "inconclusive", 3)


@pytest.fixture
def submodule(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path / "library")
    repository.commit({"app.py": GOOD})
    return repository


def with_submodule(gate: MakeGate, library: Repository) -> Gate:
    made = gate(GUARDED)
    repository = made.repository
    allowed = ("-c", "protocol.file.allow=always")
    repository.git(*allowed, "submodule", "--quiet", "add", library.path.as_uri(), "vendor/library")
    repository.commit()
    repository.git("branch", "-f", "change", "main")
    repository.checkout("change")
    library.commit({"new.py": BAD})
    repository.git("-C", "vendor/library", *allowed, "fetch", "-q", "origin")
    repository.git("-C", "vendor/library", "checkout", "-q", "origin/main")
    repository.commit()
    return made


def test_submodules_are_read_at_the_commits_of_each_side(gate: MakeGate, submodule: Repository) -> None:
    made = with_submodule(gate, submodule)
    result = made.pull_request()
    says(result, "fail", 1, new=1, total=1)
    assert "file=vendor/library/new.py" in result.log
    says(made.pull_request(path="vendor/library", policy="policy.yaml"), "fail", 1, new=1)
    made.repository.git("-C", "vendor/library", "config", "core.fsmonitor", "false")


def test_a_submodule_that_is_not_checked_out_is_said(gate: MakeGate, submodule: Repository) -> None:
    made = with_submodule(gate, submodule)
    made.repository.git("submodule", "--quiet", "deinit", "--all", "-f")
    result = made.pull_request()
    says(result, "pass", 0, new=0)
    (gap,) = [gap for gap in report(result)["gaps"] if gap["path"] == "vendor/library"]
    assert "submodules: recursive" in gap["detail"]


def test_a_link_in_place_of_a_submodule_leads_nowhere(
    gate: MakeGate, submodule: Repository, tmp_path: Path
) -> None:
    made = with_submodule(gate, submodule)
    made.repository.git("submodule", "--quiet", "deinit", "--all", "-f")
    (made.repository.path / "vendor/library").rmdir()
    (made.repository.path / "vendor/library").symlink_to(submodule.path)
    made.repository.git("update-index", "--assume-unchanged", "vendor/library")
    result = made.pull_request()
    assert "vendor/library" in {gap["path"] for gap in report(result)["gaps"]}, result.log
    assert result.outputs["new-violations"] == "0"


def online(made: Gate, hub: FakeHub) -> None:
    made.environment |= {"HF_ENDPOINT": hub.url, "AICHECK_TIMEOUT": "2", "HF_HOME": str(made.temp / "hf")}


TUNED = GOOD.replace("microsoft/phi-4", "acme/tuned")
UNKNOWN_MATTERS = {
    "aicheck.toml": SETTINGS,
    "policy.yaml": POLICY.replace("on_unknown: ignore", "on_unknown: inconclusive"),
}


@pytest.mark.network
def test_a_base_model_that_changed_upstream_is_nobodys_fault(gate: MakeGate) -> None:
    hub = FakeHub()
    hub.add("acme/tuned", cardData={"base_model": "Qwen/Qwen2.5-7B"}, tags=["base_model:Qwen/Qwen2.5-7B"])
    made = gate({**GUARDED, "app.py": TUNED}, {"notes.txt": "x"})
    with serve(hub):
        online(made, hub)
        says(made.pull_request(offline="false"), "pass", 0, new=0, total=1)
        made.repository.checkout("change")
        made.repository.commit({"second.py": TUNED})
        says(made.pull_request(offline="false"), "fail", 1, new=1, total=2)


@pytest.mark.network
def test_a_hub_that_answers_only_once_blames_nobody_falsely(gate: MakeGate) -> None:
    hub = FakeHub()
    hub.add("acme/tuned", cardData={"base_model": "Qwen/Qwen2.5-7B"}, tags=["base_model:Qwen/Qwen2.5-7B"])
    asked: list[str] = []

    def once(handler: Any) -> Any:
        asked.append(handler.path)
        if len(asked) > 1:
            return 429, b"{}", {"Retry-After": "9999"}
        return 200, json.dumps(hub.models["acme/tuned"]).encode(), {}

    hub.special["acme/tuned"] = once
    made = gate({**UNKNOWN_MATTERS, "app.py": TUNED}, {"notes.txt": "x"})
    with serve(hub):
        online(made, hub)
        says(made.pull_request(offline="false"), "pass", 0, new=0, total=1)


@pytest.mark.network
def test_a_limited_or_unreachable_hub_is_never_a_pass(gate: MakeGate) -> None:
    hub = FakeHub()
    hub.special["acme/tuned"] = lambda _: (429, b"{}", {"Retry-After": "9999"})
    made = gate({**UNKNOWN_MATTERS, "app.py": GOOD}, {"more.py": TUNED})
    with serve(hub):
        online(made, hub)
        says(made.pull_request(offline="false"), "inconclusive", 3, new=0)
    # The server is gone now.
    result = made.pull_request(offline="false")
    says(result, "inconclusive", 3, new=0)
    assert "acme/tuned" in result.summary


def test_a_checkout_below_the_workspace(gate: MakeGate) -> None:
    made = gate({**GUARDED, "app.py": GOOD}, {"app.py": BAD})
    made.workspace = made.repository.path.parent
    result = made.pull_request(path="checkout")
    says(result, "fail", 1, new=1)
    assert "file=app.py" in result.log, "annotations count from the repository's root"


def test_a_workspace_inside_a_repository(gate: MakeGate) -> None:
    made = gate({**GUARDED, "service/app.py": GOOD, "app.py": BAD}, {"service/app.py": BAD})
    made.workspace = made.repository.path / "service"
    result = made.pull_request()
    says(result, "fail", 1, new=1, total=1)
    assert "file=service/app.py" in result.log


def test_a_path_that_the_change_removes_passes_and_one_that_is_nowhere_does_not(gate: MakeGate) -> None:
    made = gate({**GUARDED, "old/app.py": BAD, "app.py": GOOD}, {"old/app.py": None})
    says(made.pull_request(path="old", policy="policy.yaml"), "pass", 0, new=0, total=0)
    for path, message in (("odl", "not in the checkout"), ("app.py", "is a file")):
        result = made.pull_request(path=path)
        says(result, "error", 2)
        assert message in result.log


def test_several_paths_share_ten_annotations(gate: MakeGate) -> None:
    many = {f"{part}/app{n}.py": BAD for part in "ab" for n in range(12)}
    result = gate({**GUARDED, "a/x.txt": "", "b/x.txt": ""}, many).pull_request(path="a\nb", policy="policy.yaml")
    says(result, "fail", 1, new=24)
    errors = [line for line in result.log.splitlines() if line.startswith("::error")]
    assert len(errors) == 10
    assert sum("8 more findings" in line for line in errors) == 2


def test_a_policy_from_outside_of_the_workspace(gate: MakeGate, tmp_path: Path) -> None:
    made = gate({"app.py": GOOD}, {"app.py": BAD, "loose.yaml": "version: 1\nname: loose\nrules: {}\n"})
    central = tmp_path / "central policy.yaml"
    central.write_text(POLICY)
    says(made.pull_request(policy=str(central)), "fail", 1, new=1)
    (tmp_path / "link.yaml").symlink_to(made.repository.path / "loose.yaml")
    for inside in (made.repository.path / "loose.yaml", tmp_path / "link.yaml"):
        result = made.pull_request(policy=str(inside))
        says(result, "error", 2)
        assert "lies in the workspace" in result.log
    assert "is not a file" in made.pull_request(policy=str(tmp_path / "nowhere.yaml")).log


def snapshot(directory: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path.relative_to(directory)): (path.lstat().st_mtime_ns, path.lstat().st_size)
        for path in directory.rglob("*")
    }


def test_nothing_is_written_into_the_checkout(gate: MakeGate) -> None:
    made = gate({**GUARDED, "app.py": GOOD}, {"app.py": BAD})
    run, states = made.run, []

    def watched(*arguments: Any, **named: Any) -> Any:
        states.append(snapshot(made.repository.path))
        result = run(*arguments, **named)
        states.append(snapshot(made.repository.path))
        return result

    made.run = watched  # type: ignore[method-assign]
    made.real = True
    made.environment = dict.fromkeys(("HOME", "LANG", "GITHUB_SERVER_URL", "GITHUB_RUN_ID", "RUNNER_OS"))
    made.environment |= {"LC_ALL": "C"}
    says(made.pull_request(), "fail", 1, new=1)
    assert states[0] == states[1]


def test_outside_of_actions_it_says_so_and_fails(tmp_path: Path) -> None:
    clean = dict.fromkeys([name for name in os.environ if name.startswith("GITHUB_")])
    result = CliRunner().invoke(app, ["ci", "github"], env=clean)
    assert result.exit_code == 2
    assert "could not run" in result.output
    assert "GITHUB_WORKSPACE" in result.output
    environment = {**clean, "GITHUB_WORKSPACE": str(tmp_path)}
    result = CliRunner().invoke(app, ["ci", "github"], env=environment)
    assert (result.exit_code, "aicheck scan --base" in result.output) == (2, True)
