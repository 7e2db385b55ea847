"""Terminals: width of text, colours, tables, a progress line."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final, TextIO

from aicheck.report.safety import visible

__all__ = ["Paint", "Progress", "fit", "pad", "table", "wants_color", "width_of", "wrap"]

# Cut to less than this, a cell tells a reader little; the names in the first place of a table need more.
_USABLE: Final = 18
_NAME: Final = 44
_CODES: Final = {
    "error": "1;31",
    "warning": "1;33",
    "note": "1;36",
    "pass": "1;32",
    "fail": "1;31",
    "inconclusive": "1;33",
    "bold": "1",
    "dim": "2",
    "gutter": "1;34",
}


def width_of(text: str) -> int:
    """Columns that a terminal uses for printable text: wide characters count two, combining ones none."""
    if text.isascii():
        return len(text)
    columns = 0
    for char in text:
        if unicodedata.combining(char):
            continue
        columns += 2 if unicodedata.east_asian_width(char) in "WF" else 1
    return columns


def fit(text: str, columns: int) -> str:
    """`text` made inert and cut with an ellipsis to at most `columns` columns."""
    text = visible(text)
    if width_of(text) <= columns:
        return text
    kept, used = [], 0
    for char in text:
        width = width_of(char)
        if used + width > columns - 1:
            break
        kept.append(char)
        used += width
    return "".join(kept) + "…"


def pad(text: str, columns: int) -> str:
    """`text` with blanks up to `columns` columns."""
    return text + " " * max(columns - width_of(text), 0)


class Paint:
    """Colours where they are wanted, nothing where they are not."""

    __slots__ = ("enabled",)

    def __init__(self, *, enabled: bool) -> None:
        self.enabled = enabled

    def __call__(self, style: str, text: str) -> str:
        """`text` in the style of a level, a verdict, `bold`, `dim` or `gutter`."""
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if self.enabled and text else text


def wants_color(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether to colour: `NO_COLOR` (any value) says no, `FORCE_COLOR` yes, else only on a terminal.

    See no-color.org and force-color.org; `FORCE_COLOR=0` is a no, as many programs read it.
    """
    if environment.get("NO_COLOR"):
        return False
    forced = environment.get("FORCE_COLOR")
    if forced is not None and forced != "":
        return forced not in {"0", "false"}
    return stream.isatty() and environment.get("TERM") != "dumb"


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width` columns, broken at blanks where there are any; never empty.

    A width below 2 is 2: a wide character needs as much.
    """
    width = max(width, 2)
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        rest = word
        while True:
            joined = f"{line} {rest}" if line else rest
            if width_of(joined) <= width:
                line = joined
                break
            if line:
                lines.append(line)
                line = ""
            else:
                end = width
                while width_of(rest[:end]) > width:
                    end -= 1
                lines.append(rest[:end])
                rest = rest[end:]
    lines.append(line)
    return lines


def table(
    header: Sequence[str], rows: Sequence[Sequence[str]], width: int, ranks: Sequence[int] | None = None
) -> list[str]:
    """Lines of a table at most `width` columns wide: wide columns are cut until the whole fits.

    `ranks` gives each column's importance, 0 first. The least important columns are then left out where the
    others would have to be cut beyond use, and what is important is cut last.
    Cells are foreign text; they are made inert here.
    """
    cells = [[visible(cell) for cell in row] for row in (header, *rows)]
    kept = list(range(len(header)))
    natural = [max(width_of(row[column]) for row in cells) for column in kept]
    usable = [
        min(columns, _USABLE if ranks is None or ranks[column] else _NAME)
        for column, columns in enumerate(natural)
    ]
    if ranks is not None:
        while len(kept) > 1 and sum(usable[one] for one in kept) + 2 * (len(kept) - 1) > width:
            kept.remove(max(kept, key=lambda column: ranks[column]))
    widths = {column: natural[column] for column in kept}
    room = max(width - 2 * (len(kept) - 1), len(kept) * 4)
    if ranks is not None:
        # The less a column matters, the earlier it shrinks, but not below what is of use.
        for column in sorted(kept, key=lambda column: -ranks[column]):
            excess = sum(widths.values()) - room
            if excess > 0:
                widths[column] = max(usable[column], widths[column] - excess)
    while sum(widths.values()) > room:
        # The widest column gives way, one step to the next widest, so narrow columns stay whole.
        widest = max(kept, key=lambda column: widths[column])
        others = sorted((widths[column] for column in kept if column != widest), reverse=True)
        target = max(others[0] if others else 4, widths[widest] - (sum(widths.values()) - room), 4)
        widths[widest] = target if target < widths[widest] else max(widths[widest] - 1, 1)
    return [
        "  ".join(pad(fit(row[column], widths[column]), widths[column]) for column in kept).rstrip()
        for row in cells
    ]


class Progress:
    """One line on standard error that says what is going on; silent where nobody watches."""

    __slots__ = ("_shown", "_stream", "_width", "enabled")

    def __init__(self, stream: TextIO, *, enabled: bool, width: int = 80) -> None:
        self._stream = stream
        self._width = width
        self._shown = False
        self.enabled = enabled

    def show(self, text: str, done: int | None = None, total: int | None = None) -> None:
        """Replace the line by `text`, with `done/total` where they are given."""
        if not self.enabled:
            return
        count = "" if done is None else f"  {done}/{total}" if total is not None else f"  {done}"
        self._stream.write("\r\x1b[2K" + fit(text + count, self._width - 1))
        self._stream.flush()
        self._shown = True

    def clear(self) -> None:
        """Take the line away before something else is written."""
        if self._shown:
            self._stream.write("\r\x1b[2K")
            self._stream.flush()
            self._shown = False
