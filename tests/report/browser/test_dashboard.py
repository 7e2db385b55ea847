"""The pages of the inventory in a real browser: every theme, a telephone, without JavaScript; axe-core, no request."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
from pathlib import Path

import pytest

from aicheck.inventory.page import answer_page, dashboard
from aicheck.inventory.query import ask
from tests.inventory.test_query import database
from tests.report.browser.test_browser import CHROMIUM, MISSING, MODULES, NODE

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}")
__all__ = ["database"]


@pytest.mark.parametrize("name", ["dashboard", "answer"])
def test_the_page_is_usable_by_all_and_asks_nobody(
    database: sqlite3.Connection, tmp_path: Path, name: str
) -> None:
    data = dashboard(database) if name == "dashboard" else answer_page(ask(database, "repositories", None), "x")
    page = tmp_path / f"{name}.html"
    page.write_bytes(data)
    out = Path(os.environ.get("AICHECK_BROWSER_ARTIFACTS", str(tmp_path))) / f"inventory-{name}"
    out.mkdir(parents=True, exist_ok=True)
    assert NODE is not None
    assert CHROMIUM is not None
    done = subprocess.run(
        [NODE, str(Path(__file__).with_name("dashboard.cjs")), str(page), CHROMIUM, str(out)],
        capture_output=True, check=False, timeout=180, env={**os.environ, "NODE_PATH": MODULES},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    seen = json.loads(done.stdout)
    assert (seen["requests"], seen["errors"], seen["dialogs"]) == ([], [], 0)
    assert seen["axe"] == {"light": [], "dark": [], "phone": []}
    assert all(beyond <= 0 for beyond in seen["wide"].values()), seen["wide"]
    assert seen["rows"] == seen["rows_without_script"] > 0
    assert seen.get("sorted", True)
