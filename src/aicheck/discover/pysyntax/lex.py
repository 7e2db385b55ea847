"""Strings, comments and logical lines of Python text around a place, found without parsing the file.

Three quotes are the only thing that reaches over lines without a bracket, and they are found by plain search. With
them known, a line tells its own strings and comments, and a logical line is found from the nearest line above
that can only begin one (a keyword that stands in no expression). Text that is no Python at all (a template,
another version) still gives statements: a definition in the first column always starts one.
"""

from __future__ import annotations

import ast
import re
import warnings
from bisect import bisect_right
from functools import lru_cache
from typing import Final

from aicheck.discover.source import SourceFile

__all__ = ["MAX_STATEMENT", "Layout", "layout", "parse_statement"]

_STRINGS: Final = (
    rb'#[^\n]*+|"""(?:[^"\\]++|\\.|"(?!""))*+(?:"""|\Z)|\'\'\'(?:[^\'\\]++|\\.|\'(?!\'\'))*+(?:\'\'\'|\Z)'
    rb'|"(?:[^"\\\n]++|\\.)*+(?:"|(?=\n)|\Z)|\'(?:[^\'\\\n]++|\\.)*+(?:\'|(?=\n)|\Z)'
)
"""Possessive, so linear on any input."""
_TOKEN: Final = re.compile(_STRINGS, re.DOTALL)
_NO_END: Final = rb"[^#\"'()\[\]{}\n\\]++|[(\[{][^#\"'()\[\]{}\n\\]*+[)\]}]|\\(?:\r?\n)?|" + _STRINGS
"""What ends no logical line: words, brackets around words, strings, comments, joined lines."""
_TRIPLE: Final = frozenset({b'"""', b"'''"})
_FLAT: Final = re.compile(rb"(?:" + _NO_END + rb")*+", re.DOTALL)
"""As far as nothing can end a logical line outside brackets."""
_INSIDE: Final = re.compile(
    rb"(?:" + _NO_END + rb"|\n(?!(?:def|class|async def|import|from|@\w|if __name__)\b))*+", re.DOTALL
)
"""The same inside brackets, where a line's end counts only before what begins a statement for sure."""
_BEGINS: Final = re.compile(
    rb"[ \t]*(?:(?:def|class|return|raise|with|while|assert|elif|except|del|pass|break|continue|global|nonlocal"
    rb"|import|try|finally|async[ \t]+(?:def|with)|from[ \t]+[\w.]+[ \t]+import)\b"
    rb"|(?:self|cls)\.\w+[ \t]*=(?!=))"
)
"""A line that can only be the first of a statement."""
MAX_STATEMENT: Final = 2 << 20
_HASH, _BACKSLASH, _NEWLINE = b"#\\\n"
_JOINING: Final = frozenset(b"\\\r")
"""Before a line break: the line may go on."""
_OPENING: Final = frozenset(b"([{")
_CLOSING: Final = frozenset(b")]}")


class Layout:
    """Where the strings, comments and statements of one file stand."""

    __slots__ = (
        "_begins", "_clear", "_data", "_double", "_ends", "_resume", "_scanned", "_single", "_texts", "_texts_end",
    )  # fmt: skip

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._texts: list[int] = []
        """Where texts in three quotes begin, and in `_texts_end` where they end; found as far as was asked for."""
        self._texts_end: list[int] = []
        self._scanned = 0
        self._double, self._single = data.find(b'"""'), data.find(b"'''")
        """The next three quotes of either sort that were not looked at; -1 = none."""
        self._begins: list[int] = []
        """Where the statements found so far begin, and in `_ends` where they end (before the line break)."""
        self._ends: list[int] = []
        self._clear = (0, 0)
        """Between these no token opens."""
        self._resume = (-2, 0, -1, 0)
        """Of the last place looked up: number of the text before it, begin and end of its line, where to go on."""

    def _texts_to(self, offset: int) -> list[int]:
        """Return where texts in three quotes begin, all those that begin up to `offset` among them."""
        data = self._data
        begins, ends = self._texts, self._texts_end
        while True:
            double, single = self._double, self._single
            start = double if single < 0 or 0 <= double < single else single
            if start < 0 or start > offset:
                return begins
            position = self._opened(self._scanned, start)  # beyond: in a comment or short string that ends there
            if position == start:
                quotes = data[start : start + 3]
                position = data.find(quotes, start + 3)
                while position >= 0 and self._escaped(position, start + 3):
                    position = data.find(quotes, position + 1)
                position = position + 3 if position >= 0 else len(data)
                begins.append(start)
                ends.append(position)
            self._scanned = position
            if 0 <= double < position:
                self._double = data.find(b'"""', position)
            if 0 <= single < position:
                self._single = data.find(b"'''", position)

    def _opened(self, position: int, start: int) -> int:
        """Return `start` where three quotes open a text there, or the end of what they stand in."""
        data = self._data
        line = data.rfind(b"\n", position, start) + 1
        if line > position and data[line:start].isspace() and data[line - 2] not in _JOINING:
            return start
        line = self._own_line(position, start)
        before = data[line:start]
        if b"#" not in before and b'"' not in before and b"'" not in before:
            return start
        for found in _TOKEN.finditer(data, line):
            if found.start() >= start:
                break
            if found.end() > start:
                return found.end()
        return start

    def _own_line(self, floor: int, offset: int) -> int:
        """Start of the line of `offset` and of those that a backslash joins to it, at least `floor`."""
        data = self._data
        line = data.rfind(b"\n", floor, offset) + 1
        while line > floor and (data[line - 2 : line - 1] == b"\\" or data[line - 3 : line - 1] == b"\\\r"):
            line = data.rfind(b"\n", floor, line - 1) + 1
        return max(line, floor)

    def _escaped(self, position: int, floor: int) -> bool:
        at = position
        while at > floor and self._data[at - 1] == _BACKSLASH:
            at -= 1
        return (position - at) % 2 == 1

    def text_at(self, offset: int) -> tuple[int, int] | None:
        """Return the text in three quotes that covers a byte offset."""
        begins = self._texts_to(offset)
        index = bisect_right(begins, offset) - 1
        if index >= 0 and offset < self._texts_end[index]:
            return begins[index], self._texts_end[index]
        return None

    def token_at(self, offset: int) -> tuple[int, int] | None:
        """Return the string or comment that covers a byte offset, without the letters before its quotes."""
        begins = self._texts_to(offset)
        index = bisect_right(begins, offset) - 1
        floor = 0
        if index >= 0:
            floor = self._texts_end[index]
            if offset < floor:
                return begins[index], floor
        # Hits come in order, and a line may hold thousands: go on where the last one on it was found.
        last, first, line_end, at = self._resume
        if index != last or not first <= offset <= line_end:
            first = at = self._own_line(floor, offset)
            line_end = self._data.find(b"\n", offset)
            line_end = len(self._data) if line_end < 0 else line_end
        elif offset < at:
            at = first
        covering = None
        # Every quote and every hash opens a token, so where a search passed none, no other search finds one.
        passed, opens = self._clear
        if not passed <= at <= offset < opens:
            for found in _TOKEN.finditer(self._data, at):
                start, end = found.span()
                if start > offset:
                    self._clear = at, start
                    break
                if offset < end:
                    at, covering = start, (start, end)
                    break
                at = end
            else:
                self._clear = at, len(self._data) + 1
        self._resume = index, first, line_end, at
        return covering

    def statement_at(self, offset: int) -> tuple[int, int]:
        """Return (start of the first line, end of the last line) of the logical line around a byte offset."""
        index = bisect_right(self._begins, offset) - 1
        if index >= 0 and offset <= self._ends[index]:
            return self._begins[index], self._ends[index]
        floor = self._ends[index] + 1 if index >= 0 else 0
        begins, ends = self._lines(self._beginning(offset, floor), offset)
        self._begins[index + 1 : index + 1] = begins
        self._ends[index + 1 : index + 1] = ends
        return begins[-1], ends[-1]

    def _beginning(self, offset: int, floor: int) -> int:
        """Return where a statement surely begins: on the line of `offset`, or as near above it as can be told."""
        data = self._data
        line = offset
        while True:
            line = data.rfind(b"\n", 0, line) + 1
            while (text := self.text_at(line)) is not None and text[0] < line:
                line = data.rfind(b"\n", 0, text[0]) + 1
            if line <= floor:
                return floor
            if _BEGINS.match(data, line):
                return line
            line -= 1

    def _lines(self, start: int, offset: int) -> tuple[list[int], list[int]]:
        """Return where the logical lines from `start` to the one that covers `offset` begin and end."""
        data = self._data
        begins: list[int] = []
        ends: list[int] = []
        at, size, depth = start, len(data), 0
        while True:
            found = (_INSIDE if depth else _FLAT).match(data, at)
            at = found.end() if found else at
            if at >= size:
                break
            byte = data[at]
            if byte == _NEWLINE:
                depth = 0
                begins.append(start)
                ends.append(at)
                if at >= offset:
                    return begins, ends
                start = at + 1
            elif byte in _OPENING:
                depth += 1
            elif depth and byte in _CLOSING:
                depth -= 1
            at += 1  # also past the quote of a text that a backslash ends with the file
        begins.append(start)
        ends.append(size)
        return begins, ends

    def is_comment(self, token: tuple[int, int]) -> bool:
        """Tell whether what `token_at` gave is a comment."""
        return self._data[token[0]] == _HASH

    def is_docstring(self, token: tuple[int, int]) -> bool:
        """Tell quickly whether a string in three quotes opens the body of a block (or the file)."""
        if self._data[token[0] : token[0] + 3] not in _TRIPLE:
            return False
        before = self._data[max(0, token[0] - 400) : token[0]].rstrip(b"rRbBuUfF")
        line = before[before.rfind(b"\n") + 1 :]
        above = before.rstrip()
        return not line.strip() and (not above or above.endswith(b":"))

    def is_prose(self, token: tuple[int, int], statement: int) -> bool:
        """Tell whether a string is the whole of the statement that starts at a byte offset (a docstring)."""
        return not self._data[statement : token[0]].strip(b" \t\nrRbBuUfF")


def layout(source: SourceFile) -> Layout:
    """Return the file's layout, made once."""
    return source.parsed("python-layout", lambda one: Layout(one.data))


_HEADER: Final = re.compile(
    r"\s*(?:(?P<elif>elif)\b|(?P<compound>if|while|for|with|def|class|async|match)\b|(?P<decorator>@)"
    r"|(?P<other>else|except|finally|try|case)\b)"
)
_MAGIC: Final = re.compile(r"\s*[%!]")
_WARNED: Final = re.compile(
    r"\d(?<![\w.]\d)[\w.]*+(?:(?<=and)|(?<=else)|(?<=for)|(?<=if)|(?<=in)|(?<=is)|(?<=not)|(?<=or))"
)
"""A word right after a number: of it, and of escapes that are none, a parser may warn."""
_SHORT: Final = 1_000
"""Characters of statements that are kept for the next ones that read the same."""


def parse_statement(text: str) -> tuple[list[ast.stmt], int]:
    """Parse one logical line with its own indentation; columns are kept.

    Returns the statements and the line number that their first line has in them (1, or 2 where a header had to
    be put in front).

    A header (`if x:`, `def f(a=1):`) gets an empty body, a decorator becomes a plain expression. Returns an
    empty list for what is no Python.
    """
    if len(text) > MAX_STATEMENT:
        return [], 1
    found = _HEADER.match(text)
    body = text
    if found:
        if found.group("elif"):
            body = text[: found.start("elif")] + "if  " + text[found.end("elif") :]
        elif found.group("decorator"):
            body = text[: found.start("decorator")] + " " + text[found.end("decorator") :]
        elif found.group("other"):
            word = found.group("other")
            if word != "case":
                return [], 1
            return _case(text, found.start("other"))
        if not found.group("decorator"):
            trimmed = _without_comment(body)
            if trimmed.endswith(":"):
                indent = text[: len(text) - len(text.lstrip())]
                body = trimmed + "\n" + indent + "  pass"
    wrapped = "if 1:\n" + body if body[:1].isspace() else body
    shift = wrapped is not body
    try:
        parsed = (_again if len(wrapped) < _SHORT else _parse)(wrapped)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return [], 1
    if not shift:
        return parsed, 1
    first = parsed[0]
    return (first.body if isinstance(first, ast.If) else []), 2


def _parse(text: str) -> list[ast.stmt]:
    if "\\" not in text and _WARNED.search(text) is None:
        return _compiled(text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an invalid escape in scanned code is not ours to report
        return _compiled(text)


_again = lru_cache(maxsize=64)(_parse)
"""Code repeats itself, mostly soon: calls in a row, copies of a class. Nobody changes what is parsed."""


def _compiled(text: str) -> list[ast.stmt]:
    # What `ast.parse` does, without its asking for versions.
    tree = compile(text, "<unknown>", "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    return tree.body if isinstance(tree, ast.Module) else []


def _without_comment(text: str) -> str:
    stripped = text.rstrip()
    if stripped.endswith(":"):
        return stripped
    last = stripped.rpartition("\n")[2]
    cut = last.rfind("#")
    if cut > 0:
        candidate = stripped[: len(stripped) - len(last) + cut].rstrip()
        if candidate.endswith(":"):
            return candidate
    return stripped


def _case(text: str, start: int) -> tuple[list[ast.stmt], int]:
    trimmed = _without_comment(text)
    pattern = trimmed[start + 4 :].removesuffix(":").strip()
    try:
        value = ast.parse(f"({pattern.replace(' | ', ', ')},)", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return [], 1
    offset = start + 4 + (len(trimmed[start + 4 :]) - len(trimmed[start + 4 :].lstrip())) - 1
    for node in ast.walk(value):
        if hasattr(node, "col_offset"):
            node.col_offset += offset
            node.end_col_offset = (getattr(node, "end_col_offset", 0) or 0) + offset  # type: ignore[attr-defined]  # as above
    return [ast.Expr(value, lineno=1, col_offset=0)], 1
