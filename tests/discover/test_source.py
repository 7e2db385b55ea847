"""Lines and columns: few places are found by counting, many by the table of lines, and both agree."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aicheck.discover.source import SourceFile

TEXTS = st.lists(
    st.sampled_from([b"a", b"bc", b"\n", b"\r\n", b"\n\n\n", "é".encode(), b"\xff", b""]), max_size=60
)


@given(TEXTS, st.lists(st.tuples(st.sampled_from(["line", "place", "bounds"]), st.integers(0, 90)), max_size=40))
def test_counting_and_table_agree(parts: list[bytes], questions: list[tuple[str, int]]) -> None:
    data = b"".join(parts)
    counted, tabled = SourceFile("a.py", data), SourceFile("a.py", data)
    tabled._starts()  # the table from the start
    for kind, number in questions:
        if kind == "bounds":
            assert counted.line_bounds(number + 1) == tabled.line_bounds(number + 1)
            continue
        offset = min(number, len(data))
        assert counted.line_of(offset) == tabled.line_of(offset) == data.count(b"\n", 0, offset) + 1
        if kind == "place":
            assert counted.position(offset) == tabled.position(offset)
