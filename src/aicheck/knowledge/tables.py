"""Reading of the tab-separated tables under `knowledge/data`.

A table is UTF-8 text: one header line of column names, one line per row, sorted, no quoting, no tabs or
line breaks inside a cell, empty = not known. Lines are split here and parsed only when a row is asked for:
a table of some thousand rows opens in about a millisecond.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

__all__ = ["DATA_DIR", "cells", "header", "raw_lines"]

DATA_DIR = Path(__file__).parent / "data"


@cache
def _text(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    lines = (DATA_DIR / name).read_text(encoding="utf-8").split("\n")
    if lines[-1] == "":
        lines.pop()
    return tuple(lines[0].split("\t")), tuple(lines[1:])


def header(name: str) -> tuple[str, ...]:
    """Return the column names of `data/<name>`."""
    return _text(name)[0]


def raw_lines(name: str) -> tuple[str, ...]:
    """Return the rows of `data/<name>` as unsplit lines, in file order."""
    return _text(name)[1]


def cells(name: str, line: str) -> dict[str, str]:
    """Split one line of `data/<name>` into `{column: cell}`; every column is present.

    Raises `ValueError` where the line has another number of cells than the header.
    """
    return dict(zip(header(name), line.split("\t"), strict=True))
