"""Answers as a table, JSON or CSV; the page is in `page`."""

from __future__ import annotations

import csv
import io
from typing import Any, Final

import orjson

from aicheck.inventory.query import Answer
from aicheck.report.csv_ import guard
from aicheck.report.safety import clip, scrub, visible

__all__ = ["as_csv", "as_json", "as_table", "cell"]

_CELL: Final = 60


def cell(value: Any) -> str:
    """One value as text on one line, harmless in a terminal and in a page."""
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.hex()
    return visible(str(value))


def as_table(answer: Answer, width: int = _CELL) -> str:
    """Columns beside each other; a long cell is cut."""
    rows = [[clip(cell(value), width) for value in row] for row in answer.rows]
    widths = [max(len(name), *(len(row[i]) for row in rows), 0) for i, name in enumerate(answer.columns)]
    lines = ["  ".join(name.upper().ljust(size) for name, size in zip(answer.columns, widths, strict=True))]
    lines += ["  ".join(text.ljust(size) for text, size in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def as_json(answer: Answer) -> bytes:
    """`{question, columns, rows: [{column: value}], unseen, more}`."""
    document = {
        "question": answer.title,
        "columns": list(answer.columns),
        "rows": [
            {
                name: value.hex() if isinstance(value, bytes) else value
                for name, value in zip(answer.columns, row, strict=True)
            }
            for row in answer.rows
        ],
        "unseen": answer.unseen,
        "more": answer.more,
    }
    return orjson.dumps(scrub(document), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def as_csv(answer: Answer) -> bytes:
    """A header and the rows; cells never start a formula."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow([guard(name) for name in answer.columns])
    writer.writerows([guard(cell(value)) for value in row] for row in answer.rows)
    return stream.getvalue().encode("utf-8", "backslashreplace")
