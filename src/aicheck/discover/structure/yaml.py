"""Reads YAML line by line, so that Helm and Jinja templates, which do not parse, work like any other file.

Understands block mappings and sequences by indentation, flow collections on one or more lines, quoted and
plain scalars, block scalars and several documents. Anchors, tags and merge keys are passed over; aliases are
not followed (the anchored value is itself seen).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import Final, NamedTuple

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
_AFTER_KEY: Final = re.compile(r"\s*(#.*)\Z")
_DOUBLE: Final = re.compile(r'"((?:[^"\\]++|\\.)*+)"')
_SINGLE: Final = re.compile(r"'((?:[^']++|'')*)'")
_MEMORABLE: Final = 200
"""Characters of a line up to which it is kept what it says: files repeat their keys, and each other."""
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
    match = _PROPERTY.match(body) if body[:1] in {"&", "!"} else None
    if match:
        lead += match.end()
        body = body[match.end() :]
    if body[:1] in {'"', "'"} and "{{" in body and body.rstrip().endswith(body[0]):
        # A template inside quotes has quotes of its own: `"{{ .Values.model | default "x" }}"`.
        inner = body.rstrip()[1:-1]
        return inner, lead + 1, lead + 1 + len(inner)
    if body.startswith('"'):
        found = _DOUBLE.match(body)
        inner = found.group(1) if found else body[1:]
        return inner.replace('\\"', '"') if "\\" in inner else inner, lead + 1, lead + 1 + len(inner)
    if body.startswith("'"):
        found = _SINGLE.match(body)
        inner = found.group(1) if found else body[1:]
        return inner, lead + 1, lead + 1 + len(inner)
    comment = _COMMENT.search(body) if "#" in body else None
    if comment:
        body = body[: comment.start()]
    body = body.rstrip()
    return body, lead, lead + len(body)


class _Kind(Enum):
    """What a line is, and how the value in it goes on."""

    COMMENT = auto()
    DOCUMENT = auto()
    VALUE = auto()
    BLOCK = auto()
    FLOW = auto()
    QUOTED = auto()
    """A quoted text that the line does not close."""
    PLAIN = auto()


class _Value(NamedTuple):
    """A value as the line has it; places count from the start of the line."""

    kind: _Kind
    text: str = ""
    begin: int = 0
    end: int = 0
    comment: int = -1


class _Line(NamedTuple):
    """What a line says by itself; places count from its start."""

    kind: _Kind
    comment: int = -1
    """Where a comment begins that is all the line, or all that follows the key."""
    dashes: tuple[int, ...] = ()
    """Columns of the dashes."""
    column: int = 0
    """Column of the key, or without one of the first character that is no blank."""
    key: str | None = None
    value: _Value | None = None
    continued: tuple[str, int, int] | None = None
    """Value, start and end where the line can be a further one of a scalar above it."""


def _parsed(line: str) -> _Line | None:
    """Read a line by itself; None where it holds nothing: blanks, a template's control line."""
    stripped = line.strip()
    if not stripped:
        return None
    if stripped.startswith("#"):
        return _Line(_Kind.COMMENT, line.index("#"))
    if stripped in {"---", "..."} or stripped.startswith("--- "):
        return _Line(_Kind.DOCUMENT)
    if (
        stripped[0] == "{"
        and _TEMPLATE_LINE.match(line)
        and _TEMPLATE_ONLY.match(line)
        and not stripped.startswith("{{ .")
    ):
        return None
    found = _LINE.match(line)
    assert found is not None
    indent = len(found.group(1))
    dashes, rest = found.group(2), found.group(3)
    offset = found.start(3)
    if rest.rstrip() == "-":
        dashes, rest = dashes + "- ", ""
    columns = tuple(indent + place for place, mark in enumerate(dashes) if mark == "-")
    if not rest:
        return _Line(_Kind.VALUE, dashes=columns)
    key = _KEY.match(rest) if rest[0] not in "[{" or rest.startswith("{{") else None
    if key is None:
        continued = None
        if rest[0] not in "[{}]\"'" or rest.startswith("{{"):
            text, begin, end = _scalar(rest)
            continued = text, offset + begin, offset + end
        return _Line(_Kind.VALUE, -1, columns, indent, None, _value(rest, offset), continued)
    name = key.group(1) or key.group(2) or key.group(3) or ""
    value = rest[key.end() :]
    comment = _AFTER_KEY.match(value)
    at = offset + key.end()
    return _Line(
        _Kind.VALUE,
        at + comment.start(1) if comment else -1,
        columns,
        indent + len(dashes),
        name,
        None if comment or not value.strip() else _value(value, at),
    )


_parse = lru_cache(maxsize=8192)(_parsed)


def _value(value: str, offset: int) -> _Value:
    """Read a value that begins in a line."""
    body = value.strip()
    plain = _PROPERTY.sub("", body, count=1) if body[:1] in "&!" else body
    if _BLOCK.match(plain):
        return _Value(_Kind.BLOCK)
    first = plain[:1]
    if first in {"[", "{"} and not plain.startswith("{{"):
        return _Value(_Kind.FLOW, begin=offset + value.index(first))
    if first in {'"', "'"}:
        if not (_DOUBLE if first == '"' else _SINGLE).match(plain):
            return _Value(_Kind.QUOTED, begin=offset + value.index(first))
        at = -1
    else:
        comment = _COMMENT.search(value) if "#" in value else None
        at = offset + comment.start() if comment else -1
    text, begin, end = _scalar(value)
    if text.startswith("*") and " " not in text:
        text = ""  # an alias
    return _Value(_Kind.PLAIN, text, offset + begin, offset + end, at)


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
        line = _parse(text[start:stop]) if stop - start <= _MEMORABLE else _parsed(text[start:stop])
        if line is None:
            return end + 1
        if line.kind is not _Kind.VALUE:
            if line.kind is _Kind.COMMENT:
                self.comments.append((start + line.comment, stop))
            else:
                self.levels = [_Level(-1, (), Mapping())]
            return end + 1
        for column in line.dashes:
            self._item(column)
        value = line.value
        if line.key is None:
            if value is None:
                return end + 1
            if not line.dashes:
                if line.continued is not None and self.levels[-1].path:
                    level = self.levels[-1]
                    written, begin, until = line.continued
                    self.entries.append(Entry(level.path, written, start + begin, start + until, level.mapping))
                    return end + 1
                while len(self.levels) > 1 and self.levels[-1].indent >= line.column:
                    self.levels.pop()
            return self._scalar_at(value, start, stop, end, self.levels[-1])
        while len(self.levels) > 1 and self.levels[-1].indent >= line.column:
            self.levels.pop()
        top = self.levels[-1]
        if len(top.path) >= MAX_DEPTH:
            raise too_deep()
        level = _Level(line.column, (*top.path, line.key), top.children())
        self.levels.append(level)
        if line.comment >= 0:
            self.comments.append((start + line.comment, stop))
        return end + 1 if value is None else self._scalar_at(value, start, stop, end, level)

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

    def _scalar_at(self, value: _Value, start: int, stop: int, end: int, level: _Level) -> int:
        """Take a value of the line from `start` to `stop`; return where the next line begins."""
        if value.kind is _Kind.BLOCK:
            return self._block(end + 1, level)
        if value.kind is _Kind.FLOW:
            return self._flow(start + value.begin, level, end)
        if value.comment >= 0:
            self.comments.append((start + value.comment, stop))
        if value.kind is _Kind.QUOTED:
            return self._quoted(start + value.begin, level, end)
        if value.text:
            self._add(level.path, value.text, start + value.begin, start + value.end, level.mapping)
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
