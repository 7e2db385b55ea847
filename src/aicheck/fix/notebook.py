"""The code of a notebook as one text, and edits of that text as edits of the notebook's JSON.

Cells are one program: a name set in the first is read in the third. Only characters inside the strings of
`source` change; outputs, metadata and the layout of the JSON stay as they are.
"""

from __future__ import annotations

import ast
import json
import re
from bisect import bisect_right
from typing import Final

from aicheck.fix.edits import Edit, Place, Refused, Text

__all__ = ["Notebook"]

_CELL_TYPE: Final = re.compile(r'"cell_type"[ \t\r\n]*:[ \t\r\n]*"(\w+)"')
_SOURCE: Final = re.compile(r'"(?:source|input)"[ \t\r\n]*:[ \t\r\n]*(\[|(?="))')
_STRING: Final = re.compile(r'[ \t\r\n,]*"((?:[^"\\]++|\\.)*+)"', re.DOTALL)
_UNIT: Final = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\\]", re.DOTALL
)
_MAGIC: Final = re.compile(r"^[ \t]*[!%?]")
_CAUGHT: Final = re.compile(r"^([ \t]*[\w.\[\]'\", ]+=[ \t]*)([!%].*)$")
_SHELL_CELL: Final = re.compile(r"\s*%%(?:bash|sh|script|cmd)\b")
_OTHER_CELL: Final = re.compile(r"\s*%%(?!time|timeit|capture|prun)")


class Notebook:
    """One notebook; `python` and `shell` are its code cells, character for character at the same places."""

    def __init__(self, source: Text) -> None:
        """Read the cells. Raises `Refused` where the file is not a notebook in JSON."""
        try:
            json.loads(source.text.removeprefix("\ufeff"))
        except ValueError:
            raise Refused("the notebook is not valid JSON") from None
        self._raw = source.text
        self._starts: list[int] = []
        """Offset in the file of each character of the code."""
        self._ends: list[int] = []
        self._strings: list[tuple[int, int, str]] = []
        """(first character in the code, first character in the file, what stands between two lines)."""
        python: list[str] = []
        shell: list[str] = []
        for cell in self._cells():
            runs, commands = _kinds(cell)
            python.append(runs)
            shell.append(commands)
        self.python = Text(source.path, "".join(python))
        self.shell = Text(source.path, "".join(shell))

    def _cells(self) -> list[str]:
        raw = self._raw
        found: list[str] = []
        kinds = list(_CELL_TYPE.finditer(raw))
        for index, kind in enumerate(kinds):
            end = kinds[index + 1].start() if index + 1 < len(kinds) else len(raw)
            opened = _SOURCE.search(raw, kind.end(), end) if kind[1] == "code" else None
            if opened is not None:
                found.append(self._cell(opened.end(), end, listed=opened[1] == "["))
        return found

    def _cell(self, position: int, end: int, *, listed: bool) -> str:
        """Take in one cell; return its code, which always ends with a line break of its own."""
        parts: list[str] = []
        raw = self._raw
        while (held := _STRING.match(raw, position, end)) is not None:
            start = held.start(1)
            between = ""
            if listed:
                blank = raw[raw.rfind("\n", 0, start) + 1 : start - 1]
                newline = "\r\n" if raw[: start - 1 - len(blank)].endswith("\r\n") else "\n"
                between = f'",{newline}{blank}"' if not blank.strip() else '", "'
            self._strings.append((len(self._starts), start, between))
            for unit in _UNIT.finditer(held[1]):
                parts.append(json.loads(f'"{unit[0]}"') if unit[0][0] == "\\" else unit[0])
                self._starts.append(start + unit.start())
                self._ends.append(start + unit.end())
            position = held.end()
            if not listed:
                break
        # Cells are told apart by a line break that stands nowhere in the file: nothing may be written there.
        last = self._ends[-1] if self._ends else 0
        self._starts.append(last)
        self._ends.append(last)
        return "".join(parts) + "\n"

    def at(self, place: Place) -> Place:
        """Return the place of the file as a place of the code. Raises `Refused` where it is in no cell."""
        index = bisect_right(self._starts, place.start) - 1
        while index > 0 and self._starts[index - 1] == place.start:
            index -= 1
        held = self.shell.text[index : index + len(place.raw)]
        if index < 0 or self._starts[index] != place.start or held != place.raw:
            raise Refused("the place is in no cell of code")
        return Place(index, index + len(held), held, place.commit, place.revision, place.symbol)

    def is_command(self, place: Place) -> bool:
        """Whether a place of the code is given to the shell (`!vllm serve …`, `%%bash`)."""
        return self.python.text[place.start : place.end] != self.shell.text[place.start : place.end]

    def edits(self, found: list[Edit]) -> list[Edit]:
        """Turn edits of the code into edits of the file."""
        return [self._edit(each) for each in found]

    def _edit(self, edit: Edit) -> Edit:
        position = bisect_right([first for first, _, _ in self._strings], max(edit.start, 0)) - 1
        first, begin, between = self._strings[max(position, 0)]
        new = json.dumps(edit.new)[1:-1]
        if between:
            # Each line of code is a string of its own, as notebooks are written.
            new = new.replace("\\n", "\\n" + between)
        if edit.end > edit.start:
            return Edit(self._starts[edit.start], self._ends[edit.end - 1], new)
        at = begin if edit.start == first else self._ends[edit.start - 1]
        return Edit(at, at, new)


def _kinds(cell: str) -> tuple[str, str]:
    """Return the cell as Python and as command lines, both of its length."""
    blank = re.sub(r"[^\n]", " ", cell)
    if _SHELL_CELL.match(cell):
        return blank, cell
    if _OTHER_CELL.match(cell):
        return blank, blank
    lines = []
    joined = False
    for line in cell.split("\n"):
        caught = _CAUGHT.match(line)
        if joined or _MAGIC.match(line) or line.rstrip().endswith("?"):
            lines.append("".join("#" if not index else " " for index, _ in enumerate(line)))
            joined = line.endswith("\\")
        elif caught:
            lines.append(caught[1] + "0".ljust(len(caught[2])))
        else:
            lines.append(line)
    python = "\n".join(lines)
    try:
        ast.parse(python)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return blank, cell
    return python, cell
