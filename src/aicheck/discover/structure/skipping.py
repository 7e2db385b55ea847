"""Leaves out the parts of large JSON files in which nothing can be named.

Descriptions of APIs, fixtures and tables of translations hold megabytes around one word that looks like a model.
Their objects stand line by line: one whose lines hold no needle and no word of a model's keys is passed over
whole, so that what is read grows with what was found and not with the file.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

from aicheck.discover.prefilter import Finder
from aicheck.discover.shapes import KEY_VALUE_KEYS

__all__ = ["LARGE", "parts"]

LARGE: Final = 32 << 10
"""Bytes from which leaving out pays; smaller files, where people keep settings, are read whole."""
_OPENED: Final = re.compile(r"[{\[]\r?\n")
_BLANK: Final = re.compile(r"[ \t]*")
_CLOSING: Final = {"{": "}", "[": "]"}
_STEPS: Final = 32
"""Times the length of the file that may be searched for closing brackets; its depth, where it is indented."""
_WORDS = Finder(KEY_VALUE_KEYS)


def parts(text: str, data: bytes, starts: Sequence[int]) -> list[tuple[int, int]]:
    """Return the (begin, end) of a file's text that is to be read, in order.

    `starts` are the offsets of the needles, in order. What lies between two parts is the inside of one object or
    list: its brackets are outside of it and those inside of it are in pairs.
    """
    whole = [(0, len(text))]
    live = sorted({*starts, *(hit.start for hit in _WORDS.hits(data))})
    budget = len(text) * _STEPS
    kept: list[tuple[int, int]] = []
    begin = position = 0
    while (opened := _OPENED.search(text, position)) is not None:
        line = text.rfind("\n", 0, opened.start()) + 1
        indent = _BLANK.match(text, line)
        end = opened.end() - 1
        close = text.find(f"\n{indent[0] if indent else ''}{_CLOSING[text[opened.start()]]}", end)
        budget -= (close if close >= 0 else len(text)) - end
        if budget < 0:
            return whole
        position = opened.end()
        if close < 0:
            continue
        first = bisect_left(live, line)
        if first < len(live) and live[first] < opened.end():
            position = close  # what a key names may stand anywhere below it
        elif (first == len(live) or live[first] > close) and _paired(text, end, close):
            kept.append((begin, end))
            begin = position = close
    kept.append((begin, len(text)))
    return kept


def _paired(text: str, begin: int, end: int) -> bool:
    return text.count("{", begin, end) == text.count("}", begin, end) and text.count(
        "[", begin, end
    ) == text.count("]", begin, end)
