"""What a verb may import: a budget by names, so that it holds on slow machines, too."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

_PROBE = """
import atexit, json, os, sys
before = set(sys.modules)
out = os.dup(1)
atexit.register(lambda: os.write(out, json.dumps(sorted(set(sys.modules) - before)).encode()))
sys.stdout = open(os.devnull, "w")
sys.argv = ["aicheck", *sys.argv[1:]]
from aicheck.cli import main
main()
"""
NETWORK = {"huggingface_hub", "httpx", "requests", "urllib3", "httpcore", "ssl", "asyncio", "aicheck.resolve.hub"}
HEAVY = {
    "cyclonedx", "jsonschema", "jsonschema_rs", "jinja2", "license_expression", "lxml", "rich", "packaging",
    "spdx_python_model", "sigstore", "distributed", "duckdb", "multiprocessing", "unittest", "xml",
}  # fmt: skip
BUDGETS = {
    "--version": {*NETWORK, *HEAVY, "click", "orjson", "yaml", "hyperscan", "sqlite3", "re", "typing", "json",
                  "aicheck.cli.app", "aicheck.core", "aicheck.scan"},
    "--help": {*NETWORK, *HEAVY, "orjson", "yaml", "hyperscan", "sqlite3", "json", "tomllib", "aicheck.core",
               "aicheck.scan", "aicheck.settings", "aicheck.discover", "aicheck.knowledge"},
    "scan --help": {*NETWORK, *HEAVY, "orjson", "yaml", "hyperscan", "sqlite3", "aicheck.scan", "aicheck.discover",
                    "aicheck.resolve", "aicheck.evaluate", "aicheck.knowledge"},
    "show Qwen/Qwen3-8B --offline": {*NETWORK, *HEAVY, "yaml", "hyperscan", "sqlite3", "packageurl",
                                     "aicheck.discover.engine", "aicheck.discover.registry", "aicheck.evaluate"},
    "scan PROJECT --offline -q": {*NETWORK, *HEAVY},
    "scan PROJECT --offline -q --no-cache -f json": {*NETWORK, *HEAVY, "sqlite3"},
}  # fmt: skip


@pytest.mark.parametrize("line", list(BUDGETS))
def test_budget(line: str, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text('from transformers import pipeline\npipeline(model="Qwen/Qwen3-8B")\n')
    (tmp_path / "values.yaml").write_text("model: Qwen/Qwen3-8B\n")
    arguments = [str(tmp_path) if part == "PROJECT" else part for part in line.split()]
    done = subprocess.run(
        [sys.executable, "-c", _PROBE, *arguments], capture_output=True, check=False, cwd=tmp_path, text=True
    )
    assert done.returncode in {0, 1, 3}, done.stderr
    # The version and the help are written by the command itself; the list of modules is the last line.
    loaded = set(json.loads(done.stdout[done.stdout.rindex("[") :]))
    assert "aicheck.cli" in loaded
    assert not loaded & BUDGETS[line]
