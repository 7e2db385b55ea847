"""Globs on names of models match as the standard library's."""

from __future__ import annotations

from fnmatch import fnmatchcase

from hypothesis import given
from hypothesis import strategies as st

from aicheck.knowledge.licenses import glob_matches, rows

words = st.text(alphabet="ab/*?[]-\n", max_size=6)


@given(words, words)
def test_as_the_standard_library(text: str, pattern: str) -> None:
    assert glob_matches(text, pattern) == fnmatchcase(text, pattern)


def test_every_glob_matches_a_name_made_of_it() -> None:
    for row in rows().values():
        for glob in row.get("own", ()):
            assert glob_matches(str(glob).replace("*", "x"), str(glob))
