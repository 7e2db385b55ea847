"""`aicheck lock`, `aicheck update`, and `scan --locked` as a person calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from aicheck.cli.app import app
from aicheck.errors import ConfigError

CODE = 'from transformers import AutoModel\nmodel = AutoModel.from_pretrained("Qwen/Qwen3-8B")\n'
POLICY = "version: 1\nname: p\nrules:\n  origin-allowed:\n    level: error\n    deny_countries: [KP]\n    on_unknown: ignore\n"


@pytest.fixture(autouse=True)
def _day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795000000")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    place = tmp_path / "project"
    place.mkdir()
    (place / "app.py").write_text(CODE)
    return place


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments])


def report(*arguments: str | Path) -> tuple[int, dict]:
    done = run("scan", *arguments, "-f", "json")
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, json.loads(done.stdout)


def test_lock_writes_once_and_then_nothing(project: Path) -> None:
    assert run("lock", project, "--check", "--offline").exit_code == 1
    assert not (project / "aicheck.lock").exists()
    done = run("lock", project, "--offline")
    assert (done.exit_code, done.stdout) == (0, "+ hf:Qwen/Qwen3-8B\n")
    first = (project / "aicheck.lock").read_bytes()
    assert run("lock", project, "--check", "--offline").exit_code == 0
    assert run("update", "-C", project, "--offline").exit_code == 0
    assert (project / "aicheck.lock").read_bytes() == first


def test_a_locked_scan_is_the_same_byte_for_byte_and_names_its_lock(project: Path) -> None:
    run("lock", project, "--offline")
    outputs = {run("scan", project, "--locked", "-f", fmt).stdout_bytes for fmt in ["cyclonedx"] * 3}
    assert len(outputs) == 1
    _, document = report(project, "--locked")
    assert document["sources"]["lock_path"] == "aicheck.lock"
    assert document["sources"]["catalog_date"] is None
    assert document["components"][0]["answered_by"] == "lock"


def test_what_is_not_in_the_lock_is_inconclusive_whatever_the_policy(project: Path) -> None:
    run("lock", project, "--offline")
    policy = project / "p.yaml"
    policy.write_text(POLICY)
    assert report(project, "--locked", "--policy", policy)[0] == 0
    (project / "more.py").write_text(CODE.replace("Qwen/Qwen3-8B", "microsoft/phi-4"))
    code, document = report(project, "--locked", "--policy", policy)
    assert (code, document["verdict"]) == (3, "inconclusive")
    assert [(gap["subject"], gap["reason"]) for gap in document["gaps"] if gap["reason"] == "not-locked"] == [
        ("hf:microsoft/phi-4", "not-locked")
    ]
    assert report(project, "--offline", "--policy", policy)[0] == 0


def test_locked_without_a_lock_could_not_run(project: Path) -> None:
    done = run("scan", project, "--locked")
    assert isinstance(done.exception, ConfigError)
    assert "aicheck lock" in str(done.exception)


def test_a_broken_lock_stops_every_scan(project: Path) -> None:
    (project / "aicheck.lock").write_text("<<<<<<< HEAD\n")
    for flags in (["--locked"], ["--offline"]):
        done = run("scan", project, *flags)
        assert isinstance(done.exception, ConfigError)
        assert str(done.exception).startswith("aicheck.lock:1: ")
    assert run("lock", project, "--offline", "--fresh").exit_code == 0
    assert report(project, "--locked")[0] in {0, 1}


def test_update_takes_one_model_in_any_spelling(project: Path) -> None:
    run("lock", project, "--offline")
    for spelling in ("qwen/qwen3-8b", "https://huggingface.co/Qwen/Qwen3-8B", "hf:Qwen/Qwen3-8B"):
        assert run("update", "-C", project, "--offline", spelling).exit_code == 0
    done = run("update", "-C", project, "--offline", "Qwen/Qwen3-8")
    assert isinstance(done.exception, ConfigError)
    assert "did you mean 'hf:Qwen/Qwen3-8B'" in str(done.exception)


def test_what_cannot_be_looked_up_is_listed(project: Path) -> None:
    (project / "more.py").write_text(CODE.replace("Qwen/Qwen3-8B", "nobody/knows-this"))
    done = run("lock", project, "--offline")
    assert done.exit_code == 3
    assert "not locked: hf:nobody/knows-this: offline" in done.stderr
    assert list(json.loads((project / "aicheck.lock").read_text())["components"]) == ["hf:Qwen/Qwen3-8B"]
