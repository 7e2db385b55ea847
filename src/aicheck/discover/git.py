"""A git revision as a tree, read from the object store without a checkout.

Only plumbing that runs no filter, hook, pager, monitor or transport is called, with the configuration that
could name programs overridden: the scanned repository's `.git/config` belongs to a stranger.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from aicheck.core.evidence import Gap, GapReason
from aicheck.discover.source import SourceFile
from aicheck.discover.trees import Wanted
from aicheck.errors import ConfigError

__all__ = ["GitTree", "git_command", "git_environment", "prefix_of"]

_OVERRIDES: Final = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "core.sshCommand=false",
    "core.alternateRefsCommand=false",
    "protocol.allow=never",
    "gc.auto=0",
    "safe.directory=*",  # a mounted checkout belongs to another user; the overrides make reading it harmless
)
_MISSING: Final = "git has no such object (a partial clone?); fetch it to have it scanned"
_NO_SUBMODULE: Final = (
    "a submodule whose commit {} is not in the checkout; fetch it to have it scanned "
    "(actions/checkout: submodules: recursive)"
)
_MAX_DEPTH: Final = 8
_TIMEOUT: Final = 120.0
_BATCH_LIMIT: Final = 8 << 20
"""Larger blobs are read by a process of their own, which is ended after the part that is wanted."""


def git_command(repository: Path, *arguments: str) -> list[str]:
    """Return the argument list that runs git safely inside a hostile repository."""
    command = ["git", "--no-optional-locks", "--no-replace-objects", "-C", str(repository)]
    for override in _OVERRIDES:
        command += ["-c", override]
    return [*command, *arguments]


def git_environment() -> dict[str, str]:
    """Return the environment for git: no system or user configuration, no prompts, no lazy fetches."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    return kept | {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_PROTOCOL_FROM_USER": "0",
        "LC_ALL": "C",
    }


def _run(repository: Path, *arguments: str) -> bytes:
    try:
        done = subprocess.run(
            git_command(repository, *arguments),
            env=git_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT,
            check=False,
        )
    except FileNotFoundError:
        raise ConfigError("git is not installed", hint="scan a directory or an archive instead") from None
    except (subprocess.TimeoutExpired, OSError) as error:
        raise ConfigError(f"git did not answer: {error}") from None
    if done.returncode != 0:
        message = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise ConfigError(f"git: {message[-1] if message else 'failed'}", path=str(repository))
    return done.stdout


def prefix_of(directory: Path) -> str:
    """Return where a directory stands below the root of its repository; '' for the root itself.

    Raises `ConfigError` where it is in no repository.
    """
    found = _run(directory, "rev-parse", "--show-prefix")
    return os.fsdecode(found.removesuffix(b"\n")).strip("/")


class GitTree:
    """The files of one revision of a repository, or of one directory in it.

    `prefix` names that directory (`services/api`); paths are then relative to it, as if it were the root.
    """

    def __init__(
        self, repository: Path, revision: str, name: str | None = None, prefix: str = "", *, depth: int = 0
    ) -> None:
        """Resolve the revision. Raises `ConfigError` where there is no such repository or revision.

        `depth` counts the repositories around this one, for submodules of submodules.
        """
        if revision.startswith("-") or "\0" in revision:
            raise ConfigError(f"not a revision: {revision!r}")
        self.name = name or revision
        self._repository = repository
        self._depth = depth
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") not in {"", "."} else ""
        found = _run(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}")
        self.commit = found.decode("ascii", "replace").strip()

    def sources(self, wanted: Wanted, limit: int) -> Iterator[SourceFile | Gap]:
        """Yield the wanted blobs in the order of their paths.

        Submodules that are checked out are read at the commit that this revision names; others become gaps.
        """
        listing = _run(self._repository, "ls-tree", "-r", "-z", "-l", "--full-tree", self.commit)
        batch: subprocess.Popen[bytes] | None = None
        try:
            for record in listing.split(b"\0"):
                head, tab, raw_path = record.partition(b"\t")
                if not tab:
                    continue
                path = os.fsdecode(raw_path)
                mode, kind, oid, size_text = head.split()
                if kind == b"commit" and (path.startswith(self._prefix) or self._prefix.startswith(path + "/")):
                    yield from self._submodule(path, oid.decode("ascii"), wanted, limit)
                    continue
                if not path.startswith(self._prefix):
                    continue
                path = path[len(self._prefix) :]
                if mode == b"120000":
                    continue  # what it points to inside the tree is listed itself
                elif not size_text.isdigit():
                    if wanted(path, 0):  # git says BAD where it lacks the object: a partial clone
                        yield Gap(path, GapReason.UNREADABLE, _MISSING, path)
                elif kind == b"blob" and wanted(path, int(size_text)):
                    size = int(size_text)
                    if size > max(limit, _BATCH_LIMIT):
                        yield SourceFile(path, self._part(oid, 0, limit), size, self._window(oid))
                        continue
                    if batch is None:
                        batch = self._start("cat-file", "--batch", stdin=subprocess.PIPE)
                    data = _from_batch(batch, oid)
                    if data is None:
                        yield Gap(
                            path, GapReason.UNREADABLE, "git has no such object (shallow or partial clone?)", path
                        )
                    else:
                        yield SourceFile(path, data[:limit], len(data), self._window(oid))
        finally:
            if batch is not None:
                _end(batch)

    def _submodule(self, path: str, oid: str, wanted: Wanted, limit: int) -> Iterator[SourceFile | Gap]:
        """Yield what the submodule at `path` (from the repository's root) holds at commit `oid`."""
        inside = self._prefix.startswith(path + "/")
        under = "" if inside else path[len(self._prefix) :] + "/"
        repository = self._checked_out(path)
        tree: GitTree | None = None
        if repository is not None and self._depth < _MAX_DEPTH:
            try:
                rest = self._prefix[len(path) + 1 :] if inside else ""
                tree = GitTree(repository, oid, self.name, rest, depth=self._depth + 1)
            except ConfigError:
                tree = None
        if tree is None:
            shown = under.rstrip("/") or path
            yield Gap(shown, GapReason.SKIPPED, _NO_SUBMODULE.format(oid[:12]), shown)
            return
        for item in tree.sources(lambda name, size: wanted(under + name, size), limit):
            if isinstance(item, Gap):
                yield replace(item, subject=under + item.subject, path=under + (item.path or item.subject))
            else:
                yield SourceFile(under + item.path, item.data, item.size, item.read_at)

    def _checked_out(self, path: str) -> Path | None:
        """Return where a submodule is checked out; None where it is not, or where a link leads elsewhere."""
        try:
            top = Path(os.fsdecode(_run(self._repository, "rev-parse", "--show-toplevel").rstrip(b"\n"))).resolve()
            # The configuration can name any directory as the work tree: only the one around us counts.
            if not self._repository.resolve().is_relative_to(top):
                return None
            place = top / path
            return place if place.resolve() == place and (place / ".git").exists() else None
        except (ConfigError, OSError, RuntimeError, ValueError):
            return None

    def read(self, path: str, limit: int) -> bytes | None:
        """Return one file's bytes (at most `limit`), or None where the revision has no such file.

        `path` counts from the root of the repository, whatever the prefix.
        """
        try:
            return self._part(f"{self.commit}:{path}".encode("utf-8", "surrogateescape"), 0, limit) or None
        except ConfigError:
            return None

    def _start(self, *arguments: str, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            git_command(self._repository, *arguments),
            env=git_environment(),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def _part(self, oid: bytes, offset: int, length: int) -> bytes:
        process = self._start("cat-file", "blob", os.fsdecode(oid))
        assert process.stdout is not None
        try:
            while offset > 0:
                skipped = process.stdout.read(min(1 << 20, offset))
                if not skipped:
                    return b""
                offset -= len(skipped)
            return process.stdout.read(length)
        finally:
            _end(process)

    def _window(self, oid: bytes) -> Callable[[int, int], bytes]:
        return lambda offset, length: self._part(oid, offset, length)


def _from_batch(batch: subprocess.Popen[bytes], oid: bytes) -> bytes | None:
    assert batch.stdin is not None
    assert batch.stdout is not None
    try:
        batch.stdin.write(oid + b"\n")
        batch.stdin.flush()
    except BrokenPipeError:
        return None
    header = batch.stdout.readline().split()
    if len(header) != 3 or header[1] != b"blob":
        return None
    data = batch.stdout.read(int(header[2]))
    batch.stdout.read(1)
    return data


def _end(process: subprocess.Popen[bytes]) -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            try:
                stream.close()
            except OSError:
                continue
    process.kill()
    process.wait()
