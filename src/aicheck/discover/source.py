"""A file of the scanned tree: read once, and parsed at most once for all detectors."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import Final, TypeVar, cast

__all__ = ["SourceFile"]

T = TypeVar("T")

_NEWLINE: Final = 0x0A


class SourceFile:
    """Bytes of one file with its path; text, line table and parse results are made on demand and kept.

    Detectors get this and never a path to open. `data` may be a prefix of a large file for formats that are
    read by header; `size` is the whole file's size in bytes.
    """

    __slots__ = ("_lines", "_parsed", "_text", "data", "path", "size")

    def __init__(self, path: str, data: bytes, size: int | None = None) -> None:
        self.path = path
        self.data = data
        self.size = len(data) if size is None else size
        self._text: str | None = None
        self._lines: list[int] | None = None
        self._parsed: dict[str, object] = {}

    @property
    def name(self) -> str:
        """Last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def text(self) -> str:
        """The content decoded as UTF-8 (a BOM is dropped by none: offsets stay true), bad bytes replaced."""
        if self._text is None:
            self._text = self.data.decode("utf-8", "replace")
        return self._text

    def parsed(self, key: str, parse: Callable[[SourceFile], T]) -> T:
        """Return `parse(self)`, computed once per file and key; what it raises is raised again each time."""
        if key not in self._parsed:
            try:
                self._parsed[key] = parse(self)
            except Exception as error:  # noqa: BLE001 - kept, so that a broken file is parsed (and reported) once
                self._parsed[key] = error
        value = self._parsed[key]
        if isinstance(value, Exception):
            raise value
        return cast("T", value)

    def _starts(self) -> list[int]:
        if self._lines is None:
            starts = [0]
            find = self.data.find
            position = find(b"\n")
            while position >= 0:
                starts.append(position + 1)
                position = find(b"\n", position + 1)
            self._lines = starts
        return self._lines

    def line_of(self, offset: int) -> int:
        """1-based line of a byte offset."""
        return bisect_right(self._starts(), offset)

    def position(self, offset: int) -> tuple[int, int]:
        """1-based (line, column) of a byte offset; the column counts code points."""
        starts = self._starts()
        line = bisect_right(starts, offset)
        return line, len(self.data[starts[line - 1] : offset].decode("utf-8", "replace")) + 1

    def line_bounds(self, line: int) -> tuple[int, int]:
        """Byte offsets (start, end without the line break) of a 1-based line."""
        starts = self._starts()
        start = starts[line - 1]
        end = starts[line] - 1 if line < len(starts) else len(self.data)
        if end > start and self.data[end - 1 : end] == b"\r":
            end -= 1
        return start, end

    def line_text(self, line: int) -> str:
        """Text of a 1-based line without its line break."""
        start, end = self.line_bounds(line)
        return self.data[start:end].decode("utf-8", "replace")
