"""The hooks as the real pre-commit reads and runs them, from the lock and without network."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
MANIFEST = ROOT / ".pre-commit-hooks.yaml"
POLICY = """\
version: 1
name: p
rules:
  origin-allowed:
    level: error
    deny_countries: [CN]
    on_unknown: ignore
  reference-resolvable:
    level: error
    on_unknown: inconclusive
"""


def call(place: Path, *arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environment = kept | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PRE_COMMIT_HOME": str(home),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        # Nothing answers there: a hook that asked would fail.
        "HF_ENDPOINT": "http://127.0.0.1:9",
    }
    return subprocess.run(arguments, cwd=place, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    place = tmp_path / "project"
    place.mkdir()
    hooks = yaml.safe_load(MANIFEST.read_text())
    # The environment of the tests instead of one that pre-commit would fetch.
    local = [{**hook, "language": "system"} for hook in hooks]
    config = {"repos": [{"repo": "local", "hooks": local}]}
    (place / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    (place / "aicheck.toml").write_text('policy = "p.yaml"\n')
    (place / "p.yaml").write_text(POLICY)
    (place / "app.py").write_text(
        'from transformers import AutoModel\nAutoModel.from_pretrained("microsoft/phi-4")\n'
    )
    home = tmp_path / "home"
    assert call(place, "git", "init", "-q", home=home).returncode == 0
    assert call(place, "aicheck", "lock", "--offline", home=home).returncode == 0
    assert call(place, "git", "add", "-A", home=home).returncode == 0
    return place


def test_the_manifest_is_valid(tmp_path: Path) -> None:
    done = call(ROOT, sys.executable, "-m", "pre_commit", "validate-manifest", str(MANIFEST), home=tmp_path)
    assert done.returncode == 0, done.stdout


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return call(
        project, sys.executable, "-m", "pre_commit", "run", "--all-files", *arguments, home=project.parent / "home"
    )


def test_a_commit_passes_fails_and_is_inconclusive(project: Path) -> None:
    done = run(project, "aicheck")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Passed" in done.stdout
    code = project / "app.py"
    code.write_text(code.read_text() + 'AutoModel.from_pretrained("Qwen/Qwen3-8B")\n')
    done = run(project, "aicheck")
    assert done.returncode == 1
    assert "error[origin-allowed]" in done.stdout
    code.write_text(code.read_text().replace("Qwen/Qwen3-8B", "nobody/knows-this"))
    done = run(project, "aicheck")
    assert done.returncode == 1
    assert "- exit code: 3" in done.stdout
    (project / "aicheck.lock").write_text("<<<<<<< ours\n")
    done = run(project, "aicheck")
    assert "- exit code: 2" in done.stdout
    assert "aicheck.lock:1" in done.stdout


def test_the_update_runs_by_hand_only(project: Path) -> None:
    assert "aicheck-update" not in run(project).stdout
    (project / "aicheck.toml").write_text('policy = "p.yaml"\noffline = true\n')
    done = run(project, "aicheck-update", "--hook-stage", "manual")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Passed" in done.stdout
