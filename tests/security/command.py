"""Runs the real command under limits, as an attacker's tree would meet it."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECONDS = 90
MEMORY = 3 << 30
MODEL = 'from transformers import AutoModel\nm = AutoModel.from_pretrained("Qwen/Qwen3-8B")\n'
"""A tree that holds this file names a model of a Chinese developer; no company of other files may hide it."""

DENY = """version: 1
name: deny
summary: Denies one country, and wants everything to be read.
rules:
  origin-allowed: { level: error, on_unknown: inconclusive, deny_countries: [CN], scope: [developer, any-ancestor] }
  reference-resolvable: { level: error, on_unknown: inconclusive }
"""


@dataclass(frozen=True)
class Ran:
    code: int
    out: bytes
    err: str

    @property
    def report(self) -> dict[str, Any]:
        return json.loads(self.out)

    @property
    def verdict(self) -> str | None:
        return self.report.get("verdict")


def aicheck(
    *arguments: str | Path, cwd: Path, env: dict[str, str] | None = None, python: tuple[str, ...] = ()
) -> Ran:
    """Run the command; a crash, a traceback, a hang or a hunger for memory fails the test at once."""

    def limits() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))

    home = cwd / ".home"
    home.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, *python, "-m", "aicheck", *map(os.fspath, arguments)],
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache"), **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SECONDS,
        preexec_fn=limits,
        check=False,
    )
    err = done.stderr.decode("utf-8", "replace")
    assert done.returncode in {0, 1, 2, 3}, (done.returncode, err[-2000:])
    assert "Traceback" not in err, err[-2000:]
    assert "internal error" not in err, err[-2000:]
    return Ran(done.returncode, done.stdout, err)


def scan(tree: Path, *flags: str, env: dict[str, str] | None = None) -> Ran:
    """Scan a tree against `DENY` without network; JSON on standard output."""
    policy = tree.parent / "deny.yaml"
    policy.write_text(DENY)
    return aicheck(
        "scan", tree, "--offline", "-f", "json", "--policy", policy, "--config", os.devnull, *flags,
        cwd=tree.parent, env=env,
    )  # fmt: skip
