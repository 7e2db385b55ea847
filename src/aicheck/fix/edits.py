"""Edits of a text: where, what goes, what comes."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

__all__ = ["Edit", "Place", "Refused", "Text", "applied", "unified"]


class Refused(Exception):  # noqa: N818 - an answer, not an error
    """This place cannot be edited safely; the message says why in a phrase."""


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replace `text[start:end]` by `new`; offsets count code points."""

    start: int
    end: int
    new: str


@dataclass(frozen=True, slots=True)
class Place:
    """What stands at a reference, and what it is to say."""

    start: int
    end: int
    raw: str
    commit: str
    revision: str | None
    """The branch or tag that stands there; None where the code names none."""
    symbol: str = ""


@dataclass
class Text:
    """A file as text, with its line breaks as they are."""

    path: str
    text: str
    _trees: dict[str, object] = field(default_factory=dict)

    @cached_property
    def starts(self) -> list[int]:
        """Offset of each line as discovery counts them (by line feeds)."""
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    @cached_property
    def newline(self) -> str:
        """The line break that the file uses most."""
        return "\r\n" if self.text.count("\r\n") * 2 > self.text.count("\n") else "\n"

    def offset(self, line: int, column: int) -> int:
        """Offset of a place (1-based line and column). Raises `Refused` beyond the end."""
        if not 0 < line <= len(self.starts):
            raise Refused("the place is not in the file any more")
        return self.starts[line - 1] + column - 1

    def line_of(self, offset: int) -> tuple[int, int]:
        """Start and end (before the line break) of the line that holds an offset."""
        start = self.text.rfind("\n", 0, offset) + 1
        end = self.text.find("\n", offset)
        end = len(self.text) if end < 0 else end
        return start, end - 1 if end > start and self.text[end - 1] == "\r" else end


def applied(text: str, edits: Sequence[Edit]) -> str:
    """The text with all edits; equal edits count once. Raises `Refused` where two overlap."""
    parts: list[str] = []
    at = 0
    for edit in sorted(set(edits)):
        if edit.start < at:
            raise Refused("two edits meet at one place")
        parts += [text[at : edit.start], edit.new]
        at = edit.end
    return "".join([*parts, text[at:]])


def unified(path: str, before: str, after: str) -> str:
    """A unified diff that `patch -p1` and `git apply` take."""
    lines = difflib.unified_diff(_lines(before), _lines(after), f"a/{path}", f"b/{path}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(text: str) -> list[str]:
    # Not `splitlines`: a form feed or U+2028 ends no line for patch.
    return re.findall(r"[^\n]*\n|[^\n]+", text)
