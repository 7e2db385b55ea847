"""Bare mirrors of remote repositories: the newest commit and nothing of its history.

What comes over the network is data: no hook, filter, submodule or configuration of the remote runs here, only the
scheme that the user wrote is allowed as transport, and every call has a time limit. Nothing is checked out.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from aicheck.errors import SourceError
from aicheck.report.safety import visible

__all__ = ["mirror", "remote_commit"]

_REF: Final = "refs/aicheck/head"
_HEX: Final = frozenset("0123456789abcdef")
_KEPT: Final = (
    "GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT", "GIT_ASKPASS", "GIT_SSL_", "GIT_HTTP_", "GIT_PROXY_",
    "GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_NOSYSTEM",
)  # fmt: skip
"""Of git's variables those by which a person says how to connect; the others could point at another repository."""


def _environment() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_") or key.startswith(_KEPT)}
    kept.setdefault("GIT_SSH_COMMAND", "ssh -oBatchMode=yes")
    return kept | {"GIT_TERMINAL_PROMPT": "0", "GIT_PROTOCOL_FROM_USER": "0", "LC_ALL": "C"}


def _scheme(url: str) -> str:
    scheme, separator, _ = url.partition("://")
    return scheme.lower() if separator else "ssh"


def _git(url: str, timeout: float, *arguments: str) -> bytes:
    command = ["git", "-c", "protocol.allow=never", "-c", f"protocol.{_scheme(url)}.allow=always"]
    for setting in (
        "core.hooksPath=/dev/null",
        "core.fsmonitor=false",
        "fetch.fsckObjects=true",
        "fetch.recurseSubmodules=false",
        "submodule.recurse=false",
        "gc.auto=0",
        "maintenance.auto=false",
        "http.lowSpeedLimit=1000",
        "http.lowSpeedTime=60",
        "advice.detachedHead=false",
    ):
        command += ["-c", setting]
    try:
        done = subprocess.run(
            [*command, *arguments],
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except FileNotFoundError:
        raise SourceError("git is not installed") from None
    except subprocess.TimeoutExpired:
        raise SourceError(f"git did not finish within {timeout:g} s") from None
    except OSError as error:
        raise SourceError(f"git cannot be run: {error.strerror or error}") from None
    if done.returncode != 0:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        said = next(
            (line for line in lines if line.startswith(("fatal:", "error:", "ERROR"))), "".join(lines[-1:])
        )
        raise SourceError(f"git: {visible(said, 300) or 'failed'}")
    return done.stdout


def remote_commit(url: str, timeout: float) -> str | None:
    """Return the commit of the remote's default branch; None where it has none. Raises `SourceError`."""
    answer = _git(url, timeout, "ls-remote", "--quiet", "--", url, "HEAD")
    for line in answer.decode("ascii", "replace").splitlines():
        commit, _, ref = line.partition("\t")
        if ref == "HEAD" and len(commit) in {40, 64} and set(commit) <= _HEX:
            return commit
    return None


def mirror(url: str, cache: Path, timeout: float) -> Path:
    """Bring the newest commit of a remote into the cache; returns the bare repository. Raises `SourceError`.

    A mirror that is damaged (a run that was killed, a full disk) is made anew.
    """
    path = cache / f"{hashlib.sha256(url.encode('utf-8', 'surrogateescape')).hexdigest()[:32]}.git"
    for fresh in (False, True):
        if fresh:
            shutil.rmtree(path, ignore_errors=True)
        try:
            if not (path / "HEAD").is_file():
                path.parent.mkdir(parents=True, exist_ok=True)
                # An empty template: no hook of the machine's template directory comes along.
                _git(url, timeout, "init", "--quiet", "--bare", "--template=", str(path))
            _git(
                url, timeout, "--git-dir", str(path), "fetch", "--quiet", "--depth=1", "--no-tags", "--force",
                "--no-write-fetch-head", "--update-shallow", "--", url, f"+HEAD:{_REF}",
            )  # fmt: skip
        except OSError as error:
            raise SourceError(f"the cache cannot be written: {error.strerror or error}") from None
        except SourceError:
            if fresh or not _damaged(path):
                raise
        else:
            return path
    raise AssertionError("the second round returns or raises")


def _damaged(path: Path) -> bool:
    """Whether the mirror itself, not the remote, is what git stumbles over."""
    try:
        _git("file://", 60.0, "--git-dir", str(path), "rev-parse", "--git-dir")
        if (path / _REF).exists() or (path / "packed-refs").exists():
            _git("file://", 60.0, "--git-dir", str(path), "cat-file", "-e", f"{_REF}^{{tree}}")
    except SourceError:
        return True
    return any(path.glob("*.lock"))
