"""`aicheck diff`: revisions, directories, BOMs, reports and locks on either side."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from aicheck.cli.app import app
from aicheck.errors import ConfigError
from tests.ci.gitrepo import Repository

LOAD = 'from transformers import AutoModel\nmodel = AutoModel.from_pretrained("{}"{})\n'
POLICY = """\
version: 1
name: p
rules:
  origin-allowed:
    level: error
    deny_countries: [CN]
    on_unknown: ignore
"""
PIN = "a" * 40


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795000000")
    monkeypatch.setenv("AICHECK_OFFLINE", "1")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    held = Repository(tmp_path / "repo")
    held.commit({"p.yaml": POLICY, "app.py": LOAD.format("microsoft/phi-4", "")})
    return held


def run(repository: Repository, *arguments: str | Path) -> Result:
    policy = repository.path / "p.yaml"
    return CliRunner().invoke(
        app, ["diff", *[str(each) for each in arguments], "-C", str(repository.path), "--policy", str(policy)]
    )


def differ(repository: Repository, *arguments: str | Path) -> tuple[int, dict[str, Any]]:
    done = run(repository, *arguments, "-f", "json")
    assert done.stdout, done.exception
    return done.exit_code, json.loads(done.stdout)


def targets(entries: list[dict[str, Any]]) -> list[str]:
    return [entry["target"] for entry in entries]


def test_two_revisions(repository: Repository) -> None:
    first = repository.git("rev-parse", "HEAD")
    repository.commit({"app.py": LOAD.format("Qwen/Qwen3-8B", "")})
    code, found = differ(repository, first, "HEAD")
    assert (code, found["verdict"]) == (1, "fail")
    assert targets(found["added"]) == ["hf:Qwen/Qwen3-8B"]
    assert targets(found["removed"]) == ["hf:microsoft/phi-4"]
    assert [one["rule"] for one in found["new_findings"]] == ["origin-allowed"]
    code, found = differ(repository, "HEAD", first)
    assert (code, found["new_findings"]) == (0, [])
    assert [one["rule"] for one in found["resolved_findings"]] == ["origin-allowed"]


def test_the_working_tree_against_a_revision(repository: Repository) -> None:
    assert differ(repository, "HEAD", repository.path)[1]["changed"] == []
    repository.write({"app.py": LOAD.format("microsoft/phi-4", f', revision="{PIN}"')})
    code, found = differ(repository, "HEAD", repository.path)
    assert code == 0
    (entry,) = found["changed"]
    assert entry["target"] == "hf:microsoft/phi-4"
    assert {change["kind"] for change in entry["changes"]} == {"revision"}


def test_moved_code_is_not_new(repository: Repository) -> None:
    first = repository.commit({"app.py": LOAD.format("Qwen/Qwen3-8B", "")})
    moved = "\n\n\n# moved\n" + LOAD.format("Qwen/Qwen3-8B", "")
    repository.commit({"app.py": None, "lib/model.py": moved})
    code, found = differ(repository, first, "HEAD")
    assert (code, found["new_findings"], found["resolved_findings"], found["changed"]) == (0, [], [], [])


def test_every_kind_of_side(repository: Repository, tmp_path: Path) -> None:
    first = repository.git("rev-parse", "HEAD")
    repository.commit({"app.py": LOAD.format("Qwen/Qwen3-8B", "")})
    bom, report, lock = tmp_path / "b.cdx.json", tmp_path / "r.json", repository.path / "aicheck.lock"
    policy = str(repository.path / "p.yaml")
    CliRunner().invoke(
        app,
        ["scan", str(repository.path), "--policy", policy, "-o", f"cyclonedx={bom}", "-o", f"json={report}", "-q"],
    )
    CliRunner().invoke(app, ["lock", str(repository.path), "--offline"])
    copy = tmp_path / "old.lock"
    copy.write_bytes(lock.read_bytes())
    lock.unlink()
    for side in (bom, report, copy):
        code, found = differ(repository, first, side)
        assert targets(found["added"]) == ["hf:Qwen/Qwen3-8B"], side
        assert [one["rule"] for one in found["new_findings"]] == ["origin-allowed"], side
        assert code == 1
        code, found = differ(repository, side, "HEAD")
        assert (code, found["added"], found["removed"], found["changed"]) == (0, [], [], []), side
        assert found["new_findings"] == [], side


def test_two_locks_of_which_one_is_newer(repository: Repository, tmp_path: Path) -> None:
    from aicheck.lock.blocks import sealed
    from aicheck.lock.file import parse_lock, render_lock

    CliRunner().invoke(app, ["lock", str(repository.path), "--offline"])
    old = parse_lock((repository.path / "aicheck.lock").read_bytes())
    block = json.loads(json.dumps(old.blocks["hf:microsoft/phi-4"]))
    block["license"] = {"expression": "CC-BY-NC-4.0"}
    newer = tmp_path / "new.lock"
    newer.write_bytes(render_lock({"hf:microsoft/phi-4": sealed(block)}))
    _, found = differ(repository, repository.path / "aicheck.lock", newer)
    (entry,) = found["changed"]
    assert [(one["kind"], one["before"], one["after"]) for one in entry["changes"]] == [
        ("license", "MIT", "CC-BY-NC-4.0")
    ]


def test_text_and_markdown(repository: Repository) -> None:
    first = repository.git("rev-parse", "HEAD")
    repository.commit({"app.py": LOAD.format("Qwen/Qwen3-8B", "")})
    text = run(repository, first, "HEAD").stdout
    assert "  + hf:Qwen/Qwen3-8B  (Alibaba Cloud (Qwen), CN; Apache-2.0)" in text
    assert "app.py:2: error[origin-allowed]: Qwen/Qwen3-8B: " in text
    markdown = run(repository, first, "HEAD", "-f", "markdown").stdout
    assert "| added | hf:Qwen/Qwen3-8B" in html.unescape(markdown)
    assert "**New findings** (1)" in markdown


def test_what_is_neither_is_an_error(repository: Repository) -> None:
    done = run(repository, "no-such-thing", "HEAD")
    assert isinstance(done.exception, ConfigError)
    assert "'no-such-thing' is neither" in str(done.exception)
