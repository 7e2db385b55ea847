"""Strings, comments and statements around a place agree with Python's own reading of the file."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicheck.discover.pysyntax.lex import Layout, parse_statement
from aicheck.discover.pysyntax.module import module_of
from aicheck.discover.source import SourceFile

_PIECES = (
    'x = "a"  # "b"\n',
    'y = f(\n    "one",\n    z = """two\n  return [\n""",\n)\n',
    '"""Doc with \'\'\' and # and \\""" quotes."""\n',
    "z = 'it''s' + r'\\d' + b'\"\"\"'\n",
    "w = [\n    1,  # (\n    {'k': ')'},\n]\n",
    "v = 1 + \\\n    2\n",
    "class A:\n    def f(self, a='(', b=\"#\"):\n        return (\n            a\n        )\n",
    "if x in (\n    'a',\n    'b'):\n    pass\n",
    's = \'a\\\nb"""c\'\n',
    "t = [n for n in (\n    1, 2)\n    if n]\n",
)


def _statements(text: str) -> list[tuple[int, int]]:
    """(first, last) 0-based lines of the logical lines, by Python's own tokens."""
    found: list[tuple[int, int]] = []
    first = -1
    skipped = {tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NEWLINE:
            found.append((first, token.end[0] - 1))
            first = -1
        elif first < 0 and token.type not in skipped:
            first = token.start[0] - 1
    return found


@given(st.lists(st.sampled_from(_PIECES), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_statements_are_those_of_python(pieces: list[str], random: object) -> None:
    text = "".join(pieces)
    ast.parse(text)
    data = text.encode()
    starts = [0, *(index + 1 for index, byte in enumerate(data) if byte == 0x0A)]
    statements = _statements(text)
    random.shuffle(statements)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    layout = Layout(data)  # asked in any order, the answers are the same
    for first, last in statements:
        for line in range(first, last + 1):
            assert layout.statement_at(starts[line]) == (starts[first], starts[last + 1] - 1)


@given(st.lists(st.sampled_from(_PIECES), min_size=1, max_size=8))
def test_strings_and_comments_are_those_of_python(pieces: list[str]) -> None:
    text = "".join(pieces)
    data = text.encode()
    layout = Layout(data)
    starts = [0, *(index + 1 for index, byte in enumerate(data) if byte == 0x0A)]
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        begin, end = (starts[line - 1] + column for line, column in (token.start, token.end)) if (
            token.type in {tokenize.STRING, tokenize.COMMENT, tokenize.OP}
        ) else (0, 0)  # fmt: skip
        if token.type in {tokenize.STRING, tokenize.COMMENT}:
            found = layout.token_at(end - 1)
            assert found is not None
            assert found[1] == end
            assert layout.is_comment(found) == (token.type == tokenize.COMMENT)
        elif token.type == tokenize.OP:
            assert layout.token_at(begin) is None


@pytest.mark.parametrize("text", ['"""', "'''a\\", "f(", ")" * 50, "\\\n" * 50, '"\\', "def f(\nclass A:\n  pass"])
def test_broken_text_gives_some_statement_around_every_place(text: str) -> None:
    data = text.encode()
    for offset in range(len(data)):
        start, end = Layout(data).statement_at(offset)
        assert 0 <= start <= offset <= end <= len(data)


@pytest.mark.parametrize(
    "text", [r'x = "\d"', "x = 1if y else 2", "x = 0xfor y", "x = [1for y in z]", "x = 1_0or 2"]
)
def test_what_the_parser_warns_of_is_not_said(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        body, _ = parse_statement(text)
    assert body or "0xfor" in text


def test_long_numbers_are_read_in_linear_time() -> None:
    body, _ = parse_statement("x = " + "1" * 4000 + "\ny = " + "a1" * 200_000)
    assert len(body) == 2


_ENDS = re.compile(
    rb'#[^\n]*+|"""(?:[^"\\]++|\\.|"(?!""))*+(?:"""|\Z)|\'\'\'(?:[^\'\\]++|\\.|\'(?!\'\'))*+(?:\'\'\'|\Z)'
    rb'|"(?:[^"\\\n]++|\\.)*+(?:"|(?=\n)|\Z)|\'(?:[^\'\\\n]++|\\.)*+(?:\'|(?=\n)|\Z)|[()\[\]{}\n]|\\\r?\n',
    re.DOTALL,
)
_FRESH = re.compile(rb"(?:def|class|async def|import|from|@\w|if __name__)\b")


def _token_by_token(data: bytes) -> list[tuple[int, int]]:
    """(begin, end) of the logical lines, one token after the other: the plain meaning of the runs."""
    lines: list[tuple[int, int]] = []
    start = depth = 0
    for found in _ENDS.finditer(data):
        token = found.group()
        if token == b"\n":
            if depth and not _FRESH.match(data, found.end()):
                continue
            depth = 0
            lines.append((start, found.start()))
            start = found.end()
        elif token in {b"(", b"[", b"{"}:
            depth += 1
        elif token in {b")", b"]", b"}"}:
            depth = max(depth - 1, 0)
    return [*lines, (start, len(data))]


_SHREDS = (
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    '"',
    "'",
    '"""',
    "'''",
    "#",
    "\\",
    "\n",
    "\r\n",
    " ",
    "a",
    "(b)",
    "def ",
    "@x",
)


@given(st.lists(st.sampled_from(_SHREDS), max_size=30))
def test_runs_end_where_tokens_do(shreds: list[str]) -> None:
    # Also of what is no Python: unclosed texts, brackets of different kinds, a backslash at the very end.
    data = "".join(shreds).encode()
    begins, ends = Layout(data)._lines(0, len(data))
    assert list(zip(begins, ends, strict=True)) == _token_by_token(data)


def test_statements_that_read_the_same_are_parsed_once_and_stay_as_they_are() -> None:
    before = parse_statement("model = load('a', revision='b')")
    once = ast.dump(ast.Module(list(before[0]), []), include_attributes=True)
    source = SourceFile("a.py", b"model = load('a', revision='b')\n\nmodel = load('a', revision='b')\n")
    module = module_of(source)
    first, second = module.statement(0), module.statement(source.data.rindex(b"model"))
    assert (module.line(first, first.body[0].lineno), module.line(second, second.body[0].lineno)) == (1, 3)
    after = parse_statement("model = load('a', revision='b')")
    assert ast.dump(ast.Module(list(after[0]), []), include_attributes=True) == once


def test_heads_of_lines() -> None:
    text = (
        b"  import a\nfrom b import c\nx = 'import d'\n\tdef f():\n\t for i in j:\n  async def g():\n importer\n"
    )
    module = module_of(SourceFile("a.py", text))
    assert set(module.imports) >= {"a", "c"}
    assert "d" not in module.imports
    assert [(block.name, block.indent) for block in module.blocks] == [("f", 1), ("g", 2)]
