"""The documentation builds without a warning, and its generated pages hold what they are made from."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.action.runner import ROOT

if importlib.util.find_spec("mkdocs") is None or importlib.util.find_spec("material") is None:
    pytest.skip("the extra 'docs' is not installed", allow_module_level=True)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-d", str(target)],
        cwd=ROOT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONWARNINGS": "ignore"},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, "\n".join(line for line in done.stderr.splitlines() if "INFO" not in line)
    return target


def test_every_rule_has_its_page(site: Path) -> None:
    from aicheck.evaluate.registry import RULES

    index = (site / "rules/index.html").read_text()
    for name in RULES:
        assert (site / "rules" / name / "index.html").is_file(), name
        assert f">{name}<" in index


def test_every_pack_is_shown_with_its_sources(site: Path) -> None:
    page = (site / "packs/index.html").read_text()
    for file in (ROOT / "policies").glob("*.yaml"):
        assert f'id="{file.stem}"' in page


def test_every_written_page_is_in_the_navigation(site: Path) -> None:
    home = (site / "index.html").read_text()
    for page in (ROOT / "docs").rglob("*.md"):
        path = page.relative_to(ROOT / "docs").with_suffix("").as_posix()
        if path != "index":
            assert f'href="{path}/"' in home, path


def test_pages_ask_nobody_else_for_anything(site: Path) -> None:
    for file in site.rglob("*.html"):
        loaded = re.findall(r"<(?:script|img|link|iframe)[^>]+(?:src|href)=\"(https?:[^\"]+)", file.read_text())
        assert [url for url in loaded if not url.startswith("https://aicheck.dev/docs/")] == [], file.name
