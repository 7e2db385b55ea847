"""Runs `aicheck scan` once for every call of the C library that touches a file or the network, and lets that call fail.

    python tests/faults/shim.py [every|few]

A process with `shim.c` preloaded imports the command once and forks for every failure, so that each run starts
cold: catalog, policies, caches, SQLite, outputs and the connection to a Hub on loopback all go through the C library.
After each failing run a clean run with the same cache must say what it always says.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import importlib
import json
import os
import pkgutil
import shutil
import site
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
KINDS = ("open", "read", "write", "stat", "list", "sync", "rename", "remove", "make", "map", "connect", "receive", "send")  # fmt: skip
ERRORS: dict[str, tuple[int, ...]] = {
    "open": (errno.EIO, errno.EMFILE), "read": (errno.EIO,), "write": (errno.ENOSPC,), "stat": (errno.EACCES,), "list": (errno.EIO,), "sync": (errno.EIO,),
    "rename": (errno.EROFS,), "remove": (errno.EACCES,), "make": (errno.EROFS,), "map": (errno.ENOMEM,), "connect": (errno.ECONNREFUSED,),
    "receive": (errno.ECONNRESET,), "send": (errno.EPIPE,),
}  # fmt: skip
FEW = 2
"""Calls of each kind that the test suite lets fail; `every` takes them all."""
WRITING = ("open", "write", "sync", "rename", "remove", "make", "map")
NETWORK = ("connect", "receive", "send")


def build(folder: Path) -> Path | None:
    """Compile the shim; None where there is no C compiler or no preloading."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or sys.platform != "linux":
        return None
    library = folder / "shim.so"
    done = subprocess.run(
        [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(HERE / "shim.c"), "-ldl"],
        capture_output=True, check=False,
    )  # fmt: skip
    return library if done.returncode == 0 else None


def environment(library: Path, home: Path, **more: str) -> dict[str, str]:
    """Return the environment of a driver process."""
    spared = {sys.prefix, sys.base_prefix, *site.getsitepackages(), sysconfig.get_path("stdlib"), str(ROOT / "src"), "/usr", "/lib", "/etc"}  # fmt: skip
    return {
        "PATH": os.environ["PATH"], "LD_PRELOAD": str(library), "FAULT_SPARE": ":".join(sorted(spared)), "HOME": str(home),
        "AICHECK_CACHE_DIR": str(home / "cache"), "PYTHONPATH": f"{ROOT}", "PYTHONDONTWRITEBYTECODE": "1", "SOURCE_DATE_EPOCH": "1780000000", **more,
    }  # fmt: skip


class Driver:
    """Forks a run for each fault; lives in the process that the shim is preloaded in."""

    def __init__(self, arguments: list[str], output: Path, cache: Path) -> None:
        import aicheck

        # What is loaded here need not be loaded in each child; data and catalog are read when they are first needed.
        for module in pkgutil.walk_packages(aicheck.__path__, "aicheck."):
            if ".templates" not in module.name and not module.name.endswith("__main__"):
                with contextlib.suppress(ImportError):
                    importlib.import_module(module.name)
        self.app = importlib.import_module("aicheck.cli.app")
        self.arguments, self.output, self.cache = arguments, output, cache
        self.library = ctypes.CDLL(None)

    def run(self, kind: int, at: int, number: int, *, kill: bool = False) -> tuple[int, str, dict[str, int]]:
        """One run: exit status, standard error, calls by kind."""
        receiving, sending = os.pipe()
        pid = os.fork()
        if pid == 0:
            self._child(sending, kind, at, number, kill=kill)
        os.close(sending)
        with os.fdopen(receiving, "rb") as stream:
            told = stream.read()
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        err, _, counts = told.decode("utf-8", "replace").rpartition("\0")
        return status, err, dict(zip(KINDS, json.loads(counts), strict=True)) if counts else {}

    def _child(self, sending: int, kind: int, at: int, number: int, *, kill: bool) -> None:
        code = 99
        try:
            os.dup2(sending, 2)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            sys.argv = ["aicheck", *self.arguments]
            sleep = time.sleep
            time.sleep = lambda seconds: sleep(min(seconds, 0.01))  # a patient client is not what is measured
            self.library.fault_arm(kind, at, number, int(kill))
            try:
                self.app.run()
            except SystemExit as stopped:
                code = stopped.code if isinstance(stopped.code, int) else 98
            sys.stderr.flush()
            counts = [self.library.fault_count(each) for each in range(len(KINDS))]
            os.write(2, b"\0" + json.dumps(counts).encode())
        finally:
            os._exit(code)

    def faults(self, *, every: bool, kill: bool, kinds: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Let calls fail, and yield what is wrong with what came of it."""
        fresh = self.output.read_bytes() if self.output.exists() else b""
        _, _, counts = self._cold(-2, 0, 0)
        yield {"counts": counts}
        done = 0
        for kind in KINDS if every else kinds:
            index, total = KINDS.index(kind), counts.get(kind, 0)
            step = 1 if every else max(1, total // FEW)
            calls = range(1 if every else max(1, step // 2), total + 1, step)
            for number in (0,) if kill else ERRORS[kind]:
                for at in calls:
                    self.output.write_bytes(b"old")
                    status, err, _ = self._cold(index, at, number, kill=kill)
                    done += 1
                    wrong = self._wrong(status, err, fresh, kill=kill)
                    if not wrong and (every or at == calls[-1]):
                        again = self.run(-2, 0, 0)
                        if again[0] != 1 or self.output.read_bytes() != fresh:
                            wrong = f"a clean run afterwards ends {again[0]}, or says something else: {again[1][-300:]}"
                    if wrong:
                        yield {
                            "wrong": f"{kind} {at} of {total} ({errno.errorcode.get(number, 'killed')}): {wrong}"
                        }
        yield {"done": done}

    def _cold(self, kind: int, at: int, number: int, *, kill: bool = False) -> tuple[int, str, dict[str, int]]:
        shutil.rmtree(self.cache, ignore_errors=True)
        return self.run(kind, at, number, kill=kill)

    def _wrong(self, status: int, err: str, fresh: bytes, *, kill: bool) -> str:
        left = self.output.read_bytes()
        if left not in {b"old", fresh} and not (
            left.startswith(b"{") and left.endswith(b"}\n") and json.loads(left)
        ):
            return "half a report is left"
        if status not in ({-9, 1} if kill else {1, 2, 3}):
            return f"exit {status}: {err[-600:]}"
        if "internal error" in err or "Traceback" in err:
            return err[-600:]
        if status in {1, 3} and left == b"old":
            return f"exit {status} without its report"
        return ""


def main() -> int:
    """Run as the driver: arguments are a JSON object on standard input; prints JSON lines."""
    if len(sys.argv) > 1 and sys.argv[1] == "--driver":
        task = json.load(sys.stdin)
        driver = Driver(task["arguments"], Path(task["output"]), Path(task["cache"]))
        driver._cold(-2, 0, 0)
        for line in driver.faults(every=task["every"], kill=task["kill"], kinds=task["kinds"]):
            print(json.dumps(line), flush=True)
        return 0
    sys.path.insert(0, str(ROOT))
    from tests.faults.test_every_io import run_all

    every = sys.argv[1:] != ["few"]
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, lines in run_all(Path(folder), every=every):
            for line in lines:
                bad += "wrong" in line
                print(name, json.dumps(line), flush=True)
    return min(bad, 1)


if __name__ == "__main__":
    sys.exit(main())
