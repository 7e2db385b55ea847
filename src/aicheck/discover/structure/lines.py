"""Reads formats of lines: TOML, INI, properties, `.env` and their kin."""

from __future__ import annotations

import re
from typing import Final

from aicheck.discover.structure.entries import Entry, Mapping
from aicheck.knowledge.keys import normalize

__all__ = ["read_lines"]

_SECTION: Final = re.compile(r"\s*+\[\[?\s*+([^\[\]\s](?:[^\[\]\n]*[^\[\]\s])?)\s*\]\]?\s*(?:[#;].*)?\Z")
_SETTING: Final = re.compile(
    r"\s*(?:export\s+|set\s+|\$env:)?(\"[^\"]+\"|'[^']+'|[A-Za-z_$][\w.\-$\[\]]*)\s*(?:\?=|:=|\+=|=|:(?=\s)|:(?=[^/:]))\s*(.*)\Z"
)
_STRINGS: Final = re.compile(
    r"\"((?:[^\"\\]|\\(?:.|\Z))*)(?:\"|\Z)|'([^']*)(?:'|\Z)|([A-Za-z_][\w\-]*)\s*=|([{}\[\],])|#.*"
)
_INLINE_COMMENT: Final = re.compile(r"\s[#;]\s?.*\Z")


def read_lines(text: str) -> tuple[list[Entry], list[tuple[int, int]]]:
    """Return the values of a file decoded as Latin-1, and the spans of its comments. Never raises."""
    entries: list[Entry] = []
    comments: list[tuple[int, int]] = []
    section: tuple[str, ...] = ()
    mapping = Mapping()
    dotted: dict[str, Mapping] = {}
    position, size = 0, len(text)
    depth = 0
    path: tuple[str, ...] = ()
    count = 0
    while position < size:
        end = text.find("\n", position)
        end = size if end < 0 else end
        line = text[position:end].rstrip("\r")
        start, position = position, end + 1
        stripped = line.strip()
        if not stripped:
            continue
        if stripped[0] in "#;" or stripped.startswith(("//", "REM ", "rem ", "!")):
            comments.append((start, start + len(line)))
            continue
        if depth > 0:
            count, change = _inline(line, start, path, mapping, count, entries)
            depth += change
            continue
        found = _SECTION.match(line)
        if found:
            section = tuple(
                part.strip("\"' ") for part in re.split(r"[.:/]|\s+", found.group(1)) if part.strip("\"' ")
            )
            mapping, dotted = Mapping(), {}
            continue
        found = _SETTING.match(line)
        if not found:
            continue
        key = found.group(1).strip("\"'")
        path = (*section, *key.split(".")) if "." in key else (*section, key)
        value, at = found.group(2), start + found.start(2)
        if value.startswith(('"""', "'''")):
            close = text.find(value[:3], at + 3)
            close = size if close < 0 else close
            entries.append(Entry(path, text[at + 3 : close], at + 3, close, mapping, block=True))
            following = text.find("\n", close)
            position = size if following < 0 else following + 1
        elif value[:1] in {"[", "{"} and not value.startswith(("{{", "{%")):
            count, change = _inline(value, at, path, mapping, 0, entries)
            depth = max(change, 0)
        else:
            text_value, begin = _value(value)
            if "." in key:
                # `a.b.model` and `a.b.base-url` are neighbours; `c.model` is none.
                mapping = dotted.setdefault(key.rpartition(".")[0], Mapping(parent=mapping.parent))
            mapping.scalars.setdefault(normalize(path[-1]), text_value)
            entries.append(Entry(path, text_value, at + begin, at + begin + len(text_value), mapping))
    return entries, comments


def _value(value: str) -> tuple[str, int]:
    """Return a value without quotes and trailing comment, and where it begins."""
    if value[:1] in {'"', "'"}:
        close = value.find(value[0], 1)
        while close > 0 and value[0] == '"' and value[close - 1] == "\\":
            close = value.find('"', close + 1)
        return value[1 : close if close > 0 else len(value)], 1
    return _INLINE_COMMENT.sub("", value).rstrip().rstrip("\\").rstrip(), 0


def _inline(
    text: str, start: int, path: tuple[str, ...], mapping: Mapping, count: int, entries: list[Entry]
) -> tuple[int, int]:
    """Read a part of an inline array or table; return the number of items so far and the change of depth."""
    depth = 0
    key: str | None = None
    table = Mapping(parent=mapping)
    for found in _STRINGS.finditer(text):
        if found.group(4):
            mark = found.group(4)
            depth += 1 if mark in "[{" else -1 if mark in "]}" else 0
            if mark in ",}":
                count += mark == ","
                key = None
            elif mark == "{":
                table = Mapping(parent=mapping)
        elif found.group(3):
            key = found.group(3)
        elif found.group(1) is not None or found.group(2) is not None:
            group = 1 if found.group(1) is not None else 2
            where = (*path, key) if key else (*path, f"[{count}]")
            if key:
                table.scalars.setdefault(normalize(key), found.group(group))
            entries.append(
                Entry(where, found.group(group), start + found.start(group), start + found.end(group), table)
            )
    return count, depth
