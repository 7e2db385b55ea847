"""Lines are counted up to a place, or looked up in a table: both say the same, and neither is done over and over."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aicheck.discover.prefilter import Finder, naive_positions
from aicheck.discover.source import SourceFile

_TEXT = st.lists(st.sampled_from([b"a", b"b", b"\n", b"\r\n", "é".encode()]), max_size=40).map(b"".join)


@given(_TEXT, st.lists(st.integers(0, 60), max_size=30))
def test_counting_says_what_the_table_says(data: bytes, offsets: list[int]) -> None:
    counted, looked_up = SourceFile("a.py", data), SourceFile("a.py", data)
    looked_up.line_bounds(1)  # makes the table
    for offset in offsets:
        assert counted.line_of(offset) == looked_up.line_of(offset)
        assert counted.position(offset) == looked_up.position(offset)


def test_counting_ends_where_a_table_costs_less() -> None:
    source = SourceFile("a.js", b"x" * 10_000)
    for offset in range(0, 10_000, 10):
        assert source.position(offset) == (1, offset + 1)
    assert source._counted < 8 * len(source.data)  # a thousand places in one long line


@given(st.lists(_TEXT, max_size=4))
def test_a_finder_finds_what_a_plain_search_does(texts: list[bytes]) -> None:
    needles = (b"ab", b"b", b"aa\n", b"b\r")
    finder = Finder(needles)
    finder._naive = 20  # so that small texts reach both ways
    for text in texts:
        assert finder.hits(text) == naive_positions(needles, text)
