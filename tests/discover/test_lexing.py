"""Strings, comments, templates and regular expressions told apart."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicheck.discover.lexing import Places, lex


def spans(text: bytes, language: str) -> list[tuple[str, bytes]]:
    return [(span.kind, text[span.start : span.end]) for span in lex(text, language).spans]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("javascript", b'a = "x\\"y" // c', [("string", b'x\\"y'), ("comment", b"// c")]),
        ("javascript", b"r = /[\"'/]/.test(a) / b / 'z'", [("regex", b"[\"'/]/"), ("string", b"z")]),
        ("javascript", b"`a ${b ? `c ${d}` : '}'} e`", [("template", b"a "), ("template", b"c "), ("template", b""), ("string", b"}"), ("template", b" e")]),
        ("javascript", b"<p>Don't {'a'}</p>", [("string", b"a")]),
        ("javascript", b"<a>http://x.y it's</a>\n'b'", [("string", b"b")]),
        ("javascript", b"return/x'/ ; 'y'", [("regex", b"x'/"), ("string", b"y")]),
        ("go", b'a := `raw "x"` // c', [("string", b'raw "x"'), ("comment", b"// c")]),
        ("rust", b"fn f<'a>() { r#\"q \"x\" \"# }", [("string", b'q "x" ')]),
        ("jvm", b'"""a "b" c""" + "d"', [("string", b'a "b" c'), ("string", b"d")]),
        ("cs", b'@"c:\\x" + $"y"', [("string", b"c:\\x"), ("string", b"y")]),
        ("lua", b'--[[ "a" ]] "b" -- c', [("comment", b'--[[ "a" ]]'), ("string", b"b"), ("comment", b"-- c")]),
        ("nix", b"''a 'b' '' # c", [("string", b"a 'b' "), ("comment", b"# c")]),
        ("xml", b'<!-- "a" --><x y="b"/>', [("comment", b'<!-- "a" -->'), ("string", b"b")]),
    ],
)  # fmt: skip
def test_spans(language: str, text: bytes, expected: list[tuple[str, bytes]]) -> None:
    assert spans(text, language) == expected


LANGUAGES = [
    "javascript",
    "go",
    "rust",
    "jvm",
    "cs",
    "php",
    "ruby",
    "lua",
    "hcl",
    "nix",
    "xml",
    "swift",
    "dart",
    "c",
    "r",
    "elixir",
    "groovy",
]


@given(st.sampled_from(LANGUAGES), st.binary(max_size=60))
def test_spans_are_ordered_and_code_keeps_its_length(language: str, text: bytes) -> None:
    lexed = lex(text, language)
    assert len(lexed.code) == len(text)
    last = 0
    for span in lexed.spans:
        assert last <= span.outer <= span.start <= span.end <= span.close <= len(text)
        last = span.outer


@pytest.mark.parametrize(
    "unit", [b"`${", b"'", b"/", b"/*", b'"\\', b"${", b"{`", b"<!--", b"''", b'"""', b"--[["]
)
@pytest.mark.parametrize("language", ["javascript", "rust", "jvm", "lua", "nix", "xml"])
def test_time_is_linear(language: str, unit: bytes) -> None:
    start = time.perf_counter()
    lex(unit * (40_000 // len(unit)), language)
    assert time.perf_counter() - start < 5


@given(st.lists(st.sampled_from(["<!--", "-->", '"', "'", "a", "=", "<b", ">", "\n", "-"]), max_size=20))
def test_places_say_of_each_byte_what_the_whole_reading_says(parts: list[str]) -> None:
    data = "".join(parts).encode()
    lexed, places = lex(data, "xml"), Places(data, "xml")
    assert [places.at(offset) for offset in range(len(data))] == [lexed.at(offset) for offset in range(len(data))]
