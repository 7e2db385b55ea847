"""Reads formats built of braces: JSON (with comments), HCL, Nix and Jsonnet.

One tokenizer of strings, names, brackets and separators; enough to know the key path of every string.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Final

from aicheck.discover.structure.entries import Entry, Mapping
from aicheck.discover.structure.nesting import MAX_DEPTH, too_deep
from aicheck.knowledge.keys import normalize

__all__ = ["BraceFile", "Key", "read_braces"]

_QUOTED: Final = r"''(?P<indented>(?:[^']|'(?!'))*)''"
"""Nix; everywhere else two quotes are an empty string, and Bicep takes three for several lines."""
_TRIPLE: Final = r"'''(?P<indented>(?:[^']|'(?!''))*)'''"


@cache
def _token(*, nix: bool, lines: bool) -> re.Pattern[str]:
    # What begins no token is told by one look; runs of ordinary characters are taken whole.
    return re.compile(
        r"""(?=["'/\#<\w$@\-{\[()\]},;:=@BREAK@])(?:
        (?P<comment>/\*[^*]*+(?:\*(?!/)[^*]*+)*+(?:\*/|\Z)|(?<!:)//[^\n]*+|(?<![^\s;{}\[\],])\#[^\n]*+)
      | "(?P<string>[^"\\\n]*+(?:\\(?:.|\Z)[^"\\\n]*+)*+)(?:"|(?=\n)|\Z)
      | @SEVERAL@
      | '(?P<single>[^'\\\n]*+(?:\\(?:.|\Z)[^'\\\n]*+)*+)(?:'|(?=\n)|\Z)
      | <<[~-]?(?P<mark>[A-Za-z_]\w*)[^\n]*\n(?P<heredoc>.*?)^[ \t]*(?P=mark)\b
      | (?P<name>[A-Za-z_$@][\w.$\-]*(?:/[\w.\-]+)*)
      | (?P<number>-?\d[\w.+\-]*)
      | (?P<open>[{\[(])
      | (?P<close>[}\])])
      | (?P<separator>[,;])
      | (?P<line>\n)
      | (?P<set>==|=>|[:=]))
    """.replace("@SEVERAL@", _QUOTED if nix else _TRIPLE).replace("@BREAK@", "\\n" if lines else ""),
        re.VERBOSE | re.MULTILINE | re.DOTALL,
    )


@dataclass(slots=True)
class Key:
    """One quoted key of a mapping."""

    text: str
    start: int
    end: int
    path: tuple[str, ...]


@dataclass(slots=True)
class BraceFile:
    """The values, quoted keys and comments of one file."""

    entries: list[Entry]
    keys: list[Key]
    comments: list[tuple[int, int]]


def read_braces(  # noqa: PLR0912 - one branch for each kind of token
    text: str, *, lines: bool, nix: bool = False, parts: Sequence[tuple[int, int]] = ()
) -> BraceFile:
    """Read a file decoded as Latin-1; offsets are byte offsets.

    `lines`: a line break ends an attribute (HCL); in JSON and Nix it means nothing. `nix`: its quotes.
    `parts`: what of it is read, where that is not all (`skipping.parts`).
    Raises `SourceError` where it nests deeper than `nesting.MAX_DEPTH`.
    """
    entries: list[Entry] = []
    keys: list[Key] = []
    comments: list[tuple[int, int]] = []
    stack: list[tuple[str, tuple[str, ...], Mapping, int]] = []
    path: tuple[str, ...] = ()
    mapping = Mapping()
    kind = "{"
    key: str | None = None
    count = 0
    pending: list[str] = []
    token = _token(nix=nix, lines=lines)
    for match in chain.from_iterable(token.finditer(text, *part) for part in parts or ((0, len(text)),)):
        group = match.lastgroup
        if group == "mark":
            group = "heredoc"
        if group in {"string", "single", "indented", "heredoc"}:
            value = match.group(group)
            start = match.start(group)
            if key is None and kind != "[":
                pending.append(value)
                if group == "string":
                    keys.append(Key(value, start, match.end(group), path))
                continue
            where = (*path, key) if key is not None else (*path, f"[{count}]")
            if key is not None:
                mapping.scalars.setdefault(normalize(key), value)
            written = value.replace("\\/", "/") if "\\/" in value else value
            several = group in {"indented", "heredoc"} or "\\n" in value
            entries.append(Entry(where, written, start, match.end(group), mapping, several))
        elif group == "name":
            if key is None and kind != "[":
                pending.append(match.group())
            elif key is not None:
                mapping.scalars.setdefault(normalize(key), match.group())
        elif group == "set":
            if match.group() in {":", "="} and pending:
                # Bicep: `param modelName string = '…'` names the type last.
                typed = match.group() == "=" and len(pending) > 2 and pending[0] in {"param", "var", "output"}
                key = pending[1] if typed else pending[-1]
                pending = []
        elif group == "open":
            mark = match.group()
            if len(stack) >= MAX_DEPTH:
                raise too_deep()
            if key is not None:
                inner = (*path, key)
            elif kind == "[":
                inner = (*path, f"[{count}]")
            else:
                inner = (*path, *pending[-2:]) if mark == "{" else path
            stack.append((kind, path, mapping, count))
            path, kind, count = inner, "[" if mark == "[" else "{", 0
            mapping = Mapping(parent=mapping) if mark == "{" else mapping
            key, pending = None, []
        elif group == "close":
            if stack:
                kind, path, mapping, count = stack.pop()
            pending = []
            if kind != "[":
                key = None
        elif group == "separator" or (group == "line" and lines and kind != "["):
            if kind == "[":
                count += 1
            key, pending = None, []
        elif group == "comment":
            comments.append((match.start(), match.end()))
    return BraceFile(entries, [found for found in keys if _is_key(text, found)], comments)


def _is_key(text: str, key: Key) -> bool:
    position = key.end + 1
    while position < len(text) and text[position] in " \t":
        position += 1
    return text[position : position + 1] == ":"
