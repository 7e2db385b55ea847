"""`aicheck explain FINDING --report`: from the place to the ready waiver."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from aicheck.cli.app import app
from aicheck.errors import ConfigError
from aicheck.knowledge.catalog import cache_dir

POLICY = """\
version: 1
name: p
rules:
  origin-allowed:
    level: error
    deny_countries: [CN]
    scope: [developer, any-ancestor]
    on_unknown: ignore
"""


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments])


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795000000")
    place = tmp_path / "project"
    place.mkdir()
    (tmp_path / "p.yaml").write_text(POLICY)
    (place / "app.py").write_text(
        "from transformers import AutoModel\n"
        'a = AutoModel.from_pretrained("nvidia/OpenReasoning-Nemotron-7B")\n'
        'b = AutoModel.from_pretrained("Qwen/Qwen3-8B")\n'
    )
    report = tmp_path / "report.json"
    done = run("scan", place, "--offline", "--policy", tmp_path / "p.yaml", "-o", f"json={report}")
    assert done.exit_code == 1
    return tmp_path


def findings(project: Path) -> list[dict]:
    return json.loads((project / "report.json").read_text())["findings"]


def explain(project: Path, what: str, *more: str) -> Result:
    return run("explain", what, "--report", project / "report.json", *more)


def test_by_number_and_by_fingerprint(project: Path) -> None:
    held = findings(project)
    assert len(held) == 2
    for number, finding in enumerate(held, 1):
        text = explain(project, str(number)).stdout
        assert text == explain(project, finding["fingerprint"][:8]).stdout
        assert finding["message"] in text
        assert finding["policy_location"] in text
        place = finding["occurrences"][0]
        assert f"app.py:{place['line']}:{place['column']}" in text


def test_the_claims_name_their_sources(project: Path) -> None:
    number = next(n for n, one in enumerate(findings(project), 1) if "Nemotron" in one["subject"])
    text = explain(project, str(number)).stdout
    assert "nvidia/OpenReasoning-Nemotron-7B ← Qwen/Qwen2.5-7B-Instruct" in text
    assert "[registry: origins:" in text
    assert "How to fix" in text
    document = json.loads(explain(project, str(number), "-f", "json").stdout)
    assert document["component"]["target"] == "hf:nvidia/OpenReasoning-Nemotron-7B"


def test_the_waiver_is_ready(project: Path) -> None:
    blocks = [
        explain(project, str(number)).stdout.partition("waivers:\n")[2]
        for number in range(1, len(findings(project)) + 1)
    ]
    policy = project / "p.yaml"
    policy.write_text(POLICY + "waivers:\n" + "".join(blocks))
    done = run("scan", project / "project", "--offline", "--policy", policy, "-f", "json")
    assert done.exit_code == 0, done.exception
    assert all(finding["waiver"] for finding in json.loads(done.stdout)["findings"])


@pytest.mark.parametrize(
    ("what", "words"), [("9", "no finding 9"), ("zz", "neither"), ("00000000", "no finding has")]
)
def test_what_is_not_there_is_an_error(project: Path, what: str, words: str) -> None:
    done = explain(project, what)
    assert isinstance(done.exception, ConfigError)
    assert words in str(done.exception)


def test_show_gives_the_verdict_of_a_policy(project: Path) -> None:
    policy = project / "p.yaml"
    done = run("show", "Qwen/Qwen3-8B", "--offline", "--policy", policy)
    assert done.exit_code == 1
    assert "policy       fail (p)" in done.stdout
    assert "error[origin-allowed]" in done.stdout
    done = run("show", "microsoft/phi-4", "--offline", "--policy", policy, "-f", "json")
    assert (done.exit_code, json.loads(done.stdout)["verdict"]) == (0, "pass")


def test_show_suggests_the_same_namespace() -> None:
    done = run("show", "Qwen/Qwen3-8", "--offline")
    assert done.exit_code == 3
    assert "did you mean Qwen/Qwen3-8B" in done.stdout


# -- the last scan -------------------------------------------------------------------------------------------------


@pytest.fixture
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    monkeypatch.setenv("AICHECK_CACHE_DIR", str(tmp_path / "cache"))
    cache_dir.cache_clear()
    yield tmp_path / "cache"
    cache_dir.cache_clear()


def test_a_finding_needs_its_report(own_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # its own cache: a scan of this directory by another test would be the last one
    assert not own_cache.exists()
    monkeypatch.chdir(tmp_path)
    done = run("explain", "3")
    assert isinstance(done.exception, ConfigError)
    assert "--report" in str(done.exception)


@pytest.fixture
def scanned(project: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    del own_cache
    monkeypatch.delenv("CI", raising=False)
    place = project / "project"
    monkeypatch.chdir(place)
    assert run("scan", ".", "--offline", "--policy", project / "p.yaml").exit_code == 1
    return place


def test_the_last_scan_of_the_directory_is_remembered(
    scanned: Path, project: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = run("explain", "1").stdout
    assert text == explain(project, "1").stdout
    (scanned / "deeper").mkdir()
    monkeypatch.chdir(scanned / "deeper")
    assert run("explain", "1").stdout == text
    kept = list((own_cache / "last").iterdir())
    assert len(kept) == 1
    assert kept[0].stat().st_mode & 0o077 == 0
    assert json.loads(run("explain", "1", "-f", "json").stdout)["number"] == 1


def test_only_what_findings_speak_of_is_kept(scanned: Path, project: Path, own_cache: Path) -> None:
    (scanned / "requirements.txt").write_text("openai==1.2.3\nrequests==2.0\n")
    (scanned / "more.py").write_text("from openai import OpenAI\nOpenAI().responses.create(model='gpt-4o')\n")
    report = project / "report.json"
    done = run("scan", ".", "--offline", "--policy", project / "p.yaml", "-o", f"json={report}")
    assert done.exit_code == 1
    (kept,) = (own_cache / "last").iterdir()
    held, full = json.loads(kept.read_text()), json.loads(report.read_text())
    assert held["findings"] == full["findings"]
    assert len(held["components"]) == len(full["findings"]) < len(full["components"])
    for number in range(1, len(full["findings"]) + 1):
        assert run("explain", str(number)).stdout == explain(project, str(number)).stdout


def test_a_model_or_a_place_names_its_findings(scanned: Path) -> None:
    one = run("explain", "qwen/qwen3-8b").stdout
    assert one == run("explain", "app.py:3").stdout == run("explain", "./app.py:3:33").stdout
    assert one.startswith("error[origin-allowed]")
    several = run("explain", "app.py")
    assert several.exit_code == 0
    assert several.stdout.splitlines()[0].startswith("2 findings")
    assert len(json.loads(run("explain", "app.py", "-f", "json").stdout)) == 2
    assert (scanned / "app.py").is_file()


def test_what_names_nothing_is_said_with_what_there_is(scanned: Path) -> None:
    done = run("explain", "origin-alowed")
    assert isinstance(done.exception, ConfigError)
    assert "origin-allowed" in (done.exception.hint or "")
    assert isinstance(run("explain", "99").exception, ConfigError)
    assert run("explain", "origin-allowed").stdout.startswith("# origin-allowed")
    assert (scanned / "app.py").is_file()


@pytest.mark.parametrize("option", ["CI", "--no-cache", "--rev"])
def test_nothing_is_kept_where_nobody_comes_back(
    project: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    monkeypatch.delenv("CI", raising=False)
    more: list[str] = []
    if option == "CI":
        monkeypatch.setenv("CI", "true")
    elif option == "--no-cache":
        more = ["--no-cache"]
    else:
        import subprocess

        for command in (
            ["init", "-q"],
            ["add", "."],
            ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"],
        ):
            subprocess.run(["git", *command], cwd=project / "project", check=True)
        more = ["--rev", "HEAD"]
    run("scan", project / "project", "--offline", "--policy", project / "p.yaml", *more)
    assert not (own_cache / "last").exists()


def test_a_cache_that_cannot_be_written_fails_no_scan(
    project: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_cache.write_text("")
    monkeypatch.delenv("CI", raising=False)
    assert run("scan", project / "project", "--offline", "--policy", project / "p.yaml").exit_code == 1
