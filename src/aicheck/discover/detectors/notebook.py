"""References in Jupyter notebooks: code cells as Python, with lines of the `.ipynb` file; no outputs.

The cells are taken out of the JSON text by their position, so that every line of code keeps its place in the
file; magics (`!pip install`, `%%bash`) are read as command lines.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

import orjson

from aicheck.core.evidence import Gap
from aicheck.core.reference import Reference
from aicheck.discover.detector import Detection, Detector, Hit, Link
from aicheck.discover.pysyntax.needles import FINDER
from aicheck.discover.pysyntax.report import detect_statements
from aicheck.discover.source import SourceFile
from aicheck.errors import SourceError

__all__ = ["DETECTOR"]

_ID: Final = "notebook"
_CELL_TYPE: Final = re.compile(rb'"cell_type"[ \t\r\n]*:[ \t\r\n]*"(\w+)"')
_SOURCE: Final = re.compile(rb'"(?:source|input)"[ \t\r\n]*:[ \t\r\n]*(\[|")')
_PLAIN: Final = re.compile(rb'[ \t\r\n,]*"([^"\\\x00-\x1f]*+)(\\n)?"')
"""A line of a cell that is written as it is read, but for the break at its end."""
_DECODE: Final = json.JSONDecoder().raw_decode
_STRING: Final = re.compile(rb'[ \t\r\n,]*("(?:[^"\\]++|\\.)*+")', re.DOTALL)
_MAGIC: Final = re.compile(r"^([ \t]*)([!%].*)$", re.MULTILINE)
_SHELL_CELL: Final = re.compile(r"\s*%%(?:bash|sh|script|cmd|writefile[ \t]+(?:-a[ \t]+)?\S+\.sh)\b")
_SETTINGS_CELL: Final = re.compile(r"\s*%%writefile[ \t]+(?:-a[ \t]+)?\S+\.(?:ya?ml|jsonl?)\b")
"""A cell that writes a file of settings."""
_SHORT: Final = 1000
_OTHER_CELL: Final = re.compile(
    r"\s*%%(?:html|javascript|js|latex|markdown|svg|writefile(?![ \t]+(?:-a[ \t]+)?\S+\.py\b)|perl|ruby|R|sql)\b"
)


class _Cell:
    """The text of one code cell and, for each of its lines, where it stands in the notebook."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, int]] = []
        """(text of a line with its line break, byte offset of its first character in the file)."""


def _cells(data: bytes) -> Iterator[_Cell]:
    """Yield the code cells; order and nesting of the other keys do not matter."""
    kinds = [(found.start(), found.group(1)) for found in _CELL_TYPE.finditer(data)]
    for index, (start, kind) in enumerate(kinds):
        if kind != b"code":
            continue
        end = kinds[index + 1][0] if index + 1 < len(kinds) else len(data)
        # The keys of a cell may stand in any order: `source` comes after `cell_type` nearly everywhere.
        for found in _SOURCE.finditer(data, start, end):
            cell = _Cell()
            position = found.end()
            if found.group(1) == b'"':
                _strings(data, position - 1, end, cell, single=True)
            else:
                _strings(data, position, end, cell, single=False)
            if cell.lines:
                yield cell
            break


def _strings(data: bytes, position: int, end: int, cell: _Cell, *, single: bool) -> None:
    while True:
        found = _PLAIN.match(data, position, end)
        if found is None:
            found = _STRING.match(data, position, end)
            if found is None:
                return
        try:
            if found.re is _PLAIN:
                text = found.group(1).decode("utf-8", "surrogatepass")
                text = text + "\n" if found.group(2) else text
            else:
                text = _DECODE(found.group(1).decode("utf-8", "surrogatepass"))[0]
        except ValueError:
            return
        cell.lines.append((text, found.start(1) + (found.re is _STRING)))
        position = found.end()
        if single:
            return


def _shell(text: str) -> str:
    """Turn magics into calls that the Python reader knows, on the same line."""
    return _MAGIC.sub(lambda found: f"{found.group(1)}system({found.group(2).lstrip('!% ')!r})", text)


def _detect(source: SourceFile, hits: Sequence[Hit]) -> Iterator[Detection]:
    data = source.data
    if b'"cells"' not in data and b'"worksheets"' not in data:
        raise SourceError("not a notebook: no cells")
    del hits
    code: list[str] = []
    places: list[int] = []
    for cell in _cells(data):
        joined = "".join(text for text, _ in cell.lines)
        settings = _SETTINGS_CELL.match(joined)
        if _SHELL_CELL.match(joined) or settings:
            written = joined.partition("\n")[2]
            code.append(f"settings = {written!r}\n" if settings else f"system({written!r})\n")
            places.append(cell.lines[0][1])
            continue
        if _OTHER_CELL.match(joined):
            continue
        for text, offset in cell.lines:
            if len(text) < _SHORT and len(text.splitlines()) == 1:
                code.append(text if text.endswith("\n") else text + "\n")
                places.append(offset)
                continue
            for number, line in enumerate(text.splitlines(keepends=True)):
                code.append(line if line.endswith("\n") else line + "\n")
                places.append(offset if not number else offset + _escaped(data, offset, number))
        code.append("\n")
        places.append(places[-1] if places else 0)
    # A quote is `\\"` in the notebook's text, so that the needles are looked for once more in the code itself.
    inner = SourceFile(
        source.path, _shell("".join(code)).encode("utf-8", "replace"), documentation=source.documentation
    )
    found_hits = FINDER.hits(inner.data)
    for found in detect_statements(inner, found_hits, _ID):
        yield _moved(found, source, places)
    if source.size <= len(data):
        try:
            orjson.loads(data)
        except orjson.JSONDecodeError as error:
            # What stands before the fault was read; what comes after it may name more.
            raise SourceError(f"not valid JSON ({str(error)[:120]}): cells may be missing") from error


def _escaped(data: bytes, offset: int, number: int) -> int:
    """Bytes from a string's start to its `number`-th escaped line break's end (a cell written as one string)."""
    position = offset
    for _ in range(number):
        position = data.find(b"\\n", position) + 2
    return position - offset


def _moved(found: Detection, source: SourceFile, places: list[int]) -> Detection:
    if isinstance(found, Reference):
        line, column = _position(found.occurrence.line, found.occurrence.raw, source, places)
        width = found.occurrence.end - found.occurrence.column
        place = replace(found.occurrence, line=line, column=column, end=column + width)
        return replace(found, occurrence=place)
    if isinstance(found, Gap):
        if found.line is None:
            return found
        line, column = _position(found.line, "", source, places)
        return replace(found, line=line, column=column)
    if isinstance(found, Link) and found.reference is not None:
        moved: Any = _moved(found.reference, source, places)
        return replace(found, reference=moved)
    return found


def _position(line: int, raw: str, source: SourceFile, places: list[int]) -> tuple[int, int]:
    if not 1 <= line <= len(places):
        return 1, 1
    offset = places[line - 1]
    if raw:
        written = raw.encode("utf-8", "replace")
        at = source.data.find(written, offset, offset + 20_000)
        if at >= 0:
            offset = at
    return source.position(offset)


DETECTOR: Final = Detector(
    id=_ID,
    globs=("*.ipynb",),
    needles=(),
    detect=_detect,
)
