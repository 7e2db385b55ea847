"""`.gitignore` files as git reads them, compiled so that most names cost one look-up in a set.

Source: gitignore(5). Patterns come from a stranger: a glob becomes an expression of atomic groups, so that no
name can make it backtrack.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["IgnoreFile", "parse_ignore", "reads_whole"]

_PLAIN: Final = re.compile(r"[^*?\[\]\\!/]+\Z")
_EXTENSION: Final = re.compile(r"\*(\.[^*?\[\]\\!/.]+)\Z")
_MAX_PATTERNS: Final = 5_000
"""Of one file, in lines; git's own largest collections have some hundreds."""
_MAX_LENGTH: Final = 1024


def _glob(pattern: str) -> str:
    """Translate one gitignore glob (without leading or trailing slash) to an expression on a whole path."""
    out: list[str] = []
    index, length = 0, len(pattern)
    while index < length:
        character = pattern[index]
        if character == "*":
            end = index
            while end < length and pattern[end] == "*":
                end += 1
            stars = end - index
            at_start = index == 0 or pattern[index - 1] == "/"
            if stars >= 2 and at_start and end < length and pattern[end] == "/":
                out.append("(?:[^/]+/)*+")
                index = end + 1
                continue
            if stars >= 2 and at_start and end == length:
                out.append(".+")
                index = end
                continue
            # An atomic lazy star is right for all but the last one in a segment, and cannot backtrack.
            rest = pattern[end:]
            segment = rest.partition("/")[0]
            if not segment:
                out.append("[^/]*+")
                index = end
                continue
            follows = segment.partition("*")[0]
            if "*" in segment:
                out.append(f"(?>[^/]*?{_fixed(follows)})")
                index = end + len(follows)
            else:
                out.append("[^/]*")
                index = end
            continue
        taken, piece = _one(pattern, index)
        out.append(piece)
        index += taken
    return "".join(out)


def _one(pattern: str, index: int) -> tuple[int, str]:
    character = pattern[index]
    if character == "?":
        return 1, "[^/]"
    if character == "\\" and index + 1 < len(pattern):
        return 2, re.escape(pattern[index + 1])
    if character == "[":
        close = pattern.find("]", index + 2 + (pattern[index + 1 : index + 2] in {"!", "^"}))
        if close > 0:
            inner = pattern[index + 1 : close]
            negate = inner[:1] in {"!", "^"}
            inner = inner[1:] if negate else inner
            inner = inner.replace("\\", "\\\\").replace("[", "\\[").replace("^", "\\^").replace("&&", "&\\&")
            inner = inner.replace("~~", "~\\~").replace("||", "|\\|").replace("--", "-\\-")
            return close - index + 1, f"[{'^/' if negate else ''}{inner}]"
    return 1, re.escape(character)


def _fixed(text: str) -> str:
    out, index = [], 0
    while index < len(text):
        taken, piece = _one(text, index)
        out.append(piece)
        index += taken
    return "".join(out)


class IgnoreFile:
    """The rules of one ignore file; `decide` answers for paths relative to the file's directory."""

    __slots__ = ("_directories", "_extensions", "_names", "_ordered", "_regex", "_regex_directories", "cost")

    def __init__(self, rules: list[tuple[str, bool, bool, bool]]) -> None:
        self._names: set[str] = set()
        self._directories: set[str] = set()
        self._extensions: set[str] = set()
        self._ordered: list[tuple[re.Pattern[str], bool, bool]] = []
        self._regex: re.Pattern[str] | None = None
        self._regex_directories: re.Pattern[str] | None = None
        self.cost = 0
        """How many patterns a name may be matched against, one after the other."""
        if any(negated for _, negated, _, _ in rules):
            for glob, negated, directory, anchored in rules:
                compiled = _compile([(glob, anchored)])
                if compiled is not None:
                    self._ordered.append((compiled, negated, directory))
            self.cost = len(self._ordered)
            return
        rest: list[tuple[str, bool]] = []
        rest_directories: list[tuple[str, bool]] = []
        for glob, _, directory, anchored in rules:
            extension = _EXTENSION.match(glob)
            if not anchored and _PLAIN.match(glob):
                (self._directories if directory else self._names).add(glob)
            elif not anchored and extension and not directory:
                self._extensions.add(extension.group(1))
            else:
                (rest_directories if directory else rest).append((glob, anchored))
        self._regex = _compile(rest)
        self._regex_directories = _compile(rest_directories)
        self.cost = len(rest) + len(rest_directories)

    def decide(self, path: str, name: str, *, directory: bool) -> bool | None:
        """Return True (ignored), False (explicitly kept) or None (no rule speaks of it)."""
        if self._ordered:
            for compiled, negated, only_directory in reversed(self._ordered):
                if (directory or not only_directory) and compiled.match(path):
                    return not negated
            return None
        if name in self._names or (directory and name in self._directories):
            return True
        dot = name.rfind(".")
        if dot >= 0 and name[dot:] in self._extensions:
            return True
        if self._regex is not None and self._regex.match(path):
            return True
        if directory and self._regex_directories is not None and self._regex_directories.match(path):
            return True
        return None


def _compile(globs: list[tuple[str, bool]]) -> re.Pattern[str] | None:
    if not globs:
        return None
    parts = []
    for glob, anchored in globs:
        try:
            part = _glob(glob)
            re.compile(part)
        except (re.error, OverflowError, RecursionError):
            continue  # git ignores what it cannot match, too
        parts.append(part if anchored else f"(?:.*/)?{part}")
    if not parts:
        return None
    return re.compile("(?:" + "|".join(parts) + r")\Z", re.DOTALL)


def reads_whole(data: bytes) -> bool:
    """Tell whether `parse_ignore` takes all of a file; what it leaves out may take back what the rest ignores."""
    if data.count(b"\n") >= _MAX_PATTERNS:
        return False
    return len(data) <= _MAX_LENGTH or not any(
        line.startswith(b"!") and len(line) > _MAX_LENGTH for line in data.split(b"\n")
    )


def parse_ignore(data: bytes) -> IgnoreFile | None:
    """Read an ignore file's bytes; None where it holds no rule."""
    rules: list[tuple[str, bool, bool, bool]] = []
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    for raw in data.split(b"\n")[:_MAX_PATTERNS]:
        line = raw.rstrip(b"\r").decode("utf-8", "surrogateescape")
        if not line or line.startswith("#") or len(line) > _MAX_LENGTH:
            continue
        while line.endswith(" ") and not line.endswith("\\ "):
            line = line[:-1]
        negated = line.startswith("!")
        if negated:
            line = line[1:]
        directory = line.endswith("/")
        line = line.rstrip("/") if directory else line
        anchored = "/" in line
        line = line.removeprefix("/")
        if line:
            rules.append((line, negated, directory, anchored))
    return IgnoreFile(rules) if rules else None
