"""Every call of the C library in a whole scan fails once, or is the last: no false pass, no half report, no spoilt cache.

The suite takes some calls of each kind; `python tests/faults/shim.py every` takes them all.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.faults import shim
from tests.faults.test_every_call import FILES
from tests.hub.server import FakeHub, serve
from tests.security.command import DENY, MODEL

Lines = list[dict[str, Any]]


def _project(folder: Path) -> Path:
    tree = folder / "tree"
    for name, text in FILES.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    (folder / "deny.yaml").write_text(DENY)
    return tree


def _driven(
    folder: Path, library: Path, *flags: str, kinds: Sequence[str], every: bool, kill: bool = False, **more: str
) -> Lines:
    home = folder / "home"
    home.mkdir(exist_ok=True)
    output = folder / "report.json"
    arguments = [
        "scan", "tree", "--policy", "deny.yaml", "--config", os.devnull, "--jobs", "1", "-q", "-o", f"json={output}", *flags,
    ]  # fmt: skip
    task = {
        "arguments": arguments,
        "output": str(output),
        "cache": str(home / "cache"),
        "every": every,
        "kill": kill,
        "kinds": kinds,
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.shim", "--driver"], input=json.dumps(task), cwd=folder,
        env=shim.environment(library, home, **more), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def run_all(folder: Path, *, every: bool) -> Iterator[tuple[str, Lines]]:
    """Yield the name and the lines of each scenario."""
    library = shim.build(folder)
    assert library is not None, "there is no C compiler"
    for name in ("offline", "kill", "hub"):
        place = folder / name
        place.mkdir()
        yield name, scenario(name, place, library, every=every)


def scenario(name: str, folder: Path, library: Path, *, every: bool) -> Lines:
    """Run one scenario: without network, killed at each call, or against a Hub on loopback."""
    tree = _project(folder)
    if name != "hub":
        kinds = shim.WRITING if name == "kill" else shim.KINDS[:10]
        return _driven(folder, library, "--offline", kinds=kinds, every=every, kill=name == "kill")
    # The violation is known to the Hub alone.
    (tree / "bad.py").write_text(MODEL.replace("Qwen/Qwen3-8B", "acme-w3/tuned"))
    for each in ("build/tracked.py", "pkg/config.yaml", "README.md"):
        (tree / each).unlink()
    hub = FakeHub()
    hub.add("acme-w3/tuned", cardData={"base_model": "Qwen/Qwen3-8B"}, tags=["base_model:finetune:Qwen/Qwen3-8B"])
    hub.add("Qwen/Qwen3-8B")
    with serve(hub) as server:
        return _driven(folder, library, kinds=shim.NETWORK, every=every, HF_ENDPOINT=server.url)


@pytest.mark.network
@pytest.mark.parametrize("name", ["offline", "kill", "hub"])
def test_no_failing_call_makes_a_pass(name: str, tmp_path: Path) -> None:
    library = shim.build(tmp_path)
    if library is None:
        pytest.skip("no C compiler to build the shim with")
    lines = scenario(name, tmp_path, library, every=False)
    counts = lines[0]["counts"]
    assert counts["open"] > 10, counts  # the shim is there
    assert counts["read"] > 10, counts
    assert counts["write"], counts
    assert bool(counts["connect"]) == (name == "hub"), counts
    assert lines[-1]["done"] >= (3 if name == "hub" else 12)
    assert [line["wrong"] for line in lines if "wrong" in line] == []
