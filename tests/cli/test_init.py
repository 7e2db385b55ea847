"""`aicheck init` and `aicheck completion`."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from aicheck.cli.app import app
from aicheck.errors import ConfigError
from aicheck.settings import load_settings


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    place = tmp_path / "My Project"
    (place / ".github").mkdir(parents=True)
    (place / "vendor").mkdir()
    (place / "app.py").write_text(
        'from transformers import AutoModel\nAutoModel.from_pretrained("Qwen/Qwen3-8B")\n'
    )
    (place / ".pre-commit-config.yaml").write_text("# hooks\nrepos:\n  - repo: local\n    hooks: []\n")
    return place


def contents(place: Path) -> dict[str, bytes]:
    return {str(file.relative_to(place)): file.read_bytes() for file in place.rglob("*") if file.is_file()}


def test_everything_that_is_written_works(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run("init", project, "--pack", "strict")
    assert done.exit_code == 0, done.exception
    assert "project names: 1\n" in done.stdout
    settings = load_settings(project, {}).settings
    assert settings.exclude == ("vendor/**",)
    monkeypatch.chdir(project)
    assert run("policy", "check", settings.policy).exit_code == 0
    scanned = run("scan", ".", "--offline", "-f", "json")
    assert scanned.exit_code in {0, 1, 3}
    assert '"name": "my-project"' in scanned.stdout
    workflow = yaml.safe_load((project / ".github/workflows/aicheck.yml").read_text())
    assert workflow["permissions"] == {"contents": "read"}
    hooks = yaml.safe_load((project / ".pre-commit-config.yaml").read_text())
    assert [each["hooks"] for each in hooks["repos"]] == [[], [{"id": "aicheck"}]]
    assert (project / ".pre-commit-config.yaml").read_text().startswith("# hooks\n")


def test_nothing_is_ever_overwritten(project: Path) -> None:
    run("init", project)
    first = contents(project)
    assert run("init", project, "--pack", "strict").exit_code == 0
    assert contents(project) == first
    (project / "aicheck.toml").write_text("# mine\n")
    run("init", project)
    assert (project / "aicheck.toml").read_text() == "# mine\n"


def test_twice_is_once_also_where_the_first_run_made_the_directory_of_github(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/config").write_text("[remote]\nurl = https://github.com/acme/x\n")
    run("init", tmp_path)
    first = contents(tmp_path)
    assert "aicheck-policy.yaml" in first
    done = run("init", tmp_path)
    assert contents(tmp_path) == first
    assert "wrote" not in done.stdout
    assert "kept aicheck.toml: it is there" in done.stdout


@pytest.mark.parametrize("text", ["repos: []\n", "fail_fast: true\nrepos: []  # none yet\n", "repos:\n"])
def test_the_first_hook_of_all_is_written(tmp_path: Path, text: str) -> None:
    (tmp_path / ".pre-commit-config.yaml").write_text(text)
    run("init", tmp_path)
    hooks = yaml.safe_load((tmp_path / ".pre-commit-config.yaml").read_text())
    assert [each["hooks"] for each in hooks["repos"]] == [[{"id": "aicheck"}]]


def test_a_hook_that_cannot_be_written_safely_is_printed(tmp_path: Path) -> None:
    text = "repos:\n  - repo: local\n    hooks: []\nfail_fast: true\n"
    (tmp_path / ".pre-commit-config.yaml").write_text(text)
    done = run("init", tmp_path)
    assert (tmp_path / ".pre-commit-config.yaml").read_text() == text
    assert "- id: aicheck" in done.stdout


def test_a_dry_run_writes_nothing(project: Path) -> None:
    first = contents(project)
    done = run("init", project, "--dry-run")
    assert "would write aicheck.toml" in done.stdout
    assert contents(project) == first


def test_settings_in_pyproject_are_settings(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.aicheck]\npolicy = 'strict'\n")
    run("init", tmp_path)
    assert not (tmp_path / "aicheck.toml").exists()


def test_a_list_of_hooks_that_does_not_end_the_file_is_left(project: Path) -> None:
    file = project / ".pre-commit-config.yaml"
    text = "repos:\n- repo: local\n  hooks: []\nci:\n  autofix_prs: false\n"
    file.write_text(text)
    run("init", project)
    assert file.read_text() == text


def test_hooks_at_the_margin_stay_a_list(project: Path) -> None:
    file = project / ".pre-commit-config.yaml"
    file.write_text("repos:\n- repo: local\n  hooks: []")
    run("init", project)
    assert len(yaml.safe_load(file.read_text())["repos"]) == 2


def test_an_unknown_pack_is_an_error(project: Path) -> None:
    done = run("init", project, "--pack", "nonsense")
    assert isinstance(done.exception, ConfigError)
    assert not (project / "aicheck.toml").exists()


def test_the_settings_are_toml(project: Path) -> None:
    run("init", project)
    assert tomllib.loads((project / "aicheck.toml").read_text())["policy"] == ".github/aicheck-policy.yaml"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_script_is_for_this_command(shell: str) -> None:
    text = run("completion", shell).stdout
    assert f"_AICHECK_COMPLETE={shell}_complete" in text
    assert "aicheck" in text


def test_completion_answers() -> None:
    environment = {
        **os.environ,
        "_AICHECK_COMPLETE": "bash_complete",
        "COMP_WORDS": "aicheck ve",
        "COMP_CWORD": "1",
    }
    code = "import sys; sys.argv[0] = 'aicheck'; from aicheck.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout == "plain,verify\n", done.stderr
