"""Strings, comments and logical lines of Python text, found without parsing it.

One expression finds strings and comments (possessive, so linear on any input); what is left decides by bracket
depth where a logical line begins and ends. Text that is no Python at all (a template, another version) still
gives statements: a definition in the first column always starts one.
"""

from __future__ import annotations

import ast
import re
import warnings
from bisect import bisect_right
from itertools import accumulate
from typing import Final

from aicheck.discover.source import SourceFile

__all__ = ["Layout", "layout", "parse_statement"]

_TOKEN: Final = re.compile(
    rb'#[^\n]*+|"""(?:[^"\\]++|\\.|"(?!""))*+(?:"""|\Z)|\'\'\'(?:[^\'\\]++|\\.|\'(?!\'\'))*+(?:\'\'\'|\Z)'
    rb'|"(?:[^"\\\n]++|\\.)*+(?:"|(?=\n)|\Z)|\'(?:[^\'\\\n]++|\\.)*+(?:\'|(?=\n)|\Z)',
    re.DOTALL,
)
_KEPT: Final = b"()[]{}\n\\\x01"
_PAIRS: Final = (b"()", b"[]", b"{}")
_TRIPLE: Final = frozenset({b'"""', b"'''"})
_DELETE: Final = bytes(byte for byte in range(256) if byte not in _KEPT)
_FRESH: Final = re.compile(rb"(?:def|class|async def|import|from|@\w|if __name__)\b")
_MAX_STATEMENT: Final = 2 << 20
_HASH: Final = 0x23


_FRESH_FIRST: Final = frozenset({b"d", b"c", b"a", b"f", b"i", b"@"})
_DELTAS: Final[dict[bytes, int]] = {}
"""Change of depth by what is left of a line; a dozen short forms make up nearly all of them."""


def _delta(line: bytes) -> int:
    delta = line.count(b"(") + line.count(b"[") + line.count(b"{")
    delta -= line.count(b")") + line.count(b"]") + line.count(b"}")
    if len(line) <= 8 and len(_DELTAS) < 4096:
        _DELTAS[line] = delta
    return delta


class Layout:
    """Where the statements of one file stand."""

    __slots__ = ("_data", "_firsts", "_lasts", "_lines", "_pieces", "_starts", "tokens")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.tokens: list[tuple[int, int]] = []
        """(start, end) of strings (without prefix) and comments, in order."""
        pieces: list[bytes] = []
        previous = 0
        append, note = pieces.append, self.tokens.append
        for found in _TOKEN.finditer(data):
            span = found.span()
            append(data[previous : span[0]])
            note(span)
            previous = span[1]
            if data[span[0] : span[0] + 3] in _TRIPLE:
                append(b"\x01\n" * data.count(b"\n", span[0], previous))
        append(data[previous:])
        self._pieces: list[bytes] | None = pieces
        self._starts = [start for start, _ in self.tokens]
        self._lines: list[int] = []
        self._firsts: list[int] = []
        """0-based first lines of the logical lines that span several, and in `_lasts` their last ones."""
        self._lasts: list[int] = []

    def _prepare(self) -> None:
        """Find the logical lines; a file whose hits all stand in prose never needs them."""
        if self._pieces is None:
            return
        skeleton = b"".join(self._pieces).translate(None, _DELETE)
        self._pieces = None
        for pair in _PAIRS * 2:
            skeleton = skeleton.replace(pair, b"")
        lengths = accumulate(map(len, self._data.split(b"\n")), initial=0)
        self._lines = [length + number for number, length in enumerate(lengths)]
        self._lines.pop()
        self._statements(skeleton)

    def _statements(self, skeleton: bytes) -> None:
        depth = 0
        first = -1
        data, lines, known = self._data, self._lines, _DELTAS
        for number, line in enumerate(skeleton.split(b"\n")):
            if first < 0:
                if not line:
                    continue
            elif (
                depth
                and number > first
                and data[lines[number] : lines[number] + 1] in _FRESH_FIRST
                and _FRESH.match(data, lines[number])
            ):
                self._close(first, number - 1)
                first, depth = -1, 0
                if not line:
                    continue
            if line:
                delta = known.get(line)
                depth = max(depth + (_delta(line) if delta is None else delta), 0)
            if depth or line.endswith((b"\\", b"\x01")):
                if first < 0:
                    first = number
            elif first >= 0:
                self._close(first, number)
                first = -1
        if first >= 0:
            self._close(first, len(lines) - 1)

    def _close(self, first: int, last: int) -> None:
        self._firsts.append(first)
        self._lasts.append(last)

    def token_at(self, offset: int) -> tuple[int, int] | None:
        """Return the string or comment that covers a byte offset."""
        index = bisect_right(self._starts, offset) - 1
        if index >= 0 and offset < self.tokens[index][1]:
            return self.tokens[index]
        return None

    def in_comment(self, offset: int) -> bool:
        """Tell whether a byte offset lies in a comment."""
        token = self.token_at(offset)
        return token is not None and self._data[token[0]] == _HASH

    def statement_at(self, offset: int) -> tuple[int, int, int]:
        """Return (start, end, 0-based first line) of the logical line around a byte offset."""
        self._prepare()
        line = bisect_right(self._lines, offset) - 1
        index = bisect_right(self._firsts, line) - 1
        first = last = line
        if index >= 0 and line <= self._lasts[index]:
            first, last = self._firsts[index], self._lasts[index]
        end = self._lines[last + 1] - 1 if last + 1 < len(self._lines) else len(self._data)
        return self._lines[first], end, first

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

    def line_start(self, line: int) -> int:
        """Byte offset of a 0-based line."""
        self._prepare()
        return self._lines[line]


def layout(source: SourceFile) -> Layout:
    """Return the file's layout, made once."""
    return source.parsed("python-layout", lambda one: Layout(one.data))


_HEADER: Final = re.compile(
    r"\s*(?:(?P<elif>elif)\b|(?P<compound>if|while|for|with|def|class|async|match)\b|(?P<decorator>@)"
    r"|(?P<other>else|except|finally|try|case)\b)"
)
_MAGIC: Final = re.compile(r"\s*[%!]")


def parse_statement(text: str) -> tuple[list[ast.stmt], int]:
    """Parse one logical line with its own indentation; columns are kept.

    Returns the statements and the line number that their first line has in them (1, or 2 where a header had to
    be put in front).

    A header (`if x:`, `def f(a=1):`) gets an empty body, a decorator becomes a plain expression. Returns an
    empty list for what is no Python.
    """
    if len(text) > _MAX_STATEMENT:
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
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape in scanned code is not ours to report
            tree = ast.parse(wrapped)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return [], 1
    if not shift:
        return tree.body, 1
    first = tree.body[0]
    return (first.body if isinstance(first, ast.If) else []), 2


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
