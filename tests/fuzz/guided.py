"""Targets under libFuzzer, one child after the other: `run.py` imports this, and the package is instrumented once."""

from __future__ import annotations

import hashlib
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parents[2]))
with atheris.instrument_imports(
    include=["aicheck", "yaml", "tomllib", "packaging", "packageurl", "license_expression"]
):
    from tests.fuzz.run import LONGEST, MEMORY_MB, SLOW, WORDS
    from tests.fuzz.targets import CORPUS, TARGETS

STARTED = 20.0
"""Seconds after which a child that counted no run is taken as one that cannot start."""


def _child(name: str, arguments: list[str], log: Path, crashes: Path) -> int:
    """Fuzz in a forked child; its exit status."""
    pid = os.fork()
    if pid == 0:
        handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(handle, 1)
        os.dup2(handle, 2)

        def target(data: bytes) -> None:
            try:
                TARGETS[name](data)
            except BaseException:
                # Kept by ourselves: libFuzzer's own artifact is lost where its alarm ends the process first.
                (crashes / f"{name}-{hashlib.sha256(data).hexdigest()[:16]}").write_bytes(data)
                raise

        atheris.Setup([sys.argv[0], *arguments], target)
        atheris.Fuzz()  # ends the process
        os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def guided(name: str, seconds: float, seed: int, into: Path) -> Iterator[str | int]:
    """Fuzz one target for some seconds, again after each finding; yields runs (numbers) and findings (texts)."""
    found, crashes = into / "found" / name, into / "crashes"
    found.mkdir(parents=True, exist_ok=True)
    crashes.mkdir(exist_ok=True)
    words = into / "words"
    words.write_text("".join(f'"{"".join(f"{chr(92)}x{byte:02x}" for byte in word)}"\n' for word in WORDS))
    stop, findings = time.monotonic() + seconds, 0
    while findings < 20 and (left := int(stop - time.monotonic())) > 0:
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="aicheck-fuzz-") as scratch:
            os.environ |= {"TMPDIR": scratch, "AICHECK_CACHE_DIR": scratch}
            tempfile.tempdir = scratch
            log = into / f"{name}.log"
            status = _child(name, [
                f"-max_total_time={left}", f"-seed={seed + findings}", f"-timeout={SLOW}", f"-rss_limit_mb={MEMORY_MB}", f"-max_len={LONGEST}",
                f"-dict={words}", "-print_final_stats=1", f"-artifact_prefix={crashes}/{name}-", str(found), str(CORPUS / name),
            ], log, crashes)  # fmt: skip
            tempfile.tempdir = None
        text = log.read_text(errors="replace")
        counted = re.findall(r"stat::number_of_executed_units:\s*(\d+)", text)
        yield int(counted[-1]) if counted else 0
        if status == 0:
            break
        findings += 1
        yield f"exit {status}\n{text[-3000:]}"
        if status > 0 and not counted and time.monotonic() - began < STARTED:
            break
