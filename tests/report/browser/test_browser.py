"""The HTML report in a real browser: clicks, themes, axe-core, no request, no script of a stranger.

Needs chromium, node, and the `node_modules` that AICHECK_BROWSER_MODULES names: `npm ci --ignore-scripts` beside
`package.json` of this directory makes one. Screenshots stay under AICHECK_BROWSER_ARTIFACTS where that is set.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from aicheck.report import render
from tests.report.samples import hostile_report, only_models, sample_report
from tests.report.test_hostile import PAYLOADS

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
NODE = shutil.which("node")
MODULES = os.environ.get("AICHECK_BROWSER_MODULES", "")
MISSING = [
    name
    for name, there in (
        ("chromium", CHROMIUM),
        ("node", NODE),
        (
            "AICHECK_BROWSER_MODULES (a node_modules with playwright-core, axe-core and mermaid)",
            MODULES and all((Path(MODULES) / one).is_dir() for one in ("playwright-core", "axe-core", "mermaid")),
        ),
    )
    if not there
]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}")


def look_at(report, tmp_path: Path, name: str, *, quick: bool = False):
    page = tmp_path / f"{name}.html"
    page.write_bytes(render(report, "html", policy_text="version: 1\n"))
    out = Path(os.environ.get("AICHECK_BROWSER_ARTIFACTS", str(tmp_path))) / name
    out.mkdir(parents=True, exist_ok=True)
    script = Path(__file__).with_name("check.cjs")
    assert NODE is not None
    assert CHROMIUM is not None
    done = subprocess.run(
        [NODE, str(script), str(page), CHROMIUM, str(out), *(["quick"] if quick else [])],
        capture_output=True,
        check=False,
        timeout=180,
        env={**os.environ, "NODE_PATH": MODULES},
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def test_a_person_can_use_it(tmp_path: Path) -> None:
    seen = look_at(sample_report(), tmp_path, "sample")
    assert seen["requests"] == []
    assert seen["errors"] == []
    assert seen["axe"] == {"light": [], "dark": []}
    assert (seen["rows"], seen["searched"], seen["with_findings"], seen["groups"]) == (8, 3, 2, 4)
    assert seen["ascending"] == "adapters/sql"
    assert seen["descending"] == "settings.model"
    assert seen["sort_state"] == "descending"
    assert seen["opened"] == 1
    assert seen["errors_shown"] == 1
    assert seen["embedded"] == "fail"
    assert (seen["width"], seen["narrow"]) == (0, 0)
    assert seen["without_script"] == {"tools": 0, "rows": 8, "findings": 3}


def test_hostile_names_stay_inert(tmp_path: Path) -> None:
    payload = (
        "</script><script>window.injected=true;alert(1)</script>"
        '"><img src=x onerror="window.injected=true"><a href="javascript:alert(1)">x</a>'
    )
    seen = look_at(hostile_report(payload), tmp_path, "hostile", quick=True)
    assert seen["injected"] is False
    assert seen["dialogs"] == 0
    assert seen["requests"] == []
    assert seen["errors"] == []


def test_thousands_of_models_stay_usable(tmp_path: Path) -> None:
    payload = '</script><img src=x onerror="window.injected=true">'
    report = only_models(3000)
    hostile = tuple(
        replace(one, card=replace(one.card, task=payload, architecture=payload)) for one in report.components
    )
    seen = look_at(replace(report, components=hostile), tmp_path, "large", quick=True)
    assert seen["errors"] == []
    assert seen["injected"] is False
    # The page paints in well under two seconds on an idle machine; this is for one with other work to do.
    assert seen["paint"] < 10_000
    assert seen["rows"] == 250
    assert seen["more"] == 500
    assert seen["status"] == "3000 of 3000 models, the first 250 are shown"
    assert (seen["before"], seen["made"]) == (0, 3)


def charts_of(report) -> list[str]:
    return re.findall(r"```mermaid\n(.*?)```", render(report, "markdown").decode(), flags=re.DOTALL)


def test_mermaid_draws_every_graph(tmp_path: Path) -> None:
    charts = [charts_of(sample_report())[0]]
    charts += [chart for payload in PAYLOADS.values() for chart in charts_of(hostile_report(payload))]
    path = tmp_path / "charts.json"
    path.write_text(json.dumps(charts), encoding="utf-8")
    assert NODE is not None
    assert CHROMIUM is not None
    done = subprocess.run(
        [NODE, str(Path(__file__).with_name("mermaid.cjs")), str(path), CHROMIUM],
        capture_output=True,
        check=False,
        timeout=180,
        env={**os.environ, "NODE_PATH": MODULES},
    )
    assert done.returncode == 0, done.stderr.decode()
    seen = json.loads(done.stdout)
    assert [one["error"] for one in seen["found"]] == [None] * len(charts)
    assert "nvidia/OpenReasoning-Nemotron-7B" in " ".join(seen["found"][0]["labels"])
    assert seen["found"][0]["edges"] >= 2
    assert sum(one["active"] for one in seen["found"]) == 0
    assert seen["injected"] is False
    assert seen["requests"] == []
