"""Listing a directory: what git would list, plus every tracked file, without running git.

`.gitignore`, `.git/info/exclude` and the ignore files above the root count for untracked files; the index says
which files are tracked. Outside a repository they mean nothing, as for git: in an unpacked archive every file
was tracked, and patterns that its authors overrode would hide it. Links are not followed, special files are said,
names may hold any bytes.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from aicheck.core.evidence import Gap, GapReason
from aicheck.discover.ignore import IgnoreFile, parse_ignore, reads_whole

__all__ = ["Entry", "read_index", "walk"]

_SKIPPED_FOLDERS: Final = frozenset({
    "node_modules", "__pycache__", ".venv", "site-packages", ".tox", ".nox", ".mypy_cache", ".ruff_cache",
    ".pytest_cache", ".hypothesis", "bower_components", ".eggs",
})  # fmt: skip
"""Installed or generated; left out unless git tracks files in them, and said once each."""
_SAID: Final = frozenset({"node_modules", ".venv", "site-packages", "bower_components"})
_REPOSITORY_FOLDERS: Final = frozenset({".git", ".hg", ".svn", ".jj"})
_MAX_IGNORE: Final = 1 << 20
_MAX_INDEX: Final = 256 << 20
_IGNORE_PATTERNS: Final = 20_000
_IGNORE_STEPS: Final = 60_000_000
"""Patterns tried, over the whole walk; some 20 seconds."""


class Entry(NamedTuple):
    """A regular file of the tree."""

    path: str
    """Relative to the root, `/` as separator; undecodable bytes as surrogate escapes."""


def _read(path: str, limit: int) -> bytes | None:
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except (OSError, ValueError):
        return None
    try:
        info = os.fstat(handle)
        if not stat.S_ISREG(info.st_mode) or info.st_size > limit:
            return None
        parts = []
        while part := os.read(handle, 1 << 20):
            parts.append(part)
            if sum(map(len, parts)) > limit:
                return None
        return b"".join(parts)
    except OSError:
        return None
    finally:
        os.close(handle)


def _count(data: bytes) -> int:
    """Return how many files an index says it lists; -1 where it is none."""
    return int.from_bytes(data[8:12], "big") if len(data) >= 12 and data[:4] == b"DIRC" else -1


def read_index(data: bytes) -> Iterator[str]:
    """Yield the paths in a git index (versions 2 to 4); stops quietly where the data ends or makes no sense."""
    if len(data) < 12 or data[:4] != b"DIRC":
        return
    version = int.from_bytes(data[4:8], "big")
    count = int.from_bytes(data[8:12], "big")
    if version not in {2, 3, 4}:
        return
    position, previous = 12, b""
    for _ in range(count):
        start = position
        if start + 62 > len(data):
            return
        flags = int.from_bytes(data[start + 60 : start + 62], "big")
        position = start + (64 if flags & 0x4000 and version >= 3 else 62)
        if version == 4:
            strip, position = _offset(data, position)
            end = data.find(b"\0", position)
            if end < 0 or strip > len(previous):
                return
            name = previous[: len(previous) - strip] + data[position:end]
            position = end + 1
        else:
            end = data.find(b"\0", position)
            if end < 0:
                return
            name = data[position:end]
            position = start + ((end - start + 8) // 8) * 8
        previous = name
        yield name.decode("utf-8", "surrogateescape")


def _offset(data: bytes, position: int) -> tuple[int, int]:
    if position >= len(data):
        return 1 << 60, position
    value = data[position] & 127
    while data[position] & 128:
        position += 1
        if position >= len(data):
            return 1 << 60, position
        value = ((value + 1) << 7) | (data[position] & 127)
    return value, position + 1


_Rules = list[tuple[str, IgnoreFile]]


class _Budget:
    """What ignore files may cost: each pattern is compiled once and tried on every name below it.

    Beyond it, files are listed although a pattern may ignore them, and that is said.
    """

    def __init__(self, *, honoured: bool) -> None:
        self.honoured = honoured
        """The tree lies in a repository; ignore files of others say nothing."""
        self.patterns = _IGNORE_PATTERNS
        self.steps = _IGNORE_STEPS
        self.said = False

    def extended(self, rules: _Rules, path: str, folder: str) -> tuple[_Rules, list[Gap]]:
        """Return the rules that hold in a folder with an ignore file of its own."""
        if self.patterns <= 0:
            return rules, []  # `gap` says so
        data = _read(path, _MAX_IGNORE)
        if data is None or not reads_whole(data):
            # It may take back what rules above it ignore: everything is listed from here on.
            detail = "not read (1 MiB and 5,000 lines at most): ignored files are listed, too"
            return [], [Gap(f"{folder}.gitignore", GapReason.SKIPPED, detail, f"{folder}.gitignore")]
        parsed = parse_ignore(data)
        if parsed is None:
            return rules, []
        self.patterns -= parsed.cost
        return [*rules, ("", parsed)], []

    def spend(self, rules: list[tuple[str, IgnoreFile]], names: int) -> bool:
        """Tell whether the rules of a folder may still be tried on its names."""
        self.steps -= sum(rule.cost for _, rule in rules) * names
        return self.steps > 0

    def gap(self, folder: str) -> Gap | None:
        if self.said or (self.steps > 0 and self.patterns > 0):
            return None
        self.said = True
        path = folder.rstrip("/") or "."
        detail = "more ignore patterns than are tried; from here on ignored files are listed too"
        return Gap(path, GapReason.SKIPPED, detail, path)


class _Tracked:
    """The files that git tracks, read from the index when the first ignored name asks for it."""

    def __init__(self, index: str | None, prefix: str) -> None:
        self._index = index
        self._prefix = prefix
        self._files: set[str] | None = None
        self._folders: set[str] = set()
        self.unread = False
        """The index is there and could not be read to its end: what git tracks is not known."""

    def _load(self) -> set[str]:
        if self._files is None:
            files: set[str] = set()
            data = _read(self._index, _MAX_INDEX) if self._index else None
            self.unread = data is None and self._index is not None and os.path.lexists(self._index)
            listed = 0
            for path in read_index(data or b""):
                listed += 1
                if path.startswith(self._prefix):
                    relative = path[len(self._prefix) :]
                    files.add(relative)
                    cut = relative.rfind("/")
                    while cut > 0 and relative[:cut] not in self._folders:
                        self._folders.add(relative[:cut])
                        cut = relative.rfind("/", 0, cut)
            if data is not None and listed != _count(data):
                self.unread = True
            self._files = files
        return self._files

    def file(self, path: str) -> bool:
        return path in self._load()

    def folder(self, path: str) -> bool:
        self._load()
        return path in self._folders


def _repository(root: str) -> tuple[str | None, str | None]:
    """Return (top folder, git folder) of the repository around `root`, or (None, None)."""
    current = os.path.abspath(root)  # noqa: PTH100 - symbolic links in the root's own name must stay as they are
    while True:
        candidate = os.path.join(current, ".git")  # noqa: PTH118 - runs once per level; str keeps odd bytes
        try:
            mode = os.lstat(candidate).st_mode
        except OSError:
            mode = 0
        if stat.S_ISDIR(mode):
            return current, candidate
        if stat.S_ISREG(mode):
            text = (_read(candidate, 4096) or b"").decode("utf-8", "surrogateescape").strip()
            if text.startswith("gitdir: "):
                folder = text[8:].strip()
                return current, os.path.normpath(os.path.join(current, folder))  # noqa: PTH118 - as above
            return current, None
        above = os.path.dirname(current)  # noqa: PTH120 - as above
        if above == current:
            return None, None
        current = above


def _outer_rules(root: str, top: str, git: str | None) -> list[tuple[str, IgnoreFile]]:
    """Rules from above the root: `info/exclude` and the ignore files between the top folder and the root."""
    rules: list[tuple[str, IgnoreFile]] = []
    relative = os.path.relpath(root, top)
    parts = [] if relative == "." else relative.replace(os.sep, "/").split("/")
    inside = "/".join(parts)
    sources = [("", f"{git}/info/exclude")] if git else []
    folder = top
    for depth, part in enumerate(parts):
        sources.append(("/".join(parts[:depth]), f"{folder}/.gitignore"))
        folder = f"{folder}/{part}"
    for base, path in sources:
        data = _read(path, _MAX_IGNORE)
        if (data is None and os.path.lexists(path)) or not reads_whole(data or b""):
            rules.clear()  # it may take back what those above it ignore
            continue
        parsed = parse_ignore(data) if data else None
        if parsed is not None:
            below = inside[len(base) :].lstrip("/")
            rules.append((below + "/" if below else "", parsed))
    return rules


def walk(root: Path, *, max_depth: int = 100, excludes: tuple[str, ...] = ()) -> Iterator[Entry | Gap]:
    """Yield the files of the tree, each folder's in the order of their names, and what was left out.

    `excludes` are patterns as in a `.gitignore` and hold for tracked files, too.
    """
    base = os.fspath(root)
    top, git = _repository(base)
    outer = _outer_rules(os.path.abspath(base), top, git) if top else []  # noqa: PTH100 - see _repository
    inside = os.path.relpath(os.path.abspath(base), top) if top else "."  # noqa: PTH100 - see _repository
    prefix = "" if inside == "." else inside.replace(os.sep, "/") + "/"
    tracked = _Tracked(f"{git}/index" if git else None, prefix)
    excluded = parse_ignore("\n".join(excludes).encode("utf-8", "surrogateescape")) if excludes else None
    # One frame per folder on the path: (relative path with slash, rules that hold in it).
    chain = [(prefix_below, rules) for prefix_below, rules in outer]
    budget = _Budget(honoured=top is not None)
    stack: list[tuple[str, list[tuple[str, IgnoreFile]], int]] = [("", chain, 0)]
    while stack:
        folder, rules, depth = stack.pop()
        yield from _folder(base, folder, rules, depth, stack, tracked, excluded, max_depth, budget)
    if tracked.unread:
        detail = "the index cannot be read: which ignored files are tracked is not known"
        yield Gap(".git/index", GapReason.UNREADABLE, detail, ".git/index")


def _folder(
    base: str,
    folder: str,
    rules: list[tuple[str, IgnoreFile]],
    depth: int,
    stack: list[tuple[str, list[tuple[str, IgnoreFile]], int]],
    tracked: _Tracked,
    excluded: IgnoreFile | None,
    max_depth: int,
    budget: _Budget,
) -> Iterator[Entry | Gap]:
    try:
        with os.scandir(f"{base}/{folder}" if folder else base) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        path = folder.rstrip("/") or "."
        yield Gap(path, GapReason.UNREADABLE, f"folder cannot be listed: {error.strerror}", path)
        return
    own = next((entry for entry in entries if budget.honoured and entry.name == ".gitignore"), None)
    if own is not None and own.is_file(follow_symlinks=False):
        rules, unread = budget.extended(rules, own.path, folder)
        yield from unread
    if not budget.spend(rules, len(entries)):
        rules = []
    if (gap := budget.gap(folder)) is not None:
        yield gap
    deeper: list[tuple[str, list[tuple[str, IgnoreFile]], int]] = []
    for entry in entries:
        name = entry.name
        path = folder + name
        try:
            directory = entry.is_dir(follow_symlinks=False)
        except OSError:
            directory = False
        if directory and name in _REPOSITORY_FOLDERS:
            continue
        if excluded is not None and excluded.decide(path, name, directory=directory):
            continue
        ignored = None
        for inner, rule in reversed(rules):
            ignored = rule.decide(inner + name, name, directory=directory)
            if ignored is not None:
                break
        if directory:
            skipped = name in _SKIPPED_FOLDERS
            if (ignored or skipped) and not tracked.folder(path):
                if skipped and name in _SAID:
                    yield Gap(
                        path, GapReason.SKIPPED, "installed packages; scan them with --env or by their lock", path
                    )
                continue
            if depth + 1 > max_depth:
                yield Gap(path, GapReason.TOO_DEEP, f"deeper than {max_depth} folders; not read", path)
                continue
            deeper.append((path + "/", [(inner + name + "/", rule) for inner, rule in rules], depth + 1))
            continue
        if ignored and not tracked.file(path):
            continue
        try:
            regular = entry.is_file(follow_symlinks=False)
        except OSError:
            regular = False
        if regular:
            yield Entry(path)
        elif not entry.is_symlink():
            yield Gap(path, GapReason.SKIPPED, "not a regular file (a pipe, socket or device)", path)
        elif _leaves(entry.path, base):
            yield Gap(path, GapReason.SKIPPED, "a link out of the tree is not followed", path)
    stack.extend(reversed(deeper))


def _leaves(link: str, base: str) -> bool:
    """Tell whether a link points out of the tree (what lies inside is listed anyway) or nowhere."""
    try:
        target = os.path.realpath(link, strict=True)
    except (OSError, ValueError):
        return True
    inside = os.path.realpath(base)
    return not (target == inside or target.startswith(inside.rstrip("/") + "/"))
