"""Other scanners timed beside aicheck: how a command is given, run with a limit, and said.

    --peer 'cdxgen=cdxgen -t ai -o {folder}/bom.json {tree}'

`{tree}` is the tree's path and `{folder}` an empty one for what the command writes; without `{tree}` it runs in the
tree. Peers run at a lower priority (`nice`) and are ended with everything that they started after the limit.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

LIMIT = 120.0
"""Seconds after which a peer is ended."""


def read_peer(text: str) -> tuple[str, list[str]]:
    """Split `NAME=COMMAND`. Raises ValueError where it is something else."""
    name, equals, command = text.partition("=")
    words = shlex.split(command)
    if not equals or not name.strip() or not words:
        message = f"{text!r} is not NAME=COMMAND"
        raise ValueError(message)
    return name.strip(), words


def filled(words: list[str], tree: Path, folder: Path) -> list[str]:
    """Put the places into a command."""
    return [word.replace("{tree}", str(tree)).replace("{folder}", str(folder)) for word in words]


def timed(
    command: list[str],
    environment: dict[str, str],
    folder: Path,
    limit: float | None = None,
) -> dict[str, float]:
    """Run one command; seconds of wall and CPU time, MB of the largest process, and whether it was ended.

    With a limit the command is nice, and the leader of its own group, which ends as a whole.
    """
    started = time.perf_counter()
    polite = ["nice", "-n", "10"] if limit is not None else []
    with subprocess.Popen(
        [*polite, *command], cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=limit is not None,
    ) as process:  # fmt: skip
        ended = threading.Event()

        def end() -> None:
            ended.set()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

        timer = threading.Timer(limit, end) if limit is not None else None
        if timer is not None:
            timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        if timer is not None:
            timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - started
    scale = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return {
        "wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "mb": usage.ru_maxrss / scale,
        "exit": process.returncode, "ended": float(ended.is_set()),
    }  # fmt: skip
