"""A prepared runner: the environment that the install step would make, without installing for every test."""

from __future__ import annotations

import json
import os
import sys
import sysconfig
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.action.runner import ROOT, Result, Runner
from tests.ci.gitrepo import Repository


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment in which Python, isolated, finds aicheck's own checkout and the installed dependencies."""
    directory = tmp_path_factory.mktemp("venv") / "aicheck-venv"
    venv.EnvBuilder(with_pip=False, symlinks=os.name != "nt").create(directory)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = directory / "lib" / version / "site-packages"
    lock = (ROOT / ".github/action/requirements.txt").read_text()
    (directory / "aicheck.stamp").write_text(f"{ROOT}\n{lock}")
    (site / "aicheck-action.pth").write_text(f"{ROOT / 'src'}\n{sysconfig.get_path('purelib')}\n")
    return directory


class Gate:
    """A repository with a change, and the Action run on it."""

    def __init__(self, repository: Repository, temp: Path, venv_directory: Path) -> None:
        self.repository = repository
        self.temp = temp
        self.venv = venv_directory
        self.runs = 0
        self.workspace: Path | None = None
        """Where it is not the root of the repository."""
        self.environment: dict[str, str | None] = {}
        self.real = False
        """Run the scripts with bash, instead of what they start in this process."""

    def pull_request(self, *, fork: bool = False, **inputs: str) -> Result:
        """Run on the test merge of branch `change` into `main`."""
        repository = self.repository
        base = repository.git("rev-parse", "main")
        head = repository.git("rev-parse", "change")
        repository.git("checkout", "-q", "-B", "merge", "main")
        merge = repository.merge("change")
        payload = {
            "number": 7,
            "pull_request": {
                "number": 7,
                "base": {"sha": base, "ref": "main", "repo": {"full_name": "acme/service"}},
                "head": {"sha": head, "repo": {"full_name": "stranger/service" if fork else "acme/service"}},
            },
            "repository": {"full_name": "acme/service", "default_branch": "main"},
        }
        return self.run("pull_request", payload, sha=merge, **inputs)

    def run(self, event: str, payload: dict[str, Any], sha: str | None = None, **inputs: str) -> Result:
        self.runs += 1
        temp = self.temp / f"run{self.runs}"
        temp.mkdir()
        (temp / "aicheck-venv").symlink_to(self.venv)
        file = temp / "event.json"
        file.write_text(json.dumps(payload))
        environment = {
            "GITHUB_SHA": sha or self.repository.git("rev-parse", "HEAD"),
            "GITHUB_REF": "refs/pull/7/merge",
            "SOURCE_DATE_EPOCH": "1790000000",
            **self.environment,
        }
        workspace = self.workspace or self.repository.path
        runner = Runner(workspace, temp, event, file, environment, in_process=not self.real)
        values = {"offline": "true", **{name.replace("_", "-"): value for name, value in inputs.items()}}
        return runner.run(values)


@pytest.fixture
def gate(tmp_path: Path, prepared: Path) -> Callable[..., Gate]:
    """Make a repository whose branch `main` holds `base` and whose branch `change` adds `change`."""

    def make(base: dict[str, Any], change: dict[str, Any] | None = None) -> Gate:
        repository = Repository(tmp_path / "checkout")
        repository.commit({"README.md": "# Service\n", **base})
        repository.branch("change")
        if change is not None:
            repository.commit(change)
        repository.checkout("main")
        return Gate(repository, tmp_path, prepared)

    return make
