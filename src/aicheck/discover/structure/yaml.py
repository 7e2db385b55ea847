"""Reads YAML line by line, so that Helm and Jinja templates, which do not parse, work like any other file.

Understands block mappings and sequences by indentation, flow collections on one or more lines, quoted and
plain scalars, block scalars and several documents. Anchors, tags and merge keys are passed over; aliases are
not followed (the anchored value is itself seen).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from aicheck.discover.structure.entries import Entry, Mapping
from aicheck.discover.structure.nesting import MAX_DEPTH, too_deep
from aicheck.knowledge.keys import normalize

__all__ = ["YamlFile", "read_yaml"]

_LINE: Final = re.compile(r"([ \t]*)((?:-[ \t]+)*)(.*)")
_KEY: Final = re.compile(
    r"(?:\"((?:[^\"\\]|\\.)*)\"|'((?:[^']|'')*)'"
    r"|([^\s\"'#\-?\[\]{},&*!|>%@`][^:#\n]*?|-[^\s:#\n][^:#\n]*?|<<|[$.\w/\-*][^\s:]*))[ \t]*:(?=[ \t]|$)"
)
_TEMPLATE_LINE: Final = re.compile(r"\s*(?:\{\{-?|\{%-?|\{#)")
_TEMPLATE_ONLY: Final = re.compile(
    r"\s*(?:\{\{-?\s*(?:if|else|end|range|with|define|template|include|block|/\*)\b.*|\{%.*%\}|\{#.*#\}|\{\{-?[^}]*\}\})\s*\Z"
)
_BLOCK: Final = re.compile(r"(?:[|>])[+\-0-9]{0,2}(?:[ \t]+#.*)?\Z")
_PROPERTY: Final = re.compile(r"(?:[&!][^\s]*[ \t]+)+")
_COMMENT: Final = re.compile(r"(?:^|(?<=[ \t]))#.*")
_FLOW: Final = re.compile(
    r"\"(?:[^\"\\]|\\(?:.|\Z))*(?:\"|\Z)|'(?:[^']|'')*(?:'|\Z)|\{\{[^{}\n]*\}\}|\$\{[^}]*\}|[\[\]{},]|:(?=[\s\"'\[{]|$)|#.*|[^\[\]{},:#\"'\s][^\[\]{},\"'\n]*?(?=\s*(?:[\[\]{},]|:\s|:$|\s#|$))|\S"
)
_MAX_ENTRIES: Final = 400_000
"""Values of one file: what a file of megabytes that is written by hand or by a generator stays far below."""
_MAX_FLOW: Final = 200_000
"""Bytes of a flow collection on several lines: one that nobody closes must not swallow the file."""


@dataclass(slots=True)
class YamlFile:
    """The values and comments of one file."""

    entries: list[Entry]
    comments: list[tuple[int, int]]
    """(start, end) byte offsets, the mark included."""
    unread: str = ""
    """What is left out for its size, for people; empty = nothing."""


@dataclass(slots=True)
class _Level:
    """A key, a list or an item of a list; lists lie half a column right of their dashes, items a little more."""

    indent: float
    path: tuple[str, ...]
    mapping: Mapping
    """The mapping that the key stands in."""
    count: int = -1
    """Items of the list so far; -1 = no list."""
    inside: Mapping | None = None
    """The mapping below, made for the first key in it."""

    def children(self) -> Mapping:
        if self.inside is None:
            self.inside = Mapping(parent=self.mapping)
        return self.inside


def _scalar(text: str) -> tuple[str, int, int]:
    """Return the value of a plain or quoted scalar with its span in the text."""
    lead = len(text) - len(text.lstrip())
    body = text[lead:]
    match = _PROPERTY.match(body)
    if match:
        lead += match.end()
        body = body[match.end() :]
    if body[:1] in {'"', "'"} and "{{" in body and body.rstrip().endswith(body[0]):
        # A template inside quotes has quotes of its own: `"{{ .Values.model | default "x" }}"`.
        inner = body.rstrip()[1:-1]
        return inner, lead + 1, lead + 1 + len(inner)
    if body.startswith('"'):
        found = re.match(r'"((?:[^"\\]|\\.)*)"', body)
        inner = found.group(1) if found else body[1:]
        return inner.replace('\\"', '"') if "\\" in inner else inner, lead + 1, lead + 1 + len(inner)
    if body.startswith("'"):
        found = re.match(r"'((?:[^']|'')*)'", body)
        inner = found.group(1) if found else body[1:]
        return inner, lead + 1, lead + 1 + len(inner)
    comment = _COMMENT.search(body)
    if comment:
        body = body[: comment.start()]
    body = body.rstrip()
    return body, lead, lead + len(body)


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.entries: list[Entry] = []
        self.comments: list[tuple[int, int]] = []
        self.levels: list[_Level] = [_Level(-1, (), Mapping())]
        self.unread = ""

    def _add(
        self, path: tuple[str, ...], value: str, start: int, end: int, mapping: Mapping, *, block: bool = False
    ) -> None:
        if path and not path[-1].startswith("[") and not block:
            mapping.scalars.setdefault(normalize(path[-1]), value)
        self.entries.append(Entry(path, value, start, end, mapping, block))

    def read(self) -> YamlFile:
        text = self.text
        position, size = 0, len(text)
        entries = self.entries
        while position < size:
            if len(entries) > _MAX_ENTRIES:
                self.unread = f"more than {_MAX_ENTRIES} values: the rest was not looked at"
                break
            end = text.find("\n", position)
            end = size if end < 0 else end
            position = self._line(position, end)
        return YamlFile(entries, self.comments, self.unread)

    def _line(self, start: int, end: int) -> int:
        """Read the line; return where the next begins."""
        text = self.text
        stop = end - 1 if end > start and text[end - 1] == "\r" else end
        line = text[start:stop]
        stripped = line.strip()
        if not stripped:
            return end + 1
        if stripped.startswith("#"):
            self.comments.append((start + line.index("#"), stop))
            return end + 1
        if stripped in {"---", "..."} or stripped.startswith("--- "):
            self.levels = [_Level(-1, (), Mapping())]
            return end + 1
        if (
            stripped[0] == "{"
            and _TEMPLATE_LINE.match(line)
            and _TEMPLATE_ONLY.match(line)
            and not stripped.startswith("{{ .")
        ):
            return end + 1
        found = _LINE.match(line)
        assert found is not None
        indent = len(found.group(1))
        dashes, rest = found.group(2), found.group(3)
        offset = start + found.start(3)
        if rest.rstrip() == "-":
            dashes, rest, offset = dashes + "- ", "", offset + 1
        for place, mark in enumerate(dashes):
            if mark == "-":
                self._item(indent + place)
        if not rest:
            return end + 1
        key = _KEY.match(rest) if rest[0] not in "[{" or rest.startswith("{{") else None
        if key is None:
            if not dashes and self._continues(rest, offset):
                return end + 1
            if not dashes:
                while len(self.levels) > 1 and self.levels[-1].indent >= indent:
                    self.levels.pop()
            return self._scalar_at(rest, offset, end, self.levels[-1])
        name = key.group(1) or key.group(2) or key.group(3) or ""
        column = indent + len(dashes)
        while len(self.levels) > 1 and self.levels[-1].indent >= column:
            self.levels.pop()
        top = self.levels[-1]
        if len(top.path) >= MAX_DEPTH:
            raise too_deep()
        level = _Level(column, (*top.path, name), top.children())
        self.levels.append(level)
        value = rest[key.end() :]
        comment = re.match(r"\s*(#.*)\Z", value)
        if comment:
            self.comments.append((offset + key.end() + comment.start(1), stop))
        if not value.strip() or comment:
            return end + 1
        return self._scalar_at(value, offset + key.end(), end, level)

    def _item(self, column: int) -> None:
        """Begin an item of the list whose dash stands at this column."""
        while len(self.levels) > 1 and self.levels[-1].indent > column + 0.5:
            self.levels.pop()
        top = self.levels[-1]
        if top.count < 0 or top.indent != column + 0.5:
            top = _Level(column + 0.5, top.path, top.children() if not top.path else top.mapping)
            self.levels.append(top)
        top.count += 1
        if len(top.path) >= MAX_DEPTH:
            raise too_deep()
        self.levels.append(_Level(column + 0.6, (*top.path, f"[{top.count}]"), top.mapping))

    def _continues(self, rest: str, offset: int) -> bool:
        """A further line of a plain or quoted scalar: only its addresses and names matter."""
        if rest[0] in "[{}]\"'" and not rest.startswith("{{"):
            return False
        level = self.levels[-1]
        if not level.path:
            return False
        value, begin, end = _scalar(rest)
        self.entries.append(Entry(level.path, value, offset + begin, offset + end, level.mapping))
        return True

    def _scalar_at(self, value: str, offset: int, end: int, level: _Level) -> int:
        """Read a value that begins in this line; return where the next line begins."""
        body = value.strip()
        plain = _PROPERTY.sub("", body, count=1) if body[:1] in "&!" else body
        if _BLOCK.match(plain):
            return self._block(end + 1, level)
        if plain[:1] in {"[", "{"} and not plain.startswith("{{"):
            return self._flow(offset + value.index(plain[:1]), level, end)
        comment = _COMMENT.search(value)
        if comment and plain[:1] not in {'"', "'"}:
            self.comments.append((offset + comment.start(), offset + len(value)))
        if plain[:1] in {'"', "'"} and not re.match(r"(\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*')", plain):
            return self._quoted(offset + value.index(plain[0]), level, end)
        text, begin, stop = _scalar(value)
        if text and not (text.startswith("*") and " " not in text):
            self._add(level.path, text, offset + begin, offset + stop, level.mapping)
        return end + 1

    def _quoted(self, start: int, level: _Level, end: int) -> int:
        quote = self.text[start]
        close = self.text.find(quote, start + 1)
        while close > 0 and quote == '"' and self.text[close - 1] == "\\":
            close = self.text.find(quote, close + 1)
        if close < 0 or close - start > 100_000:
            close = end
        self._add(level.path, self.text[start + 1 : close], start + 1, close, level.mapping, block=True)
        following = self.text.find("\n", close)
        return len(self.text) if following < 0 else following + 1

    def _block(self, start: int, level: _Level) -> int:
        """Take the lines that are indented deeper than the key or dash."""
        text = self.text
        position, size = start, len(text)
        last = start
        owner = int(level.indent) if level.path else -1
        while position < size:
            end = text.find("\n", position)
            end = size if end < 0 else end
            line = text[position:end]
            if line.strip():
                if len(line) - len(line.lstrip()) <= owner:
                    break
                last = end
            position = end + 1
        if last > start:
            self._add(level.path, text[start:last], start, last, level.mapping, block=True)
        return min(position, size)

    def _flow(self, start: int, level: _Level, end: int) -> int:
        """Read `[a, b]` and `{k: v}`, over several lines where they are not closed on one."""
        text = self.text
        stack: list[tuple[str, tuple[str, ...], Mapping, int]] = []
        path, mapping = level.path, level.mapping
        key: str | None = None
        position = start
        limit = min(len(text), max(start + _MAX_FLOW, end))
        count = 0
        while position < limit and len(self.entries) <= _MAX_ENTRIES:
            found = _FLOW.search(text, position, limit)
            if found is None:
                break
            piece, position = found.group(), found.end()
            if piece in "[{":
                if len(stack) >= MAX_DEPTH:
                    raise too_deep()
                inner = (
                    (*path, key)
                    if key is not None
                    else (*path, f"[{count}]")
                    if stack and stack[-1][0] == "["
                    else path
                )
                stack.append((piece, path, mapping, count))
                path, mapping, key, count = inner, Mapping(parent=mapping), None, 0
            elif piece in "]}":
                if not stack:
                    break
                _, path, mapping, count = stack.pop()
                key = None
                if not stack:
                    break
            elif piece == ",":
                key = None
                count += 1
            elif piece == ":":
                continue
            elif piece.startswith("#"):
                self.comments.append((found.start(), position))
            elif stack and stack[-1][0] == "{" and key is None:
                key = piece.strip("\"'")
                if piece.endswith(":"):
                    key = key[:-1]
            elif stack:
                inner_text, begin, stop = _scalar(piece)
                where = (*path, key) if key is not None else (*path, f"[{count}]")
                self._add(where, inner_text, found.start() + begin, found.start() + stop, mapping)
                key = None if stack[-1][0] == "{" else key
        if stack and limit < len(text):
            self.unread = f"a flow collection of more than {_MAX_FLOW} bytes was not read as one"
        following = text.find("\n", max(position - 1, start))
        return len(text) if following < 0 else following + 1 if position >= end or following >= end else end + 1


def read_yaml(text: str) -> YamlFile:
    """Read a file decoded as Latin-1; offsets are byte offsets. Linear in the size.

    Raises `SourceError` where it nests deeper than `nesting.MAX_DEPTH`.
    """
    return _Reader(text).read()
