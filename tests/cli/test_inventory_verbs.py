"""`aicheck bom merge`, `bom query` and `fleet scan` as a person calls them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from aicheck.cli.app import app
from aicheck.report import render
from tests.builders import ancestor, lineage, model, report
from tests.fleet.estate import code, commit


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795000000")
    monkeypatch.delenv("HF_ENDPOINT", raising=False)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments])


def _reports(folder: Path) -> None:
    folder.mkdir()
    tuned = model("acme/assistant", lineage=lineage(ancestor("Qwen/Qwen2.5-7B")))
    for name, part in (("shop", tuned), ("bank", model("acme/other"))):
        (folder / f"{name}.json").write_bytes(render(replace(report(part), project=name), "json"))


def test_merge_then_ask(tmp_path: Path) -> None:
    _reports(tmp_path / "reports")
    done = run("bom", "merge", "reports")
    assert done.exit_code == 0, done.output
    assert "2 documents in inventory.sqlite, 2 of them new" in done.output
    assert "0 of them new" in run("bom", "merge", "reports").output
    answer = run("bom", "query", "derived-from", "Qwen", "-f", "json")
    rows = json.loads(answer.stdout)["rows"]
    assert [(row["repository"], row["name"]) for row in rows] == [("shop", "acme/assistant")]
    assert run("bom", "query", "--sql", "SELECT count(*) AS n FROM repository", "-f", "csv").stdout == "n\n2\n"
    assert run("bom", "query", "dashboard", "-o", "d.html").exit_code == 0
    assert (tmp_path / "d.html").read_text().startswith("<!doctype html>")
    assert "derived-from MODEL|GLOB" in run("bom", "query").stdout


def test_what_cannot_be_merged_is_named(tmp_path: Path) -> None:
    _reports(tmp_path / "reports")
    (tmp_path / "reports" / "bad.json").write_text("{")
    done = run("bom", "merge", "reports")
    assert done.exit_code == 3
    assert "not merged: reports/bad.json: is not JSON" in done.output
    (tmp_path / "list").write_text("reports/bad.json\n")
    assert run("bom", "merge", "@list").exit_code == 2
    assert "no such file" in str(run("bom", "merge", "nothing.json").exception)
    assert "nothing to merge" in str(run("bom", "merge").exception)


def test_names_may_come_from_files(tmp_path: Path) -> None:
    _reports(tmp_path / "reports")
    (tmp_path / "reports" / "shop.json").rename(tmp_path / "reports" / "other-name.json")
    run("bom", "merge", "reports", "--name", "file")
    answer = run("bom", "query", "repositories", "-f", "json")
    assert [row["repository"] for row in json.loads(answer.stdout)["rows"]] == ["bank", "other-name"]


def test_fleet_scan_over_a_list(tmp_path: Path) -> None:
    commit(tmp_path / "src" / "shop", code("Qwen/Qwen3-8B"))
    (tmp_path / "src" / "plain").mkdir()
    (tmp_path / "src" / "plain" / "app.py").write_text(code("openai-community/gpt2"))
    # Settings of a scanned repository do not decide about the run.
    (tmp_path / "src" / "plain" / "aicheck.toml").write_text('policy = "nonsense"\n')
    (tmp_path / "list").write_text("# ours\nsrc/shop\nsrc/plain\nsrc/gone\n")
    done = run("fleet", "scan", "list", "-o", "estate", "--offline", "--workers", "1", "--fail-on", "never")
    assert done.exit_code == 3, done.output
    assert "not scanned: src/gone: src/gone: no such repository" in done.output
    assert "2 repositories: 2 scanned, 0 unchanged, 1 not scanned; 2 evaluated" in done.output
    again = run("fleet", "scan", "src/shop", "src/plain", "-o", "estate", "--offline", "--fail-on", "never", "-q")
    assert (again.exit_code, again.output) == (0, "")
    answer = run("bom", "query", "-d", "estate/inventory.sqlite", "derived-from", "Qwen", "-f", "json")
    assert [row["repository"] for row in json.loads(answer.stdout)["rows"]] == ["src/shop"]
    assert sorted(path.name for path in (tmp_path / "estate" / "reports").iterdir()) == [
        "src__plain.cdx.json",
        "src__plain.json",
        "src__shop.cdx.json",
        "src__shop.json",
    ]


def test_fleet_scan_wants_repositories() -> None:
    assert "no repository" in str(run("fleet", "scan", "-o", "estate").exception)
    assert "carries credentials" in str(run("fleet", "scan", "https://u:p@host/a/b", "-o", "estate").exception)
